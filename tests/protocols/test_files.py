"""Tests that reading a protocol's file tells what is wrong with it, after the name of the file."""

from __future__ import annotations

import re
from dataclasses import replace
from math import inf, isnan
from pathlib import Path

import pytest

from segeval.errors import UsageError
from segeval.metrics import REGISTRY
from segeval.metrics.parameters import ByRegion
from segeval.protocols import convention
from segeval.statistics.boundary import Boundary


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def told(path):
    """Return what is said of a wrong file, after its name."""
    with pytest.raises(UsageError, match=f"^{re.escape(str(path))}: ") as caught:
        convention(path)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[metrics", "wanted a protocol in TOML, but it cannot be read as such"),
        ("dice = 1", "unknown key 'dice'; a protocol states base, title"),
        ('background = "no"', "'background' is true or false, not 'no'"),
        (
            'mean = "macro"',
            "the mean that is taken first is of 'regions' or of 'cases', not 'macro'",
        ),
        ('boundary = "edge"', "unknown boundary rule 'edge'; choose one of voxel"),
        ('notes = ["fine", 1]', r"'notes' is a list of texts, not \['fine', 1\]"),
        ("report = [95]", r"'report' is a list of texts, not \[95\]"),
        ("report = []\n[metrics]\ndice = {}", "it reports no metric; state them"),
        (
            'report = ["hd95"]\n[metrics]\ndice = {}',
            'report names hd95, which it does not define; add "hd95" = {}',
        ),
        ('report = ["hd_95"]\n[metrics]\ndice = {}', "unknown metric 'hd_95'; did you mean"),
    ],
)
def test_of_the_file(text, wanted, tmp_path):
    assert re.match(wanted, told(write(tmp_path / "mine.toml", text)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "liver = -1",
            "region 'liver' is a label or a list of labels, whole numbers from 0; not -1",
        ),
        ("liver = [true]", r"region 'liver' is a label or a list of labels, .* not \[True\]"),
        ("liver = []", r"region 'liver' is a label or a list of labels, .* not \[\]"),
        ("liver = {a = 1}", "region 'liver' is a label or a list of labels"),
        ("all = [1]", "region name 'all' has a meaning of its own in the tables"),
        ("mean = [1]", "region name 'mean' has a meaning of its own"),
        ('"" = [1]', "region name '' has a meaning of its own"),
        ("", r"regions names none; write liver = \[1\] under it"),
    ],
)
def test_of_the_regions(text, wanted, tmp_path):
    assert re.match(
        wanted, told(write(tmp_path / "mine.toml", f"[metrics]\ndice = {{}}\n[regions]\n{text}"))
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dicee = {}", "dicee: unknown metric 'dicee'; did you mean dice"),
        ("dice = {as = 2}", "dice: unknown key 'as'; it states is, boundary, empty"),
        ("hd95 = {as = 2}", "hd95: unknown key 'as'"),
        ("dice = 1", "dice: wanted a table such as .*, not 1"),
        ("nsd = {}", "nsd: metric 'nsd' needs a value for tolerance"),
        ('"dice@2" = {}', "dice@2: metric 'dice' has no parameters"),
        ("hd = {is = 5}", 'hd: is names a metric, such as "hd_pooled@95", not 5'),
        ('hd = {is = "hd_polled"}', "hd: unknown metric 'hd_polled'; did you mean hd_pooled"),
        (
            'hd = {is = "dice"}',
            "hd: is 'dice': dice is a number without unit per region, hd is a length per region",
        ),
        (
            'mean_iou = {is = "iou"}',
            "mean_iou: is 'iou': iou is a number without unit per region, .* per case",
        ),
        ('dice = {is = "nsd"}', "dice: metric 'nsd' needs a value for tolerance"),
        ('"fbeta@beta" = {is = "nsd"}', "fbeta@beta: metric 'nsd' needs a value for tolerance"),
        ("dice = {empty = [1, 0]}", r"dice: empty lists three numbers, .*; not \[1, 0\]"),
        (
            "dice = {empty = [true, 0, 0]}",
            r"dice: empty lists three numbers, .*; not \[True, 0, 0\]",
        ),
        (f"dice = {{empty = [{10**400}, 0, 0]}}", "dice: empty lists three numbers"),
        (
            "mean_iou = {empty = [1, 0, 0]}",
            "mean_iou: mean_iou compares whole partitions, .*; leave empty out",
        ),
        ("rand = {empty = [nan, nan, nan]}", "rand: rand compares whole partitions"),
        (
            'dice = {boundary = "surfel"}',
            "dice: dice is not of distances between boundaries; leave boundary out",
        ),
        (
            'hd = {is = "hd_volume", boundary = "surfel"}',
            "hd: hd_volume is not of distances between boundaries",
        ),
        ("hd = {boundary = 5}", "hd: a boundary is written as a text such as 'surfel', not 5"),
        ("dice = {}\ndsc = {}", "dice and dsc are both dice; state it once"),
        ('hd95 = {}\n"hd@95" = {}', "hd95 and hd@95 are both hd95; state it once"),
        (
            '"nsd@tolerance" = {}\n"surface_dice@tolerance" = {}',
            "nsd@tolerance and .* are both nsd@tolerance",
        ),
    ],
)
def test_of_a_metric(text, wanted, tmp_path):
    assert re.match(
        rf"\[metrics\] {wanted}", told(write(tmp_path / "mine.toml", f"[metrics]\n{text}"))
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("nsd = {tolerance = {}}", "tolerance is a table of values by region, such as .*, not {}"),
        (
            "nsd = {tolerance = 2}",
            "tolerance is a table of values by region, .*, not 2; .* form: nsd@TOLERANCE",
        ),
        ('nsd = {tolerance = {liver = "2"}}', "tolerance of region 'liver' is a number, not '2'"),
        ("nsd = {tolerance = {liver = true}}", "tolerance of region 'liver' is a number, not True"),
        ("nsd = {tolerance = {liver = -1}}", "metric 'nsd': tolerance must be at least 0, not -1"),
        (
            "nsd = {tolerance = {liver = nan}}",
            "metric 'nsd': tolerance must be at least 0, not nan",
        ),
        (
            '"nsd@2" = {tolerance = {liver = 1}}',
            "tolerance by region is for a metric .* by its name alone",
        ),
        (
            "tversky = {alpha = {a = 1}, beta = {a = 1}}",
            "alpha by region is for a metric .* that has one parameter",
        ),
        ("tversky = {beta = {a = 1}}", "beta by region is for a metric .* that has one parameter"),
        (
            'generalized_dice = {weight = {a = "square"}}',
            "weight by region is for a metric per region",
        ),
    ],
)
def test_of_values_by_region(text, wanted, tmp_path):
    assert re.match(
        rf"\[metrics\] \S+: {wanted}", told(write(tmp_path / "mine.toml", f"[metrics]\n{text}"))
    )


