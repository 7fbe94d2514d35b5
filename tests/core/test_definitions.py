"""Definition files from a user are bounded, and every way to be wrong is told."""

from __future__ import annotations

import pytest

from hwan.core import BadDefinition, Battery, read_toml


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id = [", "definition_not_toml"),
        (b"a=" + b"[" * 5000, "definition_not_toml"),
        (b"id = 3", "definition_malformed"),
        (b"", "definition_malformed"),
        (b"\xff\xfe", "definition_unreadable"),
        (b"#" * 1_000_001, "definition_too_large"),
    ],
)
def test_a_bad_definition_is_told(tmp_path, content, code):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(BadDefinition) as caught:
        read_toml(path, Battery)
    assert caught.value.code == code
    assert "x.toml" in str(caught.value)


def test_a_missing_definition_is_told(tmp_path):
    with pytest.raises(BadDefinition, match=r"none\.toml"):
        read_toml(tmp_path / "none.toml", Battery)
