"""The notation: what it gives, and where it says that something is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import BadDefinition, text
from hwan.health.impedance import circuit_of
from hwan.health.impedance._notation import ladder_text

CODES = st.sampled_from(["R", "C", "L", "CPE", "W", "Wo", "Ws"])


@pytest.mark.parametrize(
    ("notation", "names"),
    [
        ("R0", ("R0",)),
        (" L0 - R0 - p( R1 , CPE1 ) ", ("L0", "R0", "R1", "tau1", "n1")),
        ("p(CPE3,R1)", ("R1", "tau3", "n3")),
        ("p(R1,C1)", ("R1", "C1")),
        ("p(R1,CPE1,C2)", ("R1", "Q1", "n1", "C2")),
        ("R0-p(R1-Wo1,CPE1)", ("R0", "R1", "Wo1", "tau_Wo1", "Q1", "n1")),
        ("p(p(R1,C1)-R2,L3)", ("R1", "C1", "R2", "L3")),
        ("R-C", ("R", "C")),
    ],
)
def test_names(notation, names):
    assert circuit_of(notation).names == names


def test_units_and_columns():
    circuit = circuit_of("L0-R0-p(R1,CPE1)-C2-CPE3-W1-Ws1")
    told = {each.name: (each.unit, each.column) for each in circuit.parameters}
    assert told["L0"] == ("H", "L0_henry")
    assert told["tau1"] == ("s", "tau1_second")
    assert told["n1"] == ("1", "n1")
    assert told["C2"] == ("F", "C2_farad")
    assert told["Q3"] == ("s^n/ohm", "Q3_second_power_n_per_ohm")
    assert told["W1"] == ("ohm/s^0.5", "W1_ohm_per_root_second")
    assert told["tau_Ws1"] == ("s", "tau_Ws1_second")


@pytest.mark.parametrize(
    ("notation", "code", "place"),
    [
        ("", "circuit_ended", 1),
        ("R0-", "circuit_ended", 4),
        ("p(R1,C1", "circuit_ended", 8),
        ("p(R1)", "circuit_expected", 5),
        ("R0)", "circuit_expected", 3),
        ("R0,R1", "circuit_expected", 3),
        ("R0--R1", "circuit_expected", 4),
        ("R0-(R1,C1)", "circuit_expected", 4),
        ("p(R1,C1)p(R2,C2)", "circuit_expected", 9),
        ("R0-p(R1,X1)", "circuit_element", 9),
        ("R0-La1", "circuit_element", 4),
        ("r0", "circuit_element", 1),
        ("R0-C0-R0", "circuit_label_twice", 7),
        ("R0 + C1", "circuit_character", 4),
        ("R0" + "-" * 600, "circuit_too_long", 1),
        ("p(C1," * 40 + "R0-R1" + ")" * 40, "circuit_label_twice", 8),
        ("".join(f"p(C{n}," for n in range(20)) + "R0" + ")" * 20, "circuit_too_deep", 63),
        ("-".join(f"R{n}" for n in range(40)), "circuit_too_many", 111),
    ],
)
def test_errors_say_where(notation, code, place):
    with pytest.raises(BadDefinition) as caught:
        circuit_of(notation)
    assert caught.value.code == "circuit_malformed"
    (found, values), *_ = caught.value.problems
    assert (found, values["place"]) == (code, place)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("notation", ["", "R0-", "p(R1)", "R0-La1", "R0-R0", "R0 + C1", "R0" * 300])
def test_errors_are_sentences(notation, language):
    with pytest.raises(BadDefinition) as caught:
        circuit_of(notation)
    said = caught.value.message(language)
    assert "{" not in said
    assert said != caught.value.code


@given(
    st.recursive(
        CODES, lambda one: st.tuples(st.sampled_from("-p"), st.lists(one, min_size=2, max_size=3)), max_leaves=8
    )
)
def test_every_tree_that_is_written_is_read(tree):
    numbers = iter(range(100))

    def written(node):
        if isinstance(node, str):
            return f"{node}{next(numbers)}"
        how, parts = node
        inside = [written(part) for part in parts]
        return "-".join(inside) if how == "-" else f"p({','.join(inside)})"

    notation = written(tree)
    circuit = circuit_of(notation)
    assert circuit.text == notation
    assert len(set(circuit.names)) == len(circuit.names)
    leaves = list(circuit.leaves())
    assert [leaf.first for leaf in leaves] == sorted(leaf.first for leaf in leaves)


@given(st.text(alphabet="RCLWPEos012-p(), ", max_size=40))
def test_any_text_is_a_circuit_or_a_clear_error(notation):
    problems = ()
    try:
        circuit_of(notation)
    except BadDefinition as error:
        problems = error.problems
    assert not any("{" in text("problem", code, "ko", values) for code, values in problems)


def test_ladders():
    assert ladder_text(1, inductor=True, warburg=True) == "L0-R0-p(R1,CPE1)-W1"
    assert ladder_text(0, inductor=False, warburg=False) == "R0"
