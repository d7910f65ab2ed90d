"""The table of modes is made from the result, and refuses one it cannot show."""

import copy

import pytest

from scripts.results import load
from scripts.website import modes


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rows_that_do_the_same_are_one(language: str) -> None:
    rows = modes.render(language).splitlines()[2:]
    assert len(rows) == 10  # train() with tracking has three, the others one each
    assert sum(modes.WORDS[language]["any"] in row for row in rows) == 7
    assert [row.split(" | ")[4] for row in rows[:3]] == [
        modes.WORDS[language]["moved"].format(0.1),
        modes.WORDS[language]["moved"].format(0.25),
        modes.WORDS[language]["counted"],
    ]
    assert {len(row.split(" | ")) for row in rows} == {6}


def test_both_languages_have_the_same_words() -> None:
    assert modes.WORDS["zh"].keys() == modes.WORDS["en"].keys()


@pytest.mark.parametrize(("key", "value"), [("moved", 0.5), ("gradient", "through")])
def test_a_result_in_which_no_grad_matters_is_refused(key: str, value: object) -> None:
    result = copy.deepcopy(load("modes"))
    result["cells"]["eval"]["tracked"]["m_0"]["no_grad"][key] = value
    with pytest.raises(modes.ModesError, match="no_grad"):
        modes.render("en", lambda _: result)
