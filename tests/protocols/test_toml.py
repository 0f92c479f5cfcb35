"""Tests that what is written as TOML is read back as it was."""

from __future__ import annotations

import pytest

from segeval.errors import UsageError
from segeval.io.documents import tomllib
from segeval.protocols import Convention, convention, names
from segeval.protocols.choose import make_protocol
from segeval.protocols.writing import toml_of


@pytest.mark.parametrize("name", names())
def test_a_convention_comes_back(name, tmp_path):
    path = tmp_path / f"{name}.toml"
    path.write_text(convention(name).to_toml())
    assert repr(convention(path)) == repr(convention(name))  # as a text, in which nan is nan


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"protocol": "kits23"},
        {"protocol": "deepmind", "metrics": "dice,nsd@1,hd90"},
        {"protocol": "medpy", "boundary": "voxel:connectivity=2", "include_background": True},
        {"regions": {"left kidney": 1, 'a "quoted" name\n': [2, 3]}, "ignore_label": 9},
        {"binary": True, "spacing": (2.5, 0.1), "geometry_tolerance": 1e-5, "missing": "empty"},
        {"colors": {(255, 128, 0): 1, (0, 0, 0): 0}},
    ],
)
def test_a_protocol_comes_back(options, tmp_path):
    protocol = make_protocol(**options)
    path = tmp_path / f"{protocol.name}.toml"
    path.write_text(Convention.of(protocol).to_toml())
    assert make_protocol(protocol=path).to_dict() == protocol.to_dict()


@pytest.mark.parametrize(
    "content",
    [
        {"text": 'a "b" \\ \n \t \x7f \x01 é 🙂'},
        {"flag": True, "number": 3, "share": 1e-30, "large": 1e22, "ends": [float("inf"), -0.0]},
        {"table": {"a key": {"nested.key": [1, 2], "": "empty"}, "x": []}, "first": 1},
    ],
)
def test_every_value_comes_back(content):
    assert tomllib.loads(toml_of(content)) == content


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignore_label = true", "'ignore_label' is a whole number, not True"),
        ("ignore_label = -1", "the label to ignore must be from 0 to .*, not -1"),
        ('binary = "yes"', "'binary' is true or false, not 'yes'"),
        ('spacing = [1, "2"]', r"'spacing' is a list of lengths, not \[1, '2'\]"),
        ("spacing = [1, 0]", r"spacing must be lengths above 0, not \(1.0, 0.0\)"),
        ("geometry_tolerance = -1", "geometry tolerance must be at least 0, not -1"),
        ('missing = "ignore"', "missing is one of error, skip, empty, not 'ignore'"),
        ("[colors]\nred = -1", "but the label of 'red' is -1; labels are whole numbers from 0"),
    ],
)
def test_options_that_no_run_may_have(text, message, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'base = "monai"\n{text}\n')
    with pytest.raises(UsageError, match=f"mine.toml: .*{message}"):
        convention(path)


def test_options_of_a_base_hold_unless_others_are_stated(tmp_path):
    (tmp_path / "base.toml").write_text(
        'ignore_label = 9\nmissing = "skip"\n[metrics]\ndice = {}\n'
    )
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "base.toml"\nmissing = "empty"\n')
    chosen = make_protocol(protocol=mine)
    assert (chosen.ignore_label, chosen.missing) == (9, "empty")
    assert make_protocol(protocol=mine, ignore_label=3, missing="error").ignore_label == 3
    assert make_protocol(protocol=mine, regions={"a": 1, "ignore": 4}).ignore_label == 4
