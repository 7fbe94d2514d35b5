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
BatteryFiles = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Tester files; none with --batteries.", show_default=False),
]
Batteries = Annotated[
    Path | None,
    typer.Option("--batteries", help="Table (CSV) with one battery per row; columns in docs/readings.md."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
Lang = Annotated[Language, typer.Option("--lang", envvar="HWAN_LANG", help="Language: en or ko.")]
Key = Annotated[str | None, typer.Option(help="Which recording, where a file holds several.")]
SaveMapping = Annotated[
    Path | None,
    typer.Option("--save-mapping", help="Write the mapping proposed for the one text FILE here, to correct and share."),
]
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
    str,
    typer.Option(
        help="lfp, nmc111 … nmc811, nca, lmo, lco, lto, na-ion, li-s, solid-state, unknown, or your own file."
    ),
]
LevelOption = Annotated[
    LevelName | None, typer.Option("--level", help="What the battery is; only packs and modules are routed.")
]
Upper = Annotated[
    float | None, typer.Option("--upper-voltage-volt", min=0, help="Voltage at which a full charge ends.")
]
Lower = Annotated[float | None, typer.Option("--lower-voltage-volt", min=0, help="Cut-off voltage of the discharge.")]
Series = Annotated[int | None, typer.Option("--series-count", min=1, help="Cells or cell groups in series.")]
Parallel = Annotated[int | None, typer.Option("--parallel-count", min=1, help="Cells in parallel in each group.")]
CellsPerModule = Annotated[
    int | None, typer.Option("--cells-per-module", min=1, help="Cell groups of one module, to place a cell.")
]
Temperature = Annotated[
    float | None, typer.Option("--temperature-celsius", help="Temperature of the test, where the file has none.")
]
RulesetOption = Annotated[
    str | None,
    typer.Option(
        "--ruleset",
        help="Ruleset: an id, or the path of a file of your own; by default house/1, with --rapid house-rapid/1.",
    ),
]
PricesOption = Annotated[str, typer.Option("--prices", help="Price list: an id, or the path of a file of your own.")]
Sheet = Annotated[
    Path | None, typer.Option("--sheet", help="TOML file with hand readings (safety items), photos and BMS values.")
]
Bms = Annotated[Path | None, typer.Option("--bms", help="TOML file with what the BMS claims, apart from the sheet.")]
InstrumentFile = Annotated[
    Path | None, typer.Option("--instrument", help="TOML file with the tester's range and accuracy.")
]
CellsLog = Annotated[
    list[Path] | None,
    typer.Option("--cells-log", help="Log of cell voltages by a BMS; repeat it: cells are counted through."),
]
Continued = Annotated[
    bool, typer.Option("--continued", help="The files are parts of one test that was written in pieces, in order.")
]
ParallelChannels = Annotated[
    bool, typer.Option("--parallel-channels", help="The files are channels that fed one battery together.")
]
RapidFlag = Annotated[
    bool, typer.Option("--rapid", help="Evaluate rapidly: from pulses or a partial run, and say which test comes next.")
]
RapidModels = Annotated[
    list[str] | None,
    typer.Option(
        "--rapid-model",
        help="Rapid model: an id, or the path of a file that 'hwan calibrate' wrote; repeatable. By default those of "
        "the battery's type.",
    ),
]
CheckCells = Annotated[
    Path | None,
    typer.Option(
        "--check-cells",
        help="Table (cell, soh, U1, …) of cells of known capacity that were tested in the same series: they tell how "
        "its pulses stand to the calibrated ones, and narrow the interval.",
    ),
]
Batch = Annotated[str | None, typer.Option("--batch", help="Production batch: a model may know only some of a type.")]
StagesOption = Annotated[
    str | None,
    typer.Option("--stages", help="The centre's tests and their minutes: an id, or the path of a file of your own."),
]
Same = Annotated[bool, typer.Option("--same-battery", help="All files are tests of one battery, oldest first.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the certificates.")]
Issuer = Annotated[str | None, typer.Option("--issuer", help="Who issues the certificates; else it says 'not stated'.")]
