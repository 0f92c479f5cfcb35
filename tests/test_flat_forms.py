"""The flat form of statistics gives back what went in.

Metric objects, files and other processes keep the statistics of many cases in it.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.scenes import NEEDS, SPACINGS, measured, pairs, same
from hypothesis import assume, given
from hypothesis import strategies as st

from segeval.data.regions import Region
from segeval.statistics.distances import Distances, HistogramStatistic
from segeval.statistics.many import joined, labels_of
from segeval.statistics.moments import Moments
from segeval.statistics.statistic import RegionStatistic

LABELS = 3
EVERY_NEED = pytest.mark.parametrize("need", NEEDS, ids=[need.name for need in NEEDS])
OF_SAMPLES = [need for need in NEEDS if need.statistic.axes is None]
"""Single samples have no axes, so these alone can be measured of them."""


@st.composite
def cases(draw, need, ndim=(2, 3)):
    """Some measured cases of as many axes, with a spacing of its own each."""
    axes = [draw(st.sampled_from(ndim))]
    members = []
    for pred, gt in draw(
        st.lists(pairs(labels=LABELS, ndim=axes, longest=5), min_size=1, max_size=4)
    ):
        spacing = [draw(st.sampled_from(SPACINGS)) for _ in gt.shape]
        members.append(
            measured(pred, gt, need, spacing=spacing, regions=regions(range(LABELS + 1)))
        )
    return members


def regions(labels):
    return [Region.of(int(label)) for label in labels]


def flat(case, need, **options):
    """The flat form of the labels of a case that occur, and of label 0."""
    labels = np.union1d(case.contingency.labels, [0])
    return case.of_regions(need, regions(labels)).flat(need, labels, **options)


def plain(statistic):
    """The statistic with the types of its numbers as the flat form has them."""
    if isinstance(statistic, HistogramStatistic):
        sets = {name: getattr(statistic, name) for name in statistic.sets()}
        return type(statistic)(
            **{
                name: Distances(d.start, d.value, d.size.astype(np.float64))
                for name, d in sets.items()
            }
        )
    return statistic


@EVERY_NEED
@given(data=st.data())
def test_the_cases_of_a_flat_form_are_those_that_it_was_made_of(need, data):
    members = data.draw(cases(need))
    if need.statistic is Moments:  # the number of axes is that of the masks that hold something
        assume(any(case.statistics[need].n_p.any() for case in members))
    arrays = joined([flat(case, need) for case in members])
    stacked = need.statistic.cases(need, arrays, LABELS + 1)
    assert len(stacked) == len(members)
    originals = [case.of_regions(need, regions(range(LABELS + 1))) for case in members]
    for statistic, expected in zip(stacked.each(), originals, strict=True):
        assert same(plain(statistic), plain(expected))


@EVERY_NEED
@given(data=st.data())
def test_the_arrays_are_those_that_are_announced(need, data):
    (case, *_) = data.draw(cases(need))
    arrays = flat(case, need)
    assert list(arrays) == list(need.columns)
    for name, column in need.columns.items():
        assert arrays[name].dtype == column.dtype
        assert arrays[name].ndim == (2 if column.width else 1)
        assert column.width in (0, arrays[name].shape[-1])


@EVERY_NEED
def test_no_cases_have_a_flat_form_too(need):
    nothing = {
        name: np.zeros((0, column.width) if column.width else 0, column.dtype)
        for name, column in need.columns.items()
    }
    assert labels_of(nothing) == 0
    assert len(need.statistic.cases(need, nothing, LABELS + 1)) == 0


@EVERY_NEED
@given(data=st.data())
def test_sums_and_parts_of_cases_are_those_of_their_statistics(need, data):
    members = data.draw(cases(need))
    if need.statistic is Moments:
        assume(any(case.statistics[need].n_p.any() for case in members))
    stacked = need.statistic.cases(need, joined([flat(c, need) for c in members]), LABELS + 1)
    originals = [case.of_regions(need, regions(range(LABELS + 1))) for case in members]
    (pooled,) = stacked.pooled().each()
    total = originals[0]
    for statistic in originals[1:]:
        total = total + statistic
    assert_close(pooled, total)
    if issubclass(need.statistic, RegionStatistic):
        chosen = np.array([2, 1])
        for statistic, expected in zip(stacked.only(chosen).each(), originals, strict=True):
            assert same(plain(statistic), plain(expected.select(chosen)))


@pytest.mark.parametrize("need", OF_SAMPLES, ids=lambda need: need.name)
@given(data=st.data())
def test_single_samples_are_one_case_together_wherever_they_stand(need, data):
    members = data.draw(cases(need, ndim=[1]))
    samples = data.draw(cases(need, ndim=[1]))
    forms = [flat(case, need) for case in members]
    forms += [flat(case, need, sample=True) for case in samples]
    arrays = joined(data.draw(st.permutations(forms)))
    *_, together = need.statistic.cases(need, arrays, LABELS + 1).each()
    total = samples[0].of_regions(need, regions(range(LABELS + 1)))
    for case in samples[1:]:
        total = total + case.of_regions(need, regions(range(LABELS + 1)))
    assert_close(together, total)


def assert_close(statistic, expected):
    """The same but for the order in which numbers were added."""
    if isinstance(statistic, HistogramStatistic):
        for name in statistic.sets():
            histogram, reference = getattr(statistic, name), getattr(expected, name)
            assert same(histogram.start, reference.start)
            assert same(histogram.value, reference.value)
            np.testing.assert_allclose(histogram.size, reference.size, rtol=1e-12)
        return
    for name in statistic.__slots__:
        np.testing.assert_allclose(
            getattr(statistic, name), getattr(expected, name), rtol=1e-12, atol=1e-12
        )
