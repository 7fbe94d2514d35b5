"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Language(StrEnum):
    """Languages of everything that hwan says."""

    en = "en"
    ko = "ko"


class LevelName(StrEnum):
    """What the battery is."""

    cell = "cell"
    module = "module"
    pack = "pack"


Files = Annotated[list[Path], typer.Argument(help="Tester files.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
Lang = Annotated[Language, typer.Option("--lang", envvar="HWAN_LANG", help="Language: en or ko.")]
Key = Annotated[str | None, typer.Option(help="Which recording, where a file holds several.")]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="Names the columns of a csv: a TOML file of your own, or a shipped id."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", "-o", help="Write the report (HTML) here; 'hwan report' writes hwan-report.html."),
]
Capacity = Annotated[float | None, typer.Option("--rated-capacity-ah", min=1e-9, help="Rated capacity in Ah.")]
Energy = Annotated[float | None, typer.Option("--rated-energy-wh", min=1e-9, help="Rated energy in Wh.")]
Chemistry = Annotated[
    str, typer.Option(help="lfp, nmc111 … nmc811, nca, lmo, lco, lto, na-ion, li-s, solid-state, unknown.")
]
LevelOption = Annotated[
    LevelName | None, typer.Option("--level", help="What the battery is; only packs and modules are routed.")
]
Upper = Annotated[
    float | None, typer.Option("--upper-voltage-volt", min=0, help="Voltage at which a full charge ends.")
]
Lower = Annotated[float | None, typer.Option("--lower-voltage-volt", min=0, help="Cut-off voltage of the discharge.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature-celsius", help="Temperature of the test, where the file has none.")
]
RulesetOption = Annotated[str, typer.Option("--ruleset", help="Ruleset: an id, or the path of a file of your own.")]
PricesOption = Annotated[str, typer.Option("--prices", help="Price list: an id, or the path of a file of your own.")]
Sheet = Annotated[Path | None, typer.Option(help="TOML file with hand readings (safety items) and BMS values.")]
InstrumentFile = Annotated[
    Path | None, typer.Option("--instrument", help="TOML file with the tester's range and accuracy.")
]
Same = Annotated[bool, typer.Option("--same-battery", help="All files are tests of one battery, oldest first.")]
