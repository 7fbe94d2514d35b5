"""Numbers by which an .mpr names its columns: what each is called in the text export, and how it is stored.

`SEEN` was worked out from real files: the widths add up to the length of the record, and the values
keep the identities that bind them (|Z| with Re and Im, P with voltage and current, charge with dq).
The order of the numbers is that of the columns in a complete text export. `LISTED` are further numbers
that public tables of the format agree on; no file of theirs was at hand, and a finding says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """One column: its heading in the text export, and its little-endian numpy dtype."""

    heading: str
    dtype: str


def _stored(dtype: str, headings: Mapping[int, str]) -> dict[int, StoredColumn]:
    return {number: StoredColumn(heading, dtype) for number, heading in headings.items()}


# All of these are bits of one byte, which stands where the first of them stands.
FLAGS: Final[Mapping[int, tuple[str, int]]] = MappingProxyType(
    {
        1: ("mode", 0b0000_0011),
        2: ("ox/red", 0b0000_0100),
        3: ("error", 0b0000_1000),
        21: ("control changes", 0b0001_0000),
        31: ("Ns changes", 0b0010_0000),
        65: ("counter inc.", 0b1000_0000),
    }
)
OPEN_CIRCUIT: Final = 3
"""The mode in which no current flows; 1 controls the current, 2 the voltage."""

SEEN: Final[Mapping[int, StoredColumn]] = MappingProxyType(
    _stored(
        "<f8",
        {
            4: "time/s", 7: "dq/mA.h", 13: "(Q-Qo)/mA.h", 24: "cycle number", 74: "|Energy|/W.h",
            123: "Energy charge/W.h", 124: "Energy discharge/W.h", 125: "Capacitance charge/µF",
            126: "Capacitance discharge/µF", 467: "Q charge/discharge/mA.h",
        },
    )
    | _stored(
        "<f4",
        {
            5: "control/V/mA", 6: "Ewe/V", 8: "I/mA", 9: "Ece/V", 19: "control/V", 20: "control/mA", 32: "freq/Hz",
            33: "|Ewe|/V", 34: "|I|/A", 35: "Phase(Z)/deg", 36: "|Z|/Ohm", 37: "Re(Z)/Ohm", 38: "-Im(Z)/Ohm",
            70: "P/W", 96: "|Ece|/V", 98: "Phase(Zce)/deg", 99: "|Zce|/Ohm", 100: "Re(Zce)/Ohm", 101: "-Im(Zce)/Ohm",
            169: "Cs/µF", 172: "Cp/µF", 174: "<Ewe>/V", 430: "Phase(Zwe-ce)/deg", 431: "|Zwe-ce|/Ohm",
            432: "Re(Zwe-ce)/Ohm", 433: "-Im(Zwe-ce)/Ohm", 471: "<Ece>/V",
        },
    )
    | _stored("<u2", {39: "I Range", 131: "Ns"})
    | _stored("<u4", {468: "half cycle", 469: "z cycle"})
)  # fmt: skip

LISTED: Final[Mapping[int, StoredColumn]] = MappingProxyType(
    _stored("<f8", {11: "<I>/mA", 23: "dQ/mA.h"})
    | _stored(
        "<f4",
        {
            16: "Analog IN 1/V", 17: "Analog IN 2/V", 75: "Analog OUT/V", 76: "<I>/mA", 77: "<Ewe>/V", 78: "Cs-2/µF-2",
            163: "|Estack|/V", 168: "Rcmp/Ohm", 173: "Cp-2/µF-2", 241: "|E1|/V", 242: "|E2|/V", 271: "Phase(Z1)/deg",
            272: "Phase(Z2)/deg", 301: "|Z1|/Ohm", 302: "|Z2|/Ohm", 331: "Re(Z1)/Ohm", 332: "Re(Z2)/Ohm",
            361: "-Im(Z1)/Ohm", 362: "-Im(Z2)/Ohm", 391: "<E1>/V", 392: "<E2>/V", 422: "Phase(Zstack)/deg",
            423: "|Zstack|/Ohm", 424: "Re(Zstack)/Ohm", 425: "-Im(Zstack)/Ohm", 426: "<Estack>/V", 434: "(Q-Qo)/C",
            435: "dQ/C", 441: "<Ece>/V", 462: "Temperature/°C", 473: "THD Ewe/%", 474: "THD I/%", 476: "NSD Ewe/%",
            477: "NSD I/%", 479: "NSR Ewe/%", 480: "NSR I/%",
        },
    )
)  # fmt: skip


def stored_as(number: int) -> StoredColumn | None:
    """Return how a column is stored, or None for a number that is not known.

    >>> stored_as(6).heading, stored_as(467).dtype, stored_as(60_000)
    ('Ewe/V', '<f8', None)
    """
    return SEEN.get(number) or LISTED.get(number)
