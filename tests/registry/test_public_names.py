"""Tests of the names of all metrics and losses, and of what they say of calls that do not fit."""

from __future__ import annotations

import inspect
import pydoc
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from helpers.scenes import examples

import segeval
from segeval import UsageError, functional, losses, stateful
from segeval.metrics import REGISTRY, MetricSpec

ROOMS = (functional, stateful, losses)
MODULES = {"segeval": dir(segeval), **{room.__name__: room.__all__ for room in ROOMS}}
DOORS = {f"{room.__name__}.{name}": getattr(room, name) for room in ROOMS for name in room.__all__}
OBJECTS = [getattr(stateful, name) for name in stateful.__all__]
LOSS_MODULES = [getattr(losses, name) for name in losses.__all__ if name[0].isupper()]
PRIVATE = re.compile(r"\b_[A-Za-z]\w+|segeval\.generate|<lambda>|<locals>")
EVERY_DOOR = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
EVERY_CLASS = pytest.mark.parametrize("spec", REGISTRY.values(), ids=REGISTRY)
GIVEN: dict[str, Any] = {
    name: value for spec in REGISTRY.values() for name, value in examples(spec).items()
}
GIVEN |= {"metrics": ["dice"], "window_size": 3, "max_val": 1.0, "loss": losses.dice_ce_loss}
"""Values for what has no default: of the parameters of metrics, and of what else objects take."""


def refused(call: Callable[..., Any], *args: Any, **named: Any) -> str:
    """The text of the error that a call raises, which holds no private name."""
    with pytest.raises(UsageError) as raised:
        call(*args, **named)
    text = str(raised.value)
    assert not PRIVATE.search(text), text
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__  # what Python said of our insides is not shown
    return text


def keywords(door: Any) -> list[str]:
    parameters = inspect.signature(door).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY or p.default is not p.empty]


def required(door: Any) -> list[str]:
    parameters = inspect.signature(door).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]


@pytest.mark.parametrize("path", DOORS)
def test_names_are_those_that_users_import(path: str) -> None:
    name, door = path.rpartition(".")[2], DOORS[path]
    assert (door.__name__, door.__qualname__) == (name, name)
    assert getattr(sys.modules[door.__module__], name) is door
    assert not PRIVATE.search(door.__module__)


@EVERY_DOOR
def test_help_and_signature_show_no_private_names(door: Any) -> None:
    ours, *_ = re.split(r"\n.* inherited from torch", pydoc.plain(pydoc.render_doc(door)))
    for text in (ours, str(inspect.signature(door)), repr(door).partition(" at ")[0]):
        assert not (found := PRIVATE.search(text)), found


@EVERY_DOOR
def test_a_misspelt_keyword_is_answered_with_the_right_one(door: Any) -> None:
    for keyword in keywords(door):
        text = refused(door, **{f"{keyword}x": None})
        told = f"{door.__name__} has no argument '{keyword}x'; did you mean '{keyword}'? It takes "
        assert text.startswith(told), text
        assert keyword in text.removeprefix(told).split(", ")


@EVERY_DOOR
def test_what_is_missing_is_named(door: Any) -> None:
    needed = required(door)
    if needed:
        form = ", ".join(f"{name}=…" for name in needed)
        wanted = f" needs a value for {' and '.join(needed)}; write {door.__name__}({form})"
        assert refused(door) == door.__name__ + wanted


@EVERY_DOOR
def test_what_came_twice_or_beyond_the_last_place_is_named(door: Any) -> None:
    parameters = inspect.signature(door).parameters.values()
    places = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    text = refused(door, *places, object())
    takes = f"{' and '.join(places)} alone" if places else "nothing"
    assert text.startswith(f"{door.__name__} takes {takes} by position, and a object came")
    if places:
        twice = f"{door.__name__} got {places[0]} by position and by name; give it once"
        assert refused(door, 1, **{places[0]: 1}) == twice


