"""Histograms of distances against NumPy on the distances one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.statistics.distances import Distances, SurfaceDistances

VALUES = st.lists(st.sampled_from([0.0, 1 / 3, 0.7, 2**0.5, 2.0, 2.1, 30.1]), max_size=12)
SETS = st.lists(VALUES, max_size=4)
SHARES = st.sampled_from([0.01, 0.25, 1 / 3, 0.5, 0.95, 0.99, 1.0])


def stacked(sets) -> Distances:
    return Distances.stacked([Distances.absent(0), *(Distances.of(values) for values in sets)])


def each(function, sets, empty=np.nan):
    return [function(np.array(values)) if values else empty for values in sets]


@settings(max_examples=100)
@given(SETS, SHARES)
def test_quantiles_are_numpys_to_the_last_bit(sets, q):
    np.testing.assert_array_equal(
        stacked(sets).quantile(q), each(lambda values: np.quantile(values, q), sets)
    )


@given(SETS)
def test_sums_are_those_over_the_elements(sets):
    d = stacked(sets)
    np.testing.assert_array_equal(d.total(), [len(values) for values in sets])
    np.testing.assert_allclose(d.mean(), each(np.mean, sets))
    np.testing.assert_allclose(d.std(), each(np.std, sets), atol=1e-12)
    np.testing.assert_allclose(d.moment(3), each(lambda values: (values**3).sum(), sets, 0))
    np.testing.assert_allclose(d.within(2), each(lambda values: (values <= 2).sum(), sets, 0))
    np.testing.assert_allclose(d.below(2), each(lambda values: (values < 2).sum(), sets, 0))
    np.testing.assert_allclose(
        d.part_of(2), each(lambda values: np.minimum(values / 2, 1).sum(), sets, 0)
    )
    tolerances = np.array([0, 0.7, 2.05, 31])
    np.testing.assert_array_equal(
        d.within_each(tolerances), np.stack([d.within(t) for t in tolerances], 1)
    )


@given(SETS)
def test_values_increase_and_sizes_are_positive_whole_numbers(sets):
    d = stacked(sets)
    assert d.size.dtype == np.int64
    assert (d.size > 0).all()
    for first, last in zip(d.start[:-1], d.start[1:], strict=True):
        assert (np.diff(d.value[first:last]) > 0).all()


@given(st.lists(st.tuples(VALUES, VALUES), max_size=4), SHARES)
def test_adding_is_pooling_the_elements_of_each_region(pairs, q):
    one, other = stacked([a for a, _ in pairs]), stacked([b for _, b in pairs])
    pooled = stacked([a + b for a, b in pairs])
    for total in (one + other, SurfaceDistances(one, other).both):
        np.testing.assert_array_equal(total.start, pooled.start)
        np.testing.assert_array_equal(total.value, pooled.value)
        np.testing.assert_array_equal(total.size, pooled.size)
        np.testing.assert_array_equal(total.quantile(q), pooled.quantile(q))


@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_selecting_reorders_repeats_and_leaves_out(sets, data):
    order = data.draw(st.lists(st.integers(-1, len(sets) - 1), max_size=6))
    chosen, expected = (
        stacked(sets).select(order),
        stacked([sets[k] if k >= 0 else [] for k in order]),
    )
    for name in ("start", "value", "size"):
        np.testing.assert_array_equal(getattr(chosen, name), getattr(expected, name))


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 2.0, 5.0]), st.sampled_from([0.0, 0.25, 1.0, 3.5])),
        max_size=8,
    ),
    SHARES,
)
def test_elements_with_sizes_count_by_size(elements, q):
    d = Distances.of([value for value, _ in elements], sizes=[size for _, size in elements])
    total = sum(size for _, size in elements)
    reached = [v for v, _ in sorted(elements) if sum(s for w, s in elements if w <= v) >= q * total]
    present = [v for v, s in elements if s]
    np.testing.assert_allclose(d.total(), total)
    np.testing.assert_allclose(d.moment(1), sum(v * s for v, s in elements))
    np.testing.assert_array_equal(
        d.quantile(q), [min(v for v in reached if v in present)] if present else [np.nan]
    )


def test_a_share_that_is_reached_but_for_rounding_is_reached():
    assert 0.7 + 0.1 < 0.8
    assert Distances.of([1, 2, 3], sizes=[0.7, 0.1, 0.2]).quantile(0.8) == 2


def test_a_distance_of_the_grid_is_within_a_tolerance_of_its_decimals():
    step = float(np.float32(0.8))  # 0.800000012 is what a file says
    d = Distances.of([step, 2 * step])
    assert d.within(0.8) == 1
    assert d.below(1.6) == 1
    assert d.within(0.79) == 0


def test_infinite_distances_stay_infinite():
    d = Distances.of([1, 3, np.inf])
    assert d.mean() == np.inf
    assert d.std() == np.inf
    assert d.quantile(0.5) == 3
    assert d.quantile(0.51) == d.quantile(0.9) == d.quantile(1) == np.inf
    assert d.within(100) == 2
    assert d.part_of(4) == 1 / 4 + 3 / 4 + 1
    assert Distances.of([np.inf, np.inf]).quantile(0.5) == np.inf
    assert Distances.of([0, np.inf], sizes=[3, 0]).mean() == 0


def test_what_is_absent_is_empty():
    nothing = Distances.absent(2)
    for undefined in (nothing.mean(), nothing.std(), nothing.quantile(1)):
        np.testing.assert_array_equal(undefined, [np.nan, np.nan])
    for zero in (
        nothing.total(),
        nothing.within(1),
        nothing.moment(1),
        (nothing + nothing).total(),
    ):
        np.testing.assert_array_equal(zero, [0, 0])


def test_both_directions_go_together():
    case = SurfaceDistances(stacked([[1.0], [], []]), stacked([[2.0, 3.0], [4.0], []]))
    assert case.empty_p.tolist() == [False, True, True]
    assert case.empty_g.tolist() == [False, False, True]
    twice = SurfaceDistances.stacked([case, SurfaceDistances.absent(1)]).select([1, 0, 3, -1])
    twice += SurfaceDistances.absent(4)
    assert type(twice) is SurfaceDistances
    assert twice.pg.total().tolist() == [0, 1, 0, 0]
    assert twice.gp.total().tolist() == [1, 2, 0, 0]
