"""The sheet, its photos and the snapshot of a BMS: what is kept, and every way they can be wrong."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest

from hwan.cli import _photos
from hwan.cli._sheet import load_readings
from hwan.core import UNKNOWN, Attachment, BadDefinition, BmsSnapshot, Observation

NOON = datetime.fromisoformat("2026-11-21T12:00:00+09:00")
MORNING = datetime.fromisoformat("2026-11-21T08:00:00+09:00")
SIGNED = 'observer = "Kim"\nobserved_at = 2026-11-21T12:00:00+09:00\ninstrument_id = "meter 3"\n'
PICTURE = b"\xff\xd8\xff picture"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def sheet(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(PICTURE)

    def _sheet(content):
        path = tmp_path / "sheet.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return _sheet


def test_who_and_when_stand_once_for_all_that_do_not_say(sheet):
    content = SIGNED + (
        '[[observations]]\nquantity = "visual_inspection"\nvalue = true\n'
        '[[observations]]\nquantity = "open_circuit_voltage"\nvalue = 3.6\nunit = "V"\n'
        '[[observations]]\nquantity = "cell_voltage_spread"\nvalue = 0.01\nunit = "V"\nobserver = "Lee"\n'
        'observed_at = 2026-11-21T08:00:00+09:00\ninstrument_id = "meter 9"\n'
        '[[photos]]\nfile = "photos/a.jpg"\nnote = "label"\n'
    )
    found = load_readings(sheet(content), None)
    assert found.observations == (
        Observation("visual_inspection", True, "1", "Kim", NOON),
        Observation("open_circuit_voltage", 3.6, "V", "Kim", NOON, "meter 3"),
        Observation("cell_voltage_spread", 0.01, "V", "Lee", MORNING, "meter 9"),
    )
    assert found.attachments == (Attachment("photos/a.jpg", DIGEST, "Kim", NOON, "label"),)


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        (f'file = "photos/a.jpg"\nsha256 = "{DIGEST.upper()}"', "photos/a.jpg"),
        (f'file = "elsewhere.jpg"\nsha256 = "{DIGEST}"', "elsewhere.jpg"),
        (f'file = "/archive/of/ours/b.jpg"\nsha256 = "{DIGEST}"', "b.jpg"),
        (f'sha256 = "{DIGEST}"', DIGEST[:12]),
    ],
)
def test_a_photo_by_its_hash(sheet, photo, name):
    assert load_readings(sheet(f"[[photos]]\n{photo}\n"), None).attachments == (Attachment(name, DIGEST),)


WRONG_PHOTOS = [
    ('file = "gone.jpg"', "gone.jpg"),
    ('note = "nothing"', "photos[1]"),
    ('file = "photos"', "photos"),
    ('sha256 = "12ab"', "12ab"),
    ('file = "a\\u0000b"', "photos[1]"),
    (f'file = "photos/a.jpg"\nsha256 = "{"0" * 64}"', "0" * 64),
]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("photo", "named"), WRONG_PHOTOS)
def test_a_photo_that_cannot_be(sheet, photo, named, language):
    with pytest.raises(BadDefinition) as caught:
        load_readings(sheet(f'[[photos]]\nfile = "photos/a.jpg"\n[[photos]]\n{photo}\n'), None)
    assert caught.value.code == "photos_malformed"
    assert named in caught.value.message(language)
    assert "{" not in caught.value.message(language)


def test_a_changed_photo_names_both_hashes(sheet):
    with pytest.raises(BadDefinition) as caught:
        load_readings(sheet(f'[[photos]]\nfile = "photos/a.jpg"\nsha256 = "{"1" * 64}"\n'), None)
    assert DIGEST in str(caught.value)
    assert "1" * 64 in str(caught.value)


def test_photos_are_bounded(sheet, monkeypatch):
    monkeypatch.setattr(_photos, "MOST_BYTES", len(PICTURE) - 1)
    with pytest.raises(BadDefinition, match="more than"):
        load_readings(sheet('[[photos]]\nfile = "photos/a.jpg"\n'), None)
    with pytest.raises(BadDefinition) as caught:
        load_readings(sheet(f'[[photos]]\nsha256 = "{DIGEST}"\n' * 201), None)
    assert caught.value.code == "photos_too_many"


def test_a_report_never_replaces_a_photo(call, files, sheet, tmp_path):
    told = sheet('[[photos]]\nfile = "photos/a.jpg"\n')
    photo = tmp_path / "photos" / "a.jpg"
    answer = call("report", files / "good.bdf.csv", "--sheet", told, "-o", photo, "--json")
    assert answer.code == 2
    assert [each["code"] for each in answer.document["failures"]] == ["output_is_input"]
    assert photo.read_bytes() == PICTURE


# The snapshot of a BMS --------------------------------------------------------------------------------


@pytest.fixture
def bms(tmp_path):
    def _bms(content):
        path = tmp_path / "bms.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return _bms


def test_a_snapshot_is_a_file_of_its_own(bms):
    found = load_readings(None, bms("state_of_health = 0.87\nread_at = 2026-11-21T12:00:00+09:00\n")).bms
    assert found == BmsSnapshot(state_of_health=0.87, read_at=NOON)


def test_sheet_and_snapshot_add_up(sheet, bms):
    told = sheet("[bms]\nstate_of_health = 0.87\nstate_of_charge = 0.4\n")
    found = load_readings(told, bms("state_of_health = 0.87\ncharge_throughput_ah = 900\n")).bms
    assert found == BmsSnapshot(state_of_health=0.87, state_of_charge=0.4, charge_throughput_ah=900)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_sheet_and_snapshot_that_differ(call, files, sheet, bms, language):
    told, other = sheet("[bms]\nstate_of_health = 0.87\n"), bms("state_of_health = 0.91\n")
    answer = call("evaluate", files / "good.bdf.csv", "--sheet", told, "--bms", other, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "bms_differs")
    assert all(word in failure["message"] for word in ("state_of_health", "0.87", "0.91", str(told), str(other)))


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        ("", "bms_empty", "bms.toml"),
        ("state_of_health = 87", "definition_malformed", "0.87"),
        ("[bms]\nstate_of_health = 0.8", "definition_malformed", "bms"),
        ("maximum_cell_voltage_volt = -1", "definition_malformed", "maximum_cell_voltage_volt"),
        ("soh = 0.8", "definition_malformed", "soh"),
        ("state_of_health = ", "definition_not_toml", "bms.toml"),
    ],
)
def test_a_snapshot_that_cannot_be(call, files, bms, content, code, named):
    answer = call("evaluate", files / "good.bdf.csv", "--bms", bms(content), "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, code)
    assert named in failure["message"]


def test_readings_photos_and_claims_stand_in_the_assessment(call, files, good_call, sheet, bms):
    told = sheet(
        f'{SIGNED}[[observations]]\nquantity = "visual_inspection"\nvalue = true\n[[photos]]\nsha256 = "{DIGEST}"'
    )
    claims = bms("state_of_health = 0.9")
    answer = call("evaluate", files / "good.bdf.csv", *good_call, "--sheet", told, "--bms", claims, "--json")
    (assessment,) = answer.document["assessments"]
    assert assessment["observations"][0]["observer"] == "Kim"
    assert assessment["attachments"][0]["sha256"] == DIGEST
    assert assessment["attachments"][0]["note"] == UNKNOWN.value
    assert assessment["bms"]["state_of_health"] == 0.9
    assert "bms_against_measurement" in {each["code"] for each in assessment["findings"]}
