"""The options that every evaluation shares, declared once, and what they ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, get_type_hints

from hwan.cli import _options as option
from hwan.cli._battery import DEFAULT_PRICES, Request, Stated, known, request
from hwan.cli._evaluate import Job, jobs_of
from hwan.cli._rapid import RapidAsked
from hwan.core import UsageError


@dataclass(frozen=True, slots=True)
class Call:
    """An evaluation as it was called; each field is an argument or an option."""

    files: option.BatteryFiles = None
    batteries: option.Batteries = None
    rated_capacity_ah: option.Capacity = None
    rated_energy_wh: option.Energy = None
    chemistry: option.Chemistry = "unknown"
    level: option.LevelOption = None
    upper_voltage_volt: option.Upper = None
    lower_voltage_volt: option.Lower = None
    series_count: option.Series = None
    parallel_count: option.Parallel = None
    cells_per_module: option.CellsPerModule = None
    temperature_celsius: option.Temperature = None
    ruleset: option.RulesetOption = None
    prices: option.PricesOption = DEFAULT_PRICES
    sheet: option.Sheet = None
    bms: option.Bms = None
    instrument: option.InstrumentFile = None
    cells_log: option.CellsLog = None
    parallel_channels: option.ParallelChannels = False
    continued: option.Continued = False
    mapping: option.MappingFile = None
    key: option.Key = None
    same_battery: option.Same = False
    rapid: option.RapidFlag = False
    rapid_model: option.RapidModels = None
    batch: option.Batch = None
    check_cells: option.CheckCells = None
    stages: option.StagesOption = None
    json: option.Json = False
    lang: option.Lang = option.Language.en

    def stated(self) -> Stated:
        """Return what the options say of a battery."""
        same = {each.name: getattr(self, each.name) for each in fields(Stated) if hasattr(self, each.name)}
        return Stated(
            **{**same, "level": self.level.value if self.level else None},
            cell_logs=tuple(self.cells_log or ()),
            channels_in_parallel=self.parallel_channels,
        )

    @property
    def one_battery(self) -> bool:
        """Whether all files are of one battery."""
        return self.same_battery or self.parallel_channels or self.continued

    def request(self) -> Request:
        """Return by what is evaluated, definitions loaded."""
        asked = RapidAsked(tuple(self.rapid_model or ()), self.stages, self.check_cells) if self.is_rapid else None
        return request(self.ruleset, self.prices, self.mapping, self.key, asked)

    @property
    def is_rapid(self) -> bool:
        """Whether a rapid evaluation is asked for."""
        return self.rapid or bool(self.rapid_model)

    def jobs(self) -> tuple[Job, ...]:
        """Return the batteries to evaluate, in order.

        Raises
        ------
        hwan.core.UsageError
            When options contradict each other, or the table as a whole cannot be used.
        """
        self._check()
        if self.batteries:
            from hwan.cli._table import load_table

            return load_table(self.batteries, self.stated())
        files = self.files or []
        return jobs_of(files, known(self.stated()), same_battery=self.one_battery)

    def inputs(self) -> Iterator[Path | str | None]:
        """Yield every file that the options name, which no output may replace."""
        yield from (self.batteries, self.sheet, self.bms, self.instrument, self.mapping, self.ruleset, self.prices)
        yield from (
            *(self.files or ()),
            *(self.cells_log or ()),
            *(self.rapid_model or ()),
            self.stages,
            self.check_cells,
        )

    def _check(self) -> None:
        """Refuse what leaves open which battery is meant."""
        if not self.files and not self.batteries:
            raise UsageError("usage", ("no_files", {}))
        given = [word for word, value in self._of_one_battery().items() if value]
        if self.batteries and given:
            raise UsageError("options_beside_table", options=", ".join(given), column=COLUMN_OF[given[0]])
        if self.cells_log and not (self.parallel_channels or self.continued) and len(self.files or ()) > 1:
            raise UsageError("cells_log_of_which", count=len(self.files or ()))
        alone = {"--batch": self.batch, "--stages": self.stages, "--check-cells": self.check_cells}
        given = [word for word, value in alone.items() if value]
        if given and not self.is_rapid:
            raise UsageError("option_without_rapid", option=given[0])

    def _of_one_battery(self) -> dict[str, object]:
        values = (self.files, self.sheet, self.bms, self.cells_log, self.same_battery)
        return dict(zip(COLUMN_OF, values, strict=True))


COLUMN_OF: Final = {
    "FILE": "files",
    "--sheet": "sheet",
    "--bms": "bms",
    "--cells-log": "cell_logs",
    "--same-battery": "files",
}
"""What is said of one battery has a column in a table of many."""


def with_call(command: Callable[..., int]) -> Callable[..., int]:
    """Return a command whose parameters are the fields of Call, then its own; it gets them as one `call`."""
    return with_fields(Call, command)


def with_fields(kind: type, command: Callable[..., int]) -> Callable[..., int]:
    """Return a command whose parameters are the fields of a dataclass, then its own; it gets them as one `call`."""
    hints = get_type_hints(command, include_extras=True)
    own = [each.replace(annotation=hints[each.name]) for each in inspect.signature(command).parameters.values()]
    shared = _parameters(kind)
    names = [each.name for each in shared]

    def called(**values: Any) -> int:
        call = kind(**{name: values.pop(name) for name in names})
        return command(call=call, **values)

    rest = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own if each.name != "call"]
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__signature__ = inspect.Signature([*shared, *rest])  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in (*shared, *rest)}
    return called


def _parameters(of: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(of, include_extras=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    empty = inspect.Parameter.empty
    return [
        inspect.Parameter(
            each.name, kind, default=empty if each.default is MISSING else each.default, annotation=hints[each.name]
        )
        for each in fields(of)
    ]
