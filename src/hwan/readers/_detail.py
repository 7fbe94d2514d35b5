"""What another library said, short enough to be kept beside our own sentence and never inside it."""

from __future__ import annotations

from typing import Final

MOST_LETTERS: Final = 200


def detail_of(said: BaseException | str) -> str:
    r"""Return the first line of an error or a remark, without its appeal to the reader.

    >>> detail_of(ValueError("bad page; see log\nTraceback ..."))
    'ValueError: bad page; see log'
    >>> detail_of("Version 9 is new. If you can, please share a sample file")
    'Version 9 is new.'
    """
    text = said if isinstance(said, str) else f"{type(said).__name__}: {said}"
    first = (text.strip().splitlines() or [""])[0]
    return first.split(" If you can, ", 1)[0].strip()[:MOST_LETTERS]