def test_a_file_that_begins_with_itself(tmp_path):
    mine = write(tmp_path / "mine.toml", 'base = "mine.toml"')
    assert told(mine).startswith(
        f"base 'mine.toml' leads back to where it came from: {mine} -> {mine}; begin with"
    )


def test_files_that_begin_with_one_another(tmp_path):
    first, second = (
        write(tmp_path / "a.toml", 'base = "b.toml"'),
        write(tmp_path / "b.toml", 'base = "./a.toml"'),
    )
    assert told(first).startswith(f"{second}: base './a.toml' leads back")
    assert f"{first} -> {second} -> {first};" in told(first)


def test_a_base_that_is_none(tmp_path):
    mine = write(tmp_path / "mine.toml", 'base = "monay"')
    assert told(mine).startswith("unknown protocol 'monay'; did you mean monai")
    write(mine, 'base = "other.toml"')
    assert told(mine).startswith(
        f"base 'other.toml' is no file, neither beside this one ({tmp_path / 'other.toml'}) nor"
    )


def test_a_wrong_base_is_named_after_the_file(tmp_path):
    other = write(tmp_path / "other.toml", "dice = 1")
    assert told(write(tmp_path / "mine.toml", 'base = "other.toml"')).startswith(
        f"{other}: unknown key 'dice'"
    )


def test_a_base_lies_beside_the_file_or_in_the_working_folder(tmp_path, monkeypatch):
    mine = write(tmp_path / "study" / "mine.toml", 'base = "other.toml"')
    write(tmp_path / "other.toml", 'source = "working folder"\n[metrics]\ndice = {}')
    monkeypatch.chdir(tmp_path)
    assert convention(mine).source == "working folder"
    write(tmp_path / "study" / "other.toml", 'source = "beside"\n[metrics]\ndice = {}')
    assert convention(mine).source == "beside"


def test_a_key_is_a_form_as_a_report_takes_it(tmp_path):
    form = "tversky:alpha=0.3,beta=0.7"
    protocol = convention(
        write(
            tmp_path / "mine.toml",
            f'report = ["{form}"]\n[metrics]\n"{form}" = {{empty = [1, 0, 0]}}',
        )
    )
    assert [(metric.form, metric.empty.both) for metric in protocol.metrics()] == [(form, 1)]
    assert not protocol.defines("tversky:alpha=0.5,beta=0.5")


def test_a_formula_whose_name_ends_in_a_digit_takes_it_too(tmp_path, monkeypatch):
    type7 = replace(REGISTRY["hd"], name="hd_type7", aliases=())
    monkeypatch.setitem(REGISTRY, "hd_type7", type7)
    path = tmp_path / "p.toml"
    path.write_text(
        'report = ["hd95"]\n[metrics."hd@percentile"]\nis = "hd_type7"\n', encoding="utf-8"
    )
    metric = convention(path).metric("hd95")
    assert metric.formula.spec is type7
    assert dict(metric.formula.parameters) == {"percentile": 95}


def test_a_formula_takes_the_parameter_of_the_name(tmp_path):
    protocol = convention(
        write(
            tmp_path / "mine.toml",
            '[metrics]\nnsd = {is = "overlap_mean", tolerance = {liver = 2}}',
        )
    )
    assert protocol.metric("nsd").definition.metric.parameters == (
        ("tolerance", ByRegion.of({"liver": 2})),
    )


def test_nan_and_inf_may_stand_for_empty_masks(tmp_path):
    empty = (
        convention(write(tmp_path / "mine.toml", "[metrics]\nhd = {empty = [nan, inf, -inf]}"))
        .metric("hd")
        .empty
    )
    assert isnan(empty.both)
    assert (empty.pred, empty.gt) == (inf, -inf)


def test_the_file_of_the_docs_can_be_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
    protocol = convention(
        write(tmp_path / "mine.toml", page.partition("```toml\n")[2].partition("```")[0])
    )
    assert [metric.form for metric in protocol.metrics()] == ["dice", "nsd", "hd95"]
    assert protocol.metric("hd95").definition.metric.form == "hd_pooled@95"


def test_a_setting_of_the_boundary_is_given_once():
    with pytest.raises(
        UsageError,
        match=r"boundary 'voxel:connectivity=1, *connectivity=2' gives connectivity twice",
    ):
        Boundary.parse("voxel:connectivity=1,connectivity=2")


def test_connectivity_is_a_plain_number():
    with pytest.raises(UsageError, match="connectivity of the boundary must be 1, 2 or 3, not '²'"):
        Boundary.parse("voxel:connectivity=²")
