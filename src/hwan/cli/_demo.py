"""The demonstration: tables that a package of the registry carries, and a synthetic retired pack.

Everything goes the way a user's own file goes: from a file on disk through the reader to the report.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hwan.cli import _options as option
from hwan.cli._battery import Known, Stated, known, request
from hwan.cli._demo_print import Demo, print_demo
from hwan.cli._evaluate import Assessed, evaluate_jobs, jobs_of
from hwan.cli._outcome import document, print_document, print_failures
from hwan.cli._report import entry, write_page, writing
from hwan.cli._tables import find, ui
from hwan.cli._work import Done
from hwan.core import AccuracyClass, Measurement, NothingInside, is_known
from hwan.health import retained, voltage_step

if TYPE_CHECKING:
    from hwan.report import Entry
    from hwan.synthetic import SyntheticTest

SAMPLES: Final = Path(".samples")
FOLDER: Final = Path("demo")
TABLES: Final = Path("ampworks/datasets/resources")
FRESH: Final = "dqdv/cell1_rough.csv"
AGED: Final = "dqdv/cell2_rough.csv"
ORIGINS: Final = {
    FRESH: "demo_measured",
    AGED: "demo_measured_aged",
    "ici/ici_discharge.csv": "demo_unproven",
    "gitt/gitt_discharge.csv": "demo_unproven",
    "hppc/hppc_discharge.csv": "demo_model",
}
"""What each table is: what its package says, and whether its voltage moves in steps that a tester can resolve."""
PULSE: Final = "dc_resistance discharge 10.0"
"""The report names a resistance by its direction and time in s."""
PACK_SEED: Final = 11
PACK_CAPACITY_AH: Final = 150.0
CELLS_PER_MODULE: Final = 12
READINGS: Final = """# Hand readings of the synthetic pack: what a centre writes down before the test.
[[observations]]
quantity = "visual_inspection"
value = true
observer = "synthetic"

[[observations]]
quantity = "insulation_resistance"
value = 1800
unit = "ohm/V"
observer = "synthetic"

[[observations]]
quantity = "cell_voltage_spread"
value = {spread:.3f}
unit = "V"
observer = "synthetic"
"""


def demo(
    samples: Annotated[Path, typer.Option(help="Folder that holds the installed samples.")] = SAMPLES,
    folder: Annotated[Path, typer.Option(help="Folder for the report and the pack's files.")] = FOLDER,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Evaluate sample tables and a synthetic retired pack, and write the report."""
    shown = _evaluate(samples, folder, lang.value)
    failures = [*shown.tables.failures, *shown.pack.failures]
    write_page(shown.report, _entries(shown, lang.value), failures, lang.value)
    if json:
        assessments = [each.assessment for each in (*shown.tables.results, *shown.pack.results)]
        kept = [shown.retained] if shown.retained else []
        parts = {"assessments": assessments, "retained": kept, "truth": shown.truth, "report": str(shown.report)}
        print_document(document("hwan.demo/1", failures, **parts))
    else:
        print_demo(shown, ORIGINS, lang.value)
        print_failures(failures)
    return Done(failures=failures).exit_code()


def _evaluate(samples: Path, folder: Path, language: str) -> Demo:
    from hwan.synthetic import Bms, pack_test

    files = [samples / TABLES / name for name in ORIGINS]
    if not all(path.is_file() for path in files):
        raise NothingInside("samples_missing", folder=str(samples))
    asked = request()
    tables = evaluate_jobs(jobs_of(files, known(Stated())), asked, language)
    test = pack_test(PACK_SEED, rated_capacity_ah=PACK_CAPACITY_AH, bms=Bms())
    path, pack_known, command = _on_disk(test, folder, language)
    return Demo(
        asked=asked,
        tables=tables,
        step_volt={each.assessment.battery.id: voltage_step(each.last) for each in tables.results if each.last},
        retained=_retained(tables.results),
        pack=evaluate_jobs(jobs_of([path], pack_known), asked, language),
        truth=_truth(test),
        report=folder / f"report-{language}.html",
        command=command,
    )


def _on_disk(test: SyntheticTest, folder: Path, language: str) -> tuple[Path, Known, str]:
    """Write the pack's file, readings and tester as a centre has them; return what is known of it, and what to type."""
    from hwan.synthetic import write_bdf_parquet

    sheet, instrument = folder / "readings.toml", folder / "tester.toml"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = write_bdf_parquet(test, folder / "pack.bdf.parquet")
        logs = tuple(write_bdf_parquet(log, folder / f"bms-{n}.bdf.parquet") for n, log in enumerate(test.logs, 1))
        sheet.write_text(READINGS.format(spread=test.truth.voltage_spread_volt), encoding="utf-8")
        instrument.write_text(_instrument_toml(test), encoding="utf-8")
    kind = test.battery.type
    given = {
        "chemistry": kind.chemistry,
        "rated_capacity_ah": kind.rated_capacity_ah,
        "rated_energy_wh": kind.rated_energy_wh,
        "upper_voltage_volt": kind.upper_voltage_volt,
        "lower_voltage_volt": kind.lower_voltage_volt,
        "cells_per_module": CELLS_PER_MODULE,
        "level": "pack",
        "sheet": sheet,
        "instrument": instrument,
    }
    options = [f"--{name.replace('_', '-')} {_short(value)}" for name, value in given.items()]
    words = " ".join((*options, *(f"--cells-log {log}" for log in logs)))
    stated = Stated(**given, cell_logs=logs)  # type: ignore[arg-type]
    return path, known(stated), f"hwan report {path} {words} --lang {language}"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _instrument_toml(test: SyntheticTest) -> str:
    instrument = test.recording.instrument
    accuracy = instrument.accuracy
    lines = [f'id = "{instrument.id}"', "[accuracy]"]
    if isinstance(accuracy, AccuracyClass):
        lines += [f'id = "{accuracy.id}"', f'source = "{accuracy.source}"']
        numbers = ("current_gain", "current_offset_ampere", "voltage_gain", "voltage_offset_volt")
        lines += [f"{name} = {getattr(accuracy, name)!r}" for name in numbers]
    return "\n".join(lines) + "\n"


def _retained(results: list[Assessed]) -> Measurement | None:
    """Return the aged cell's discharged charge over the fresh cell's, under the same conditions."""
    names = {each.assessment.battery.id: find(each.assessment, "discharged_charge") for each in results}
    fresh, aged = names.get(Path(FRESH).name), names.get(Path(AGED).name)
    return retained(aged, fresh) if fresh and aged else None


def _truth(test: SyntheticTest) -> dict[str, float]:
    truth, kind = test.truth, test.battery.type
    known = {
        "capacity": truth.capacity_ah,
        "energy": truth.energy_wh,
        PULSE: truth.discharge_resistances_ohm[10.0],
    }
    if is_known(kind.rated_capacity_ah):
        known["state_of_health_capacity"] = truth.capacity_ah / kind.rated_capacity_ah
    return known


def _entries(shown: Demo, language: str) -> list[Entry]:
    synthetic = (ui("demo_synthetic", language),)
    packs = [entry(each, shown.asked, truth=shown.truth, notes=synthetic) for each in shown.pack.results]
    notes = {Path(name).name: (ui(origin, language),) for name, origin in ORIGINS.items()}
    cells = [entry(each, shown.asked, notes=notes[each.assessment.battery.id]) for each in shown.tables.results]
    return packs + cells
