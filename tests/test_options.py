"""The options of a run are said once, on their cards; every door says the same."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import numpy as np
import pytest

from segeval import UsageError, api
from segeval.plots.drawing import FORMATS
from segeval.protocols import convention
from segeval.protocols.choose import make_protocol
from segeval.protocols.protocol import Missing, Protocol
from segeval.run.assemble import Failed
from segeval.run.options import OPTIONS, check_kinds, options_of

DOORS = [api.score, api.score_folder]
PLACES = {"pred", "gt", "pred_dir", "gt_dir"}
"""Options without a default."""


@pytest.mark.parametrize("function", DOORS, ids=lambda function: function.__name__)
def test_the_signature_is_that_of_the_cards(function):
    cards = options_of(function.__name__)
    parameters = inspect.signature(function).parameters
    assert {name: (p.annotation, p.default) for name, p in parameters.items()} == {
        name: (card.annotation, card.default) for name, card in cards.items()
    }


@pytest.mark.parametrize("function", DOORS, ids=lambda function: function.__name__)
def test_the_docstring_says_what_every_parameter_is(function):
    arguments = inspect.getdoc(function).partition("Args:\n")[2].partition("\nRaises:\n")[0]
    listed = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", arguments, re.MULTILINE)
    assert [name for name, _ in listed] == list(inspect.signature(function).parameters)
    cards = options_of(function.__name__)
    for name, text in listed:
        sentence = cards[name].in_python or cards[name].sentence
        assert " ".join(text.split()).startswith(sentence)


def test_a_protocol_is_made_with_the_defaults_of_the_cards():
    cards = options_of("score_folder")
    for name, parameter in inspect.signature(make_protocol).parameters.items():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert (parameter.annotation, parameter.default) == (
            cards[name].annotation,
            cards[name].default,
        )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("resume", "yes", "True or False"),
        ("binary", "no", "True or False"),
        ("include_background", 1, "True or False"),
        ("jobs", "2", "a whole number"),
        ("jobs", True, "a whole number"),
        ("ignore_label", 1.5, "a whole number"),
        ("geometry_tolerance", "0.1", "a number"),
        ("device", 0, "a text"),
        ("device", None, "a text"),
        ("output", 3, "a path"),
        ("formats", "csv", "a list of texts"),
    ],
)
def test_what_python_would_take_for_something_else_is_refused(name, value, wanted):
    text = rf"{name} must be {wanted}, not {re.escape(repr(value))}"
    with pytest.raises(UsageError, match=text):
        api.score_folder("nowhere", "nowhere", **{name: value})


@pytest.mark.parametrize("function", DOORS, ids=lambda function: function.__name__)
def test_defaults_and_what_numpy_calls_a_flag_or_a_number_are_of_their_kinds(function):
    cards = options_of(function.__name__)
    check_kinds({name: card.default for name, card in cards.items() if name not in PLACES})
    check_kinds({"binary": np.True_, "jobs": np.int64(2), "geometry_tolerance": np.float32(0.1)})


def test_numbers_and_flags_of_numpy_become_those_of_python(three, tmp_path):
    options = {"jobs": np.int64(1), "ignore_label": np.int64(7), "regions": {"a": np.int64(1)}}
    options |= {"binary": np.False_, "include_background": np.True_}
    options |= {"geometry_tolerance": np.float32(0.5), "spacing": np.array([1.0, 2.0])}
    run = api.score_folder(*three, metrics="dice", output=tmp_path / "out", **options).run
    assert run["jobs"] == 1
    assert Protocol.from_dict(run["protocol"]).include_background is True


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("metrics", [None], "metrics must be a text or a list of texts"),
        ("spacing", [None, 1], "spacing must be a list"),
        ("spacing", ["1", "2"], "spacing must be a list"),
        ("spacing", [1e200, 1e-200], "spacing must be lengths above 0"),
        ("regions", b"1", "regions must be a text, a list or a mapping"),
        ("colors", 3, "colors must be a file or a mapping"),
        ("colors", {"red": 1}, "colors must be of three numbers"),
        ("colors", {(1, 2, 300): 1}, "colors must be of three numbers"),
        ("colors", {(1, 2, 3): -1}, r"the label of the colour \(1, 2, 3\) must be from 0, not -1"),
        ("output", "", "output is empty"),
    ],
)
def test_what_fits_no_option_is_refused(name, value, message):
    with pytest.raises(UsageError, match=message):
        api.score_folder("nowhere", "nowhere", **{name: value})


def test_every_card_says_what_it_does_and_is_used():
    for option in OPTIONS:
        assert option.sentence.endswith(".")
        assert option.callers
    assert len({(option.name, caller) for option in OPTIONS for caller in option.callers}) == sum(
        len(option.callers) for option in OPTIONS
    )


def test_cards_say_the_choices_and_defaults_of_those_they_are_about():
    """The cards load nothing heavy, so that they must write these out."""
    cards = options_of("command")
    assert cards["missing"].choices == get_args(Missing)
    assert cards["failed"].choices == get_args(Failed)
    assert cards["plot_formats"].choices == FORMATS
    protocol = Protocol()
    assert cards["missing"].unless_given == f"the protocol's; {protocol.missing}"
    assert cards["geometry_tolerance"].unless_given == (
        f"the protocol's; {protocol.geometry_tolerance:g}"
    )
    reported = ", ".join(convention().report)
    assert cards["metrics"].unless_given == f"those that the protocol reports; {reported}"
