from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from hwan import readers
from hwan.readers._registry import assemble
from hwan.readers.bdf import BDF_CSV, BdfCsv


def _point(monkeypatch: pytest.MonkeyPatch, thing: object) -> EntryPoint:
    module = ModuleType("vendor_of_a_test")
    module.READER = thing  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return EntryPoint("vendor", "vendor_of_a_test:READER", "hwan.readers")


def test_built_in_formats_come_first_and_have_unique_names() -> None:
    names = [line.name for line in readers.formats()]
    assert names[:4] == ["neware-nda", "neware-ndax", "bdf-csv", "bdf-parquet"]
    assert {"csv:ampworks", "csv:prime-instrument"} <= set(names)
    assert len(set(names)) == len(names)


def test_built_in_readers_keep_the_contract() -> None:
    from hwan.readers._registry import registry

    assert all(isinstance(reader, readers.Reader) for reader in registry().readers)


def test_a_plugin_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = BdfCsv(name="vendor-csv")
    joined = assemble((BDF_CSV,), [_point(monkeypatch, plugin)])
    assert joined.readers == (BDF_CSV, plugin)
    assert joined.failures == ()


@pytest.mark.parametrize(("thing", "reason"), [("a string", "plugin_not_a_reader"), (BdfCsv(), "plugin_name_taken")])
def test_a_plugin_that_cannot_join_is_noted(monkeypatch: pytest.MonkeyPatch, thing: object, reason: str) -> None:
    joined = assemble((BDF_CSV,), [_point(monkeypatch, thing)])
    assert joined.readers == (BDF_CSV,)
    assert [failure.reason for failure in joined.failures] == [reason]


def test_a_plugin_that_fails_to_import_is_noted() -> None:
    missing = EntryPoint("vendor", "no_such_module_of_vendor:READER", "hwan.readers")
    broken = EntryPoint("broken", "hwan.readers:no_such_name", "hwan.readers")
    joined = assemble((), [missing, broken])
    assert [failure.reason for failure in joined.failures] == ["plugin_dependency_missing", "plugin_failed"]
    assert "no_such_module_of_vendor" in joined.failures[0].message()
