"""Every error of a chemistry's file names file, field, got and expected."""

from __future__ import annotations

import pytest

from hwan.core import UsageError
from hwan.health.profiles import check_profile, profile


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "lmfp"', 'id = "LMFP 1"', ("id is LMFP 1", "small letters")),
        ('ko = "NMC 111"', 'ja = "NMC 111"', ("title.ko is missing",)),
        ("upper_volt = 4.2", 'upper_volt = "4.2"', ("window.upper_volt", "'4.2'", "a number is expected")),
        ("upper_volt = 4.2", 'upper_volt = "unknown"', ("window.lower_volt, window.upper_volt", "both or neither")),
        ("upper_volt = 4.2", "upper_volt = 2.4", ("window goes", "lower_volt < upper_volt")),
        ("highest_volt = 4.7", "highest_volt = 47", ("window.highest_volt", "47", "0 … 6 V")),
        ("highest_volt = 4.7\n", "", ("window.highest_volt is missing",)),
        ("upper_volt", "uper_volt", ("window.uper_volt is not a field",)),
        ("rate_per_hour = 0.333", "rate_per_hour = 33", ("plan.rate_per_hour", "33", "0.01 … 10 1/h")),
        ("slow_rate_per_hour = 0.04", "slow_rate_per_hour = 25", ("plan.slow_rate_per_hour", "0.001 … 0.2 1/h")),
        ("[methods.ica]", "[methods.dqdv]", ("method", "'dqdv'", "ica, impedance")),
        ("[methods.pulses]\nstatus = ", "[methods.pulses]\nstate = ", ("methods.pulses.state", "not a field")),
        ('"applies"', '"yes"', ("methods.capacity.status", "'yes'", "applies, describes, refused")),
        ("profile_calibrated_types_only", "profile_calibrated_type", ("profile_calibrated_types_only", "Did you mean")),
        ('positive = "lmfp-half.toml"', 'positive = "lmfp/1"', ("Unknown half-cell 'lmfp/1'",)),
        ('positive = "lmfp-half.toml"', 'positive = "graphite-kim2011/1"', ("negative first", "graphite-kim2011/1")),
        ('positive = "lmfp-half.toml"', 'positive = "nowhere.toml"', ("nowhere.toml", "cannot be read")),
        ("lower_volt = 2.5", "lower_volt = 1.6", ("lmfp-mine/1", "1.6 to 4.2 V")),
    ],
)
def test_the_error_names_file_field_got_and_expected(lmfp, old, new, said):
    path = lmfp((old, new))
    errors = check_profile(path)
    assert errors
    for language in ("en", "ko"):
        assert all("{" not in error.message(language) for error in errors)
    told = " ".join(error.message("en") for error in errors)
    assert all(part in told for part in said), told
    assert path.parent.name in told or "half-cell" in told
    with pytest.raises(UsageError):
        profile(path)


MODES = '[methods.modes]\nstatus = "applies"\n'
REFUSED = '[methods.modes]\nstatus = "refused"\n'
NOT_VALIDATED = 'reason = "profile_not_validated"\n'
LIFTED = 'lifted_by = "two_half_cell_curves"\n'


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (REFUSED, ("methods.modes.reason is missing", "methods.modes.lifted_by")),
        (REFUSED + NOT_VALIDATED + LIFTED, ('"refused" with 1 pairs',)),
        (MODES + LIFTED, ("methods.modes.lifted_by is stated",)),
        (MODES + NOT_VALIDATED, ("Unknown reason 'profile_not_validated'", "methods.modes.reason")),
        ("", ("methods.modes is missing",)),
    ],
)
def test_the_entry_of_a_method_is_whole(lmfp, new, said):
    told = " ".join(error.message("en") for error in check_profile(lmfp((MODES, new))))
    assert all(part in told for part in said), told


def test_modes_need_half_cells(lmfp):
    pair = '[[half_cells]]\nnegative = "graphite-mohtat2020/1"\npositive = "lmfp-half.toml"\n'
    (error,) = check_profile(lmfp((pair, "")))
    assert error.code == "profile_modes_half_cells"
    assert "하나 이상" in error.message("ko")


def test_all_that_is_wrong_is_told_at_once(lmfp):
    path = lmfp(("highest_volt = 4.7", "highest_volt = 47"), ("[methods.ica]", "[methods.dqdv]"))
    assert len(check_profile(path)) == 3


def test_a_file_that_is_no_profile_is_named(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("id = [", encoding="utf-8")
    (error,) = check_profile(path)
    assert error.code == "definition_not_toml"
    (error,) = check_profile(tmp_path / "none.toml")
    assert error.code == "definition_unreadable"
