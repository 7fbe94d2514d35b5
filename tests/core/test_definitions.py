"""Definition files from a user are bounded, and every way to be wrong is told."""

from __future__ import annotations

import pytest

from hwan.core import LANGUAGES, BadDefinition, Battery, read_toml


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id = [", "definition_not_toml"),
        (b"a=" + b"[" * 5000, "definition_not_toml"),
        (b"id = 3", "definition_malformed"),
        (b"", "definition_malformed"),
        (b"\xff\xfe", "definition_not_utf8"),
        (b"a = " + b"9" * 5000, "definition_not_toml"),
        (b"#" * 1_000_001, "definition_too_large"),
    ],
)
def test_a_bad_definition_is_told(tmp_path, content, code):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(BadDefinition) as caught:
        read_toml(path, Battery)
    assert caught.value.code == code
    assert "x.toml" in str(caught.value)


def test_a_missing_definition_is_told(tmp_path):
    with pytest.raises(BadDefinition, match=r"none\.toml"):
        read_toml(tmp_path / "none.toml", Battery)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfid = 'b'")
    assert read_toml(path, Battery) == Battery("b")


WRONG = [
    ("id = 3", "id"),
    ("id = 'b'\ntype = 3", "type"),
    ("id = 'b'\nlevel = 'rack'", "level"),
    ("id = 'b'\nidentifiers = 'x'", "identifiers"),
    ("id = 'b'\n[[identifiers]]\nscheme = 's'\nvalue = '1'\n[[identifiers]]\nscheme = 's'", "identifiers[1].value"),
    ("id = 'b'\n[type]\nmass = 1", "type.mass"),
    ("id = 'b'\n[type]\nmass_kg = inf", "type.mass_kg"),
    ("id = 'b'\n[type]\nmass_kg = true", "type.mass_kg"),
    (f"id = 'b'\n[type]\nmass_kg = 1{'0' * 400}", "type.mass_kg"),
    ("id = 'b'\n[type]\nseries_count = 1.5", "type.series_count"),
]


@pytest.mark.parametrize(("content", "field"), WRONG)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_field_is_told_and_no_inner_name(tmp_path, content, field, language):
    path = tmp_path / "x.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        read_toml(path, Battery)
    said = caught.value.message(language)
    assert field in said
    assert not any(word in said for word in ("hwan.core", "typing", "{", "unfit", "<class"))


def test_every_problem_is_told_at_once(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("id = 3\nlevel = 'rack'\n", encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        read_toml(path, Battery)
    assert [code for code, _ in caught.value.problems] == ["no_text", "not_one_of"]
