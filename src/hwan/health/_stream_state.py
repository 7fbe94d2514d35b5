"""The state of a pass as bytes, so that a test that still runs is gone on with later.

An archive of NumPy arrays, uncompressed and without pickle, and one JSON document.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from cattrs.errors import BaseValidationError
from numpy.typing import NDArray

from hwan.core import DamagedFile, from_json, to_json
from hwan.health._stream_figures import Rows, Scales
from hwan.health._stream_pass import Pass
from hwan.health._stream_source import Plan

SCHEMA: Final = "hwan.stream/1"
MOST_STATE_BYTES: Final = 1 << 30
"""A larger state is not read: figures of millions of steps fit well within."""
MOST_MEMBERS: Final = 200
_DAMAGED: Final = (
    OSError, EOFError, ValueError, LookupError, RuntimeError, struct.error, zipfile.BadZipFile, BaseValidationError,
)  # fmt: skip
_HEADER: Final = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '(<f8|<i8|\|b1|\|u1)', 'fortran_order': False, 'shape': \((\d{1,12}),\), \} *\n",
    re.DOTALL,
)
"""Format 1.0 of an array file, of one dimension, as NumPy writes it: length of the header, dtype, shape."""
_LENGTH_END: Final = 10


@dataclass(frozen=True, slots=True)
class _Saved:
    """What a state is beside its arrays."""

    schema: str
    plan: Plan
    seen: int
    last_second: float
    taken_out_second: float
    begun: bool
    scales: tuple[Scales, ...]
    lead: int
    decided: int
    continues: bool


def state_to_bytes(state: Pass) -> bytes:
    """Return a state as bytes for :func:`state_from_bytes`."""
    last, taken = state.clock or (0.0, 0.0)
    saved = _Saved(
        SCHEMA,
        state.plan,
        state.seen,
        last,
        taken,
        state.clock is not None,
        (state.scales,) if state.scales else (),
        state.lead,
        state.decided,
        state.continues,
    )
    arrays = {"saved": np.frombuffer(to_json(saved).encode(), dtype=np.uint8)}
    for group, parts in (
        ("waiting", state.waiting),
        ("rows", (state.rows,) if state.rows else ()),
        ("done", state.done),
    ):
        names = parts[0] if parts else ()
        arrays |= {f"{group}.{name}": np.concatenate([part[name] for part in parts]) for name in names}
    sink = io.BytesIO()
    np.savez(sink, **arrays)  # type: ignore[arg-type]
    return sink.getvalue()


def state_from_bytes(content: bytes, source: str = "state") -> Pass:
    """Return the state that :func:`state_to_bytes` wrote.

    Raises
    ------
    hwan.core.DamagedFile
        When the bytes are no such state, or are larger than a gibibyte.
    """
    try:
        return _restored(dict(_members(content)))
    except _DAMAGED as error:
        raise DamagedFile("stream_state_unreadable", source=source) from error


def _members(content: bytes) -> Iterator[tuple[str, NDArray[Any]]]:
    if len(content) > MOST_STATE_BYTES:
        raise ValueError("too large")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        plain = all(each.compress_type == zipfile.ZIP_STORED and each.file_size <= len(content) for each in members)
        if len(members) > MOST_MEMBERS or not plain or sum(each.file_size for each in members) > len(content):
            raise ValueError("not as written")
        for member in members:
            yield member.filename.removesuffix(".npy"), _array(archive.read(member))


def _array(content: bytes) -> NDArray[Any]:
    """Return the array of a member; no more is reserved than there are bytes.

    NumPy's own reader of the header evaluates it as Python, and raises whatever that raises.
    """
    head = _HEADER.match(content)
    if head is None or int.from_bytes(head[1], "little") != head.end() - _LENGTH_END:
        raise ValueError("not as written")
    values = np.frombuffer(content, head[2].decode(), offset=head.end())
    if len(values) != int(head[3]):
        raise ValueError("not as written")
    return values


def _restored(arrays: dict[str, NDArray[Any]]) -> Pass:
    saved = from_json(_Saved, arrays.pop("saved").tobytes().decode())
    waiting, rows, done = (_group(arrays, name) for name in ("waiting", "rows", "done"))
    kept = len(rows["row"]) if rows else 0
    if saved.schema != SCHEMA or not 0 <= saved.lead <= saved.decided <= kept:
        raise ValueError("not as written")
    if any(group and saved.plan.named != set(group) - {"cleaned"} for group in (waiting, rows)):
        raise ValueError("not as written")
    return Pass(
        plan=saved.plan,
        seen=saved.seen,
        clock=(saved.last_second, saved.taken_out_second) if saved.begun else None,
        waiting=(waiting,) if waiting else (),
        scales=saved.scales[0] if saved.scales else None,
        rows=rows or None,
        lead=saved.lead,
        decided=saved.decided,
        continues=saved.continues,
        done=(done,) if done else (),
    )


def _group(arrays: dict[str, NDArray[Any]], group: str) -> Rows:
    """Return the arrays of a group by name, all of one length."""
    found = {name.removeprefix(f"{group}."): each for name, each in arrays.items() if name.startswith(f"{group}.")}
    if len({len(each) for each in found.values()}) > 1:
        raise ValueError("not as written")
    return found
