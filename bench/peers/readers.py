"""How each reader is called as its own documentation says, and which files it claims.

Each function runs in the environment of its reader; nothing but the standard library is imported here.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

SUFFIXES: Final = {
    "fastnda": (".nda", ".ndax"), "newarenda": (".nda", ".ndax"), "galvani": (".mpr", ".res"),
    "yadg": (".mpr", ".mpt"), "pyprobe": (".csv", ".txt", ".xlsx", ".mpt"),
}  # fmt: skip
MAKERS: Final = ("neware", "biologic", "arbin", "basytec", "maccor", "novonix")
"""Makers that PyProBE's reader must be told."""
CELLPY_SUFFIXES: Final = {
    ".res": "arbin_res", ".mpr": "biologics_mpr", ".nda": "neware_nda", ".ndax": "neware_nda", ".h5": "arbin_sql_h5",
}  # fmt: skip
CELLPY_MAKERS: Final = {
    ("arbin", ".csv"): "arbin_sql_csv", ("arbin", ".xlsx"): "arbin_sql_xlsx", ("pec", ".csv"): "pec_csv",
}  # fmt: skip
IMPEDANCE_MAKERS: Final = (
    "autolab", "chinstruments", "gamry", "parstat", "powersuite", "versastudio", "zplot",
)  # fmt: skip


def claims(name: str, path: Path) -> bool:
    """Return whether a reader claims files of this kind."""
    if name == "pyprobe" and path.parent.name not in MAKERS:
        return False
    if name == "cellpy":
        return bool(cellpy_choices(path))
    if name == "impedance":
        return bool(impedance_maker(path))
    return name not in SUFFIXES or path.suffix.lower() in SUFFIXES[name]


def hwan(path: Path) -> Any:
    """Ours; several recordings inside one after the other, as others give them."""
    import polars as pl

    import hwan

    frames = [recording.samples.collect() for recording in hwan.read_all(path)]
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def polars(path: Path) -> Any:
    """Read all columns of a text with its heading in the first line by the table library alone."""
    import polars as pl

    return pl.scan_csv(path).collect()


def fastnda(path: Path) -> Any:
    """Neware's binary files."""
    import fastnda

    return fastnda.read(path)


def newarenda(path: Path) -> Any:
    """Neware's binary files."""
    import NewareNDA

    return NewareNDA.read(str(path))


def batterydf(path: Path) -> Any:
    """Many formats, by its own detection."""
    import bdf

    return bdf.read(str(path), validate=False)[0]


def navani(path: Path) -> Any:
    """Many formats, by suffix."""
    from navani.echem import echem_file_loader

    return echem_file_loader(str(path))


def galvani(path: Path) -> Any:
    """BioLogic's binary files, as a structured array; Arbin's by way of a database of its own."""
    if path.suffix.lower() == ".res":
        return _galvani_res(path)
    from galvani import BioLogic

    return BioLogic.MPRfile(str(path)).data


def _galvani_res(path: Path) -> dict[str, list[Any]]:
    import sqlite3

    from galvani.res2sqlite import convert_arbin_to_sqlite

    with tempfile.TemporaryDirectory() as folder:
        made = str(Path(folder) / "out.sqlite")
        convert_arbin_to_sqlite(str(path), made)
        with contextlib.closing(sqlite3.connect(made)) as database:
            cursor = database.execute("SELECT * FROM Channel_Normal_Table ORDER BY Test_ID, Data_Point")
            names, rows = [each[0] for each in cursor.description], cursor.fetchall()
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def yadg(path: Path) -> Any:
    """Files of EC-Lab, by suffix."""
    from yadg.extractors import extract

    kinds = {".mpr": "eclab.mpr", ".mpt": "eclab.mpt"}
    tree = extract(filetype=kinds[path.suffix.lower()], path=str(path), timezone="UTC", encoding="windows-1252")
    return tree.to_dataset()


def pyprobe(path: Path) -> Any:
    """Text exports; the maker is told by the folder of the sample."""
    import polars as pl
    import pyprobe

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.parquet"
        pyprobe.process_cycler_data(path.parent.name, str(path), str(out))
        return pl.read_parquet(out)


def impedance_maker(path: Path) -> str:
    """Return the instrument that impedance.py must be told: the folder of the sample, EC-Lab's text by its suffix."""
    if path.suffix.lower() == ".mpt":
        return "biologic"
    return next((maker for maker in IMPEDANCE_MAKERS if path.parent.name == f"eis-{maker}"), "")


def impedance(path: Path) -> Any:
    """Spectra: frequency and complex impedance."""
    from impedance.preprocessing import readFile

    frequency, values = readFile(str(path), instrument=impedance_maker(path))
    return {"frequency": frequency, "real_impedance": values.real, "imaginary_impedance": values.imag}


def cellpy_choices(path: Path) -> list[dict[str, Any]]:
    """Return the instruments, and where these have models the models, that a user of cellpy may name for a file."""
    maker, suffix = path.parent.name, path.suffix.lower()
    maker = "arbin" if path.stem.startswith("arbin") else maker
    if path.name.endswith(".bdf.csv"):
        return [{"instrument": "batmo_bdf"}]
    if maker == "neware" and suffix == ".csv":
        return [{"instrument": "neware_txt", "model": model} for model in ("UIO", "UIO_AGA", "TIOTECH")]
    if maker == "maccor":
        models: list[dict[str, Any]] = [{"model": model} for model in ("one", "two", "three")]
        # Maccor's newer program writes one line above the heading, model one expects three.
        return [{"instrument": "maccor_txt", **model} for model in [*models, {"model": "one", "skiprows": 1}]]
    name = CELLPY_SUFFIXES.get(suffix) or CELLPY_MAKERS.get((maker, suffix))
    return [{"instrument": name}] if name else []


_chosen: dict[Path, dict[str, Any]] = {}


def cellpy(path: Path) -> Any:
    """Many formats, the instrument named; of several models the first that reads the file, which is remembered."""
    import logging

    import cellpy
    from cellpy import config

    logging.disable(logging.CRITICAL)
    config.reader.sep = ","  # that of Arbin's export; its default is another
    choices = [_chosen[path]] if path in _chosen else cellpy_choices(path)
    for choice in choices:
        try:
            cell = cellpy.get(path, auto_summary=False, **choice)
        except Exception:
            if choice is choices[-1]:
                raise
        else:
            _chosen[path] = choice
            return cell.data.raw
    raise ValueError(f"{path.name}: cellpy has no instrument for it")


READERS: Final[dict[str, Callable[[Path], Any]]] = {
    each.__name__: each
    for each in (hwan, polars, fastnda, newarenda, batterydf, navani, galvani, yadg, pyprobe, cellpy, impedance)
}