@EVERY_CLASS
def test_numbers_of_classes_and_defaults_are_given_by_name(spec: MetricSpec) -> None:
    made = getattr(stateful, spec.class_name)
    places = [p.name for p in spec.parameters if p.default is None]
    before = "".join(f"{GIVEN[name]}, " for name in places)
    forms = [f"{made.__name__}({before}num_classes=3)"]
    forms += [f"{made.__name__}({before}{p.name}=3)" for p in spec.parameters if p.default == 100]
    text = refused(made, *(GIVEN[name] for name in places), 3)
    came = "and 3 came after that" if places else "and 3 came"
    assert text.endswith(f" by position, {came}; write {' or '.join(forms)}")
    made(*(GIVEN[name] for name in places), num_classes=3)  # by position what has no default


@pytest.mark.parametrize("made", OBJECTS, ids=lambda made: made.__name__)
def test_methods_of_objects_name_their_class(made: Any) -> None:
    thing, name = made(**{name: GIVEN[name] for name in required(made)}), made.__name__
    assert not PRIVATE.search(repr(thing))
    for call in (thing.update, thing):
        wanted = " has no argument 'preds'; did you mean 'pred'? It takes pred, gt, spacing"
        assert refused(call, preds=1, target=2) == f"{name}.update{wanted}"
        wanted = f"{name}.update needs a value for gt; write {name}.update(pred, gt=…)"
        assert refused(call, 1) == wanted
    for method in (thing.compute, thing.reset, thing.by_region):
        wanted = f"{name}.{method.__name__} takes nothing by position, and 1 came"
        assert refused(method, 1) == wanted
    with pytest.raises(AttributeError, match=f"^'{name}' object has no attribute 'comput'"):
        thing.comput  # noqa: B018  # asking is the test


@pytest.mark.parametrize("made", LOSS_MODULES, ids=lambda made: made.__name__)
def test_calls_of_losses_name_their_class(made: Any) -> None:
    loss = made(**{name: GIVEN[name] for name in required(made)})
    assert not PRIVATE.search(repr(loss))
    text = refused(loss)
    assert text.startswith(f"{made.__name__}.forward needs a value for "), text
    first, *others = re.findall(r"(\w+)=…", text)
    wanted = f".forward has no argument '{first}x'; did you mean '{first}'? It takes {first}"
    assert refused(loss, **{f"{first}x": 1}).startswith(made.__name__ + wanted)
    takes = f"{made.__name__}.forward takes {' and '.join([first, *others])} alone"
    assert refused(loss, first, *others, object()).startswith(takes)


@pytest.mark.parametrize("module", MODULES)
def test_a_misspelt_name_is_answered_with_the_right_one(module: str) -> None:
    for name in MODULES[module]:
        if len(name) > 4 and not name.startswith("_"):
            with pytest.raises(AttributeError) as raised:
                getattr(sys.modules[module], f"{name[:-1]}q")
            pattern = f"module '{module}' has no attribute '{name[:-1]}q'; did you mean '(.+)'\\?"
            match = re.fullmatch(pattern, str(raised.value))
            assert match, raised.value
            assert match[1] in MODULES[module]


@pytest.mark.parametrize(
    ("module", "name", "nearest"),
    [
        ("segeval", "Dise", "Dice"), ("segeval", "scor", "score"), ("segeval", "dice", "Dice"),
        ("segeval.functional", "dise", "dice"), ("segeval.functional", "Dice", "dice"),
        ("segeval.stateful", "SegmentationMetric", "SegmentationMetrics"),
        ("segeval.losses", "DiseLoss", "DiceLoss"), ("segeval.losses", "dicelos", "DiceLoss"),
    ],
)  # fmt: skip
def test_slips(module: str, name: str, nearest: str) -> None:
    text = f"^module '{module}' has no attribute '{name}'; did you mean '{nearest}'\\?$"
    with pytest.raises(AttributeError, match=text):
        getattr(sys.modules[module], name)


def test_private_names_and_submodules_have_no_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(vars(segeval), "plots", raising=False)
    for name in ("_Dice", "__path_", "plots"):
        with pytest.raises(AttributeError, match=f"^module 'segeval' has no attribute '{name}'$"):
            getattr(segeval, name)
