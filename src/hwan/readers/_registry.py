"""Which readers there are: the built-in ones and the plug-ins, in one registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from hwan.core import Scalar
from hwan.readers._contract import Proof, Reader, Recognition
from hwan.readers._detail import detail_of

GROUP = "hwan.readers"


@dataclass(frozen=True, slots=True)
class Format:
    """One line of the table of formats."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    proof: Proof
    version: str
    plugin: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """Readers that can be asked, and plug-ins that cannot, each with the reason."""

    readers: tuple[Reader, ...]
    failures: tuple[Recognition, ...] = ()


@cache
def registry() -> Registry:
    """Return built-in readers first, then plug-ins; a plug-in that does not load is noted, never fatal."""
    return assemble(_built_in(), entry_points(group=GROUP))


def formats() -> tuple[Format, ...]:
    """Return every format that can be read here, with how it was proven."""
    own = {reader.name for reader in _built_in()}
    return tuple(
        Format(reader.name, reader.title, reader.suffixes, reader.proof, reader.version, reader.name not in own)
        for reader in registry().readers
    )


def assemble(built_in: tuple[Reader, ...], points: Iterable[EntryPoint]) -> Registry:
    """Join the built-in readers with those that the entry points give."""
    readers = list(built_in)
    failures: list[Recognition] = []
    for point in points:
        loaded = _load(point, {reader.name for reader in readers})
        if isinstance(loaded, Recognition):
            failures.append(loaded)
        else:
            readers.append(loaded)
    return Registry(tuple(readers), tuple(failures))


def _built_in() -> tuple[Reader, ...]:
    from hwan.readers.arbin import ARBIN_CSV, ARBIN_HDF5, ARBIN_RES, ARBIN_XLSX
    from hwan.readers.bdf import BDF_CSV, BDF_PARQUET
    from hwan.readers.biologic import MPR, MPT
    from hwan.readers.generic import shipped_readers
    from hwan.readers.indigo import INDIGO_HDF5
    from hwan.readers.nebula import NEBULA_XLSX
    from hwan.readers.neware import NDA, NDAX

    arbin = (ARBIN_RES, ARBIN_XLSX, ARBIN_HDF5, ARBIN_CSV)
    return (NDA, NDAX, BDF_CSV, BDF_PARQUET, *arbin, MPR, MPT, NEBULA_XLSX, INDIGO_HDF5, *shipped_readers())


def _load(point: EntryPoint, taken: set[str]) -> Reader | Recognition:
    try:
        reader = point.load()
    except ImportError as error:
        return _failure(point, "plugin_dependency_missing", missing=error.name or str(error))
    except Exception as error:  # a stranger's module may raise anything; the house must stand
        return _failure(point, "plugin_failed", detail=detail_of(error))
    if not isinstance(reader, Reader):
        return _failure(point, "plugin_not_a_reader", got=type(reader).__name__)
    if reader.name in taken:
        return _failure(point, "plugin_name_taken", got=reader.name)
    return reader


def _failure(point: EntryPoint, reason: str, **values: Scalar) -> Recognition:
    return Recognition(point.name, "no", reason, {"plugin": point.value, **values})
