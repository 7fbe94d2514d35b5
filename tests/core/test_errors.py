"""Errors: the tree, the exit codes, the suggestion."""

from __future__ import annotations

import pytest

from hwan.core import HwanError, InputError, SeveralRecordings, UnknownName, UsageError, chemistry_named, errors


def test_the_tree_has_at_most_twelve_classes_and_every_one_is_drawn():
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, HwanError)]
    assert len(classes) <= 12
    assert all(each.__name__ in (errors.__doc__ or "") for each in classes)


@pytest.mark.parametrize(("kind", "code"), [(HwanError, 5), (UsageError, 2), (InputError, 3)])
def test_exit_codes(kind, code):
    assert kind("inside", detail="x").exit_code == code


@pytest.mark.parametrize(("typed", "meant"), [("lpf", "lfp"), ("nmc-622", "nmc622"), ("Na-Ion", "na-ion")])
def test_a_near_name_is_suggested(typed, meant):
    with pytest.raises(UnknownName) as caught:
        chemistry_named(typed)
    assert f"'{meant}'" in caught.value.message("en")
    assert f"'{meant}'" in caught.value.message("ko")


def test_a_far_name_gets_the_list():
    assert "lfp" in str(UnknownName("chemistry", "xyz", ["lfp", "nca"]))


def test_several_recordings_name_their_keys():
    error = SeveralRecordings("a.xlsx", ["one", "two"])
    assert error.keys == ("one", "two")
    assert "one, two" in str(error)
