from __future__ import annotations

import hwan.synthetic as room


def test_everything_public_is_there_once_and_documented() -> None:
    assert len(set(room.__all__)) == len(room.__all__)
    for name in room.__all__:
        assert name.isupper() or getattr(room, name).__doc__
