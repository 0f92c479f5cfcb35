"""Tests of how metrics are written, and of what is said of a form that is none."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from segeval.errors import UsageError
from segeval.metrics import DEFAULT_METRICS, REGISTRY, lookup, parse_metric, parse_metrics
from segeval.metrics.card import Empty
from segeval.metrics.declare import metric, taken_names
from segeval.metrics.parameters import Interval
from segeval.metrics.written import LACKING
from segeval.statistics.counts import Counts
from segeval.statistics.ratios import ratio


@pytest.mark.parametrize(
    ("written", "name", "parameters", "column"),
    [
        ("dice", "dice", {}, "dice"),
        (" Dice ", "dice", {}, "dice"),
        ("f1", "dice", {}, "dice"),
        ("DSC", "dice", {}, "dice"),
        ("fall-out", "fpr", {}, "fpr"),
        ("miss rate", "fnr", {}, "fnr"),
        ("volume-similarity", "volume_similarity", {}, "volume_similarity"),
        ("hd", "hd", {"percentile": 100}, "hd"),
        ("hd95", "hd", {"percentile": 95}, "hd95"),
        ("HD95", "hd", {"percentile": 95}, "hd95"),
        ("hd@95", "hd", {"percentile": 95}, "hd95"),
        ("hd:percentile=95", "hd", {"percentile": 95}, "hd95"),
        ("hd100", "hd", {"percentile": 100}, "hd"),
        ("hd99.5", "hd", {"percentile": 99.5}, "hd99.5"),
        ("hausdorff@95", "hd", {"percentile": 95}, "hd95"),
        ("hd_pooled@95", "hd_pooled", {"percentile": 95}, "hd_pooled@95"),
        ("nsd@2", "nsd", {"tolerance": 2}, "nsd@2"),
        ("nsd@2.0", "nsd", {"tolerance": 2}, "nsd@2"),
        ("surface_dice@0", "nsd", {"tolerance": 0}, "nsd@0"),
        ("fbeta:beta=2", "fbeta", {"beta": 2}, "fbeta@2"),
        (
            "tversky: alpha=0.3, beta=0.7",
            "tversky",
            {"alpha": 0.3, "beta": 0.7},
            "tversky:alpha=0.3,beta=0.7",
        ),
        (
            "tversky:beta=0.7,alpha=0.3",
            "tversky",
            {"alpha": 0.3, "beta": 0.7},
            "tversky:alpha=0.3,beta=0.7",
        ),
        ("weighted_kappa:weight=linear", "weighted_kappa", {"weight": "linear"}, "weighted_kappa"),
        (
            "weighted_kappa@quadratic",
            "weighted_kappa",
            {"weight": "quadratic"},
            "weighted_kappa@quadratic",
        ),
        ("generalized_dice", "generalized_dice", {"weight": "square"}, "generalized_dice"),
    ],
)
def test_a_written_form_stands_for_a_metric_and_has_one_column(written, name, parameters, column):
    found = parse_metric(written)
    assert (found.spec.name, dict(found.parameters), found.column) == (name, parameters, column)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("dcie", "unknown metric 'dcie'; did you mean dice"),
        ("hausdorf95", "unknown metric 'hausdorf95'; did you mean hausdorff"),
        ("xyzzy", "unknown metric 'xyzzy'; `segeval metrics` lists them"),
        ("lesion_fx", "unknown metric 'lesion_fx'; `segeval metrics` lists them"),
        (
            "lesion-F1",
            "unknown metric 'lesion-F1': segeval does not have the F1 score over lesions; `segeval "
            "metrics` lists what it has",
        ),
        ("pq", "unknown metric 'pq': segeval does not have panoptic quality; `segeval metrics` "),
        ("clDice", "unknown metric 'clDice': segeval does not have the Dice of centre lines; "),
        ("", "unknown metric ''"),
        (
            "MSD",
            "unknown metric 'MSD': msd is the median surface distance in some tools and the mean "
            r"in others \(seg-metrics\); write median_sd for the median, "
            "or masd or assd for a mean",
        ),
        (
            "nsd",
            "metric 'nsd' needs a value for tolerance and has no default; write it as "
            "nsd@TOLERANCE, such as nsd@2",
        ),
        (
            "tversky",
            "needs a value for alpha and beta .* write it as tversky:alpha=ALPHA,beta=BETA",
        ),
        ("tversky@0.5", "metric 'tversky' needs a value for beta"),
        (
            "nsd@two",
            "metric 'nsd': tolerance is a number, not 'two'; write nsd@2 or nsd:tolerance=2",
        ),
        ("nsd@-1", "metric 'nsd': tolerance must be at least 0, not -1"),
        ("nsd@nan", "metric 'nsd': tolerance must be at least 0, not nan"),
        ("nsd@inf", "metric 'nsd': tolerance must be at least 0, not inf"),
        ("hd0", "metric 'hd': percentile must be above 0 and at most 100, not 0"),
        ("hd@101", "metric 'hd': percentile must be above 0 and at most 100, not 101"),
        ("fbeta@0", "metric 'fbeta': beta must be above 0, not 0"),
        ("nsd:tol=2", "metric 'nsd' has no parameter 'tol'; its parameters: tolerance"),
        ("nsd:2", "metric 'nsd:2': after ':' come parameter=value pairs, not '2'"),
        ("nsd@", "tolerance is a number, not ''"),
        ("dice@2", "metric 'dice' has no parameters; write dice, not 'dice@2'"),
        ("dice95", "unknown metric 'dice95'; did you mean dice"),
        (
            "weighted_kappa@cubic",
            "metric 'weighted_kappa': weight is one of linear, quadratic, not 'cubic'",
        ),
    ],
)
def test_a_form_that_is_none_gets_a_message_that_says_what_to_write(written, message):
    with pytest.raises(UsageError, match=message):
        parse_metric(written)


@pytest.mark.parametrize(
    ("texts", "columns"),
    [
        (["dice", "hd95"], ["dice", "hd95"]),
        (["dice,hd95"], ["dice", "hd95"]),
        (["dice, hd95 ,"], ["dice", "hd95"]),
        (["dice,f1,DSC", "dice"], ["dice"]),
        (["hd@95", "hd95", "hd"], ["hd95", "hd"]),
        (["tversky:alpha=0.3,beta=0.7,dice"], ["tversky:alpha=0.3,beta=0.7", "dice"]),
        (["nsd@1,nsd@2,fbeta:beta=2"], ["nsd@1", "nsd@2", "fbeta@2"]),
        (["fbeta:beta=2,tversky:alpha=0,beta=1"], ["fbeta@2", "tversky:alpha=0,beta=1"]),
        ([], []),
    ],
)
def test_forms_are_separated_by_commas_and_doubles_count_once(texts, columns):
    assert [m.column for m in parse_metrics(texts)] == columns


def test_the_default_metrics_are_those_of_the_documentation():
    assert DEFAULT_METRICS == (
        "dice",
        "iou",
        "precision",
        "recall",
        "volume_similarity",
        "hd95",
        "assd",
    )
    assert [m.column for m in parse_metrics(DEFAULT_METRICS)] == list(DEFAULT_METRICS)


def test_a_unit_is_that_of_the_masks():
    units = {
        name: parse_metric(name).unit("mm", "ml")
        for name in ("hd95", "volume_p", "tp", "rand", "mutual_information")
    }
    assert units == {
        "hd95": "mm",
        "volume_p": "ml",
        "tp": "voxel",
        "rand": "",
        "mutual_information": "bit",
    }


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        ("dice", True),
        ("hd", False),
        ("nsd", True),
        ("lr_plus", True),
        ("volume_error", None),
        ("volume_p", None),
    ],
)
def test_whether_higher_is_better(name, higher):
    assert lookup(name).higher_is_better is higher


def test_a_formula_becomes_a_metric_by_its_card_alone():
    card = {
        "title": "Jaccard distance",
        "symbol": "JD",
        "range": (0, 1),
        "best": 0,
        "tex": "1-J",
        "cite": "jaccard1912",
    }
    try:

        @metric(**card, empty=Empty(both=0.25), aliases=("overlap_error",))
        def jaccard_distance(c: Counts):
            """One minus the intersection over union."""
            return ratio(c.fp + c.fn, c.tp + c.fp + c.fn)

        zero, one = np.zeros(1), np.ones(1)
        found = parse_metric("overlap-error")
        assert found.column == "jaccard_distance"
        assert found.score(Counts(one, one, 2 * one, zero, 2 * one, 3 * one)) == pytest.approx(
            [3 / 4]
        )
        assert found.score(Counts(zero, zero, zero, one, zero, zero)) == pytest.approx([0.25])
        assert found.score(Counts(zero, one, zero, one, one, zero)) == pytest.approx([1 / 1])
        with pytest.raises(
            ValueError, match="metric 'again': 'overlap_error' names another metric already"
        ):
            metric(**card, name="again", aliases=("overlap_error",))(jaccard_distance)
    finally:
        del REGISTRY["jaccard_distance"]


def test_ratio_is_silent_about_division_by_zero_and_says_so_in_the_value():
    assert ratio(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 2.0])) == pytest.approx(
        [np.nan, inf, 0.5], nan_ok=True
    )


@pytest.mark.parametrize(
    ("interval", "inside", "outside", "text"),
    [
        (Interval(0), [0, 1e9], [-1e-9, inf], "at least 0"),
        (Interval(0, open=True), [1e-9], [0, inf], "above 0"),
        (Interval(0, 100, open=True), [100], [0, 100.1], "above 0 and at most 100"),
    ],
)
def test_an_interval_holds_finite_numbers(interval, inside, outside, text):
    assert all(number in interval for number in inside)
    assert not any(number in interval for number in outside)
    assert str(interval) == text


def test_a_parameter_given_twice_is_an_error():
    with pytest.raises(
        UsageError, match="metric 'nsd:tolerance=1,tolerance=2' gives tolerance twice; give it once"
    ):
        parse_metric("nsd:tolerance=1,tolerance=2")


def test_what_segeval_is_said_to_lack_it_does_not_have():
    assert LACKING.keys().isdisjoint(taken_names())
