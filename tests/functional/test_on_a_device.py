"""On tensors of another device everything is measured there: the same numbers, no volume moved, no
needless waiting.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from helpers.forms import FORMS, GT, PRED, SCORES, SPACING, batch, channels
from helpers.scenes import examples
from helpers.standin import GPU

import segeval.batches.dispatch
import segeval.functional
from segeval import UsageError
from segeval.functional import dice
from segeval.metrics import REGISTRY
from segeval.stateful import Dice, SegmentationMetrics

MOST = 600
"""Elements that may come to the host at once: histograms of distances, far from the 1,512 voxels of
the masks.
"""


@pytest.fixture
def by_torch(monkeypatch):
    """Tensors of the host are measured by torch's kernels too."""
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)


def tensor(masks):
    if isinstance(masks, (list, tuple)):
        return [tensor(mask) for mask in masks]
    if isinstance(masks, torch.Tensor):
        return masks
    return torch.from_numpy(np.ascontiguousarray(masks))


def own(spec):
    function = getattr(segeval.functional, spec.formula.__name__)
    lengths = {"spacing": SPACING} if "spacing" in inspect.signature(function).parameters else {}
    return function, lengths | examples(spec)


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=REGISTRY)
def test_every_metric_is_that_of_the_host(spec, monkeypatch):
    function, options = own(spec)
    wanted = function(PRED, GT, **options, per_case=True)
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
    found = function(tensor(PRED), tensor(GT), **options, per_case=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["dice", "hd"])
def test_every_form_of_masks_is_read_as_on_the_host(form, name, by_torch):
    pred, gt, options = FORMS[form]
    function = getattr(segeval.functional, name)
    wanted = function(PRED, GT, average="none", per_case=True)
    found = function(tensor(pred), tensor(gt), average="none", per_case=True, **options)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", ["dice", "hd", "centroid_distance"])
def test_channels_vectors_and_ignored_voxels_are_read_as_on_the_host(name, monkeypatch):
    function = getattr(segeval.functional, name)
    rng = np.random.default_rng(5)
    gt = rng.integers(0, 2, (2, 3, 6, 7))
    scores = np.clip(gt + rng.normal(0, 0.4, gt.shape), 0, 1)
    ignoring = GT.copy()
    ignoring[:, :2] = -1
    calls = [
        ((scores, gt), {"multilabel": True}),
        ((scores * 2 - 1, gt), {"multilabel": True, "input_format": "logits"}),
        ((scores[:, 0], gt[:, 0]), {}),
        ((scores[:, :1] > 0.4, gt[:, :1] > 0), {"include_background": True}),
        ((PRED, ignoring), {"ignore_index": -1}),
        ((SCORES, ignoring), {"ignore_index": -1, "num_classes": 4}),
        ((PRED, GT), {"ignore_index": 2}),
        ((PRED.astype(np.uint8), GT.astype(np.uint8)), {"ignore_index": 258}),
        (
            (PRED.astype(np.uint8), np.where(GT == 1, 255, GT).astype(np.uint8)),
            {"ignore_index": 255},
        ),
        ((PRED, np.where(np.arange(3)[:, None, None, None] == 1, 9, GT)), {"ignore_index": 9}),
    ]
    if name == "dice":
        calls += [((PRED.ravel(), GT.ravel()), {}), ((np.eye(4)[PRED.ravel()], GT.ravel()), {})]
        calls += [((PRED.ravel(), np.eye(4)[GT.ravel()]), {})]
        calls += [((PRED.ravel(), GT.reshape(-1, 1)), {})]
    for average in ("none", "micro"):
        on_host = [function(*masks, average=average, **options) for masks, options in calls]
        with monkeypatch.context() as patch:
            patch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
            on_device = [
                function(*map(tensor, masks), average=average, **options)
                for masks, options in calls
            ]
        for value, expected in zip(on_device, on_host, strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_threshold_is_compared_in_single_precision_at_least(dtype, monkeypatch):
    scores = torch.full((1, 2, 2), 0.3, dtype=dtype)
    expected = float(
        scores.float()[0, 0, 0] > 0.3
    )  # 0.3 in half precision is a little more than that
    assert dice(scores, torch.ones(1, 2, 2, dtype=torch.int64), threshold=0.3) == expected
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
    assert dice(scores, torch.ones(1, 2, 2, dtype=torch.int64), threshold=0.3) == expected


def test_more_classes_than_a_dense_table_holds(by_torch):
    rng = np.random.default_rng(2)
    pred, gt = rng.integers(0, 5000, (2, 2, 30, 30))
    assert dice(tensor(pred), tensor(gt), average="micro", num_classes=5000) == (pred == gt).mean()


def test_a_case_that_is_ignored_as_a_whole_is_still_a_case(by_torch, monkeypatch):
    gt = GT.copy()
    gt[1] = 9
    for name in ("rand", "dice", "hd"):
        function = getattr(segeval.functional, name)
        found = function(tensor(PRED), tensor(gt), ignore_index=9, per_case=True)
        wanted = function(PRED, gt, ignore_index=9, per_case=True)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert np.isnan(wanted).tolist() == [False, True, False]


WRONG = {
    "label": (lambda: (PRED, GT), {"num_classes": 3}),
    "negative label": (lambda: (PRED - 1, GT), {"num_classes": 4}),
    "fraction": (lambda: (PRED + 0.5, GT), {"input_format": "labels", "num_classes": 5}),
    "logits for probabilities": (lambda: (SCORES[:, :1], GT % 2), {}),
    "NaN": (lambda: (SCORES * np.nan, GT), {}),
    "NaN mask": (lambda: (SCORES[:, :1] * np.nan, GT % 2), {}),
    "labels for a mask": (lambda: (GT[:, None] / 4.0, GT), {}),
    "one-hot in doubt": (lambda: (channels(PRED)[..., 0], channels(GT)[..., 0]), {}),
    "not one-hot": (lambda: (SCORES, GT), {"input_format": "one-hot"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_values_are_an_error_of_the_result(what, by_torch):
    masks, options = WRONG[what]
    with pytest.raises(UsageError, match="held values that are not allowed"):
        dice(*map(tensor, masks()), **options)
    metric = Dice(**options)
    metric.update(*map(tensor, masks()))  # without waiting for the device, so nothing is known yet
    with pytest.raises(UsageError, match="held values that are not allowed"):
        metric.compute()


SETS = {
    "counts": (
        ["dice", "iou", "fbeta@2", "volume_error", "generalized_dice"],
        {"spacing": (1.0, 2.0, 1.5)},
    ),
    "tables": (["rand", "multiclass_mcc"], {}),
    "surfaces": (
        ["hd95", "assd", "nsd@1", "hd_volume", "boundary_iou@2", "mahalanobis"],
        {"spacing": SPACING},
    ),
}


@pytest.mark.parametrize("scores", [False, True], ids=["labels", "scores"])
@pytest.mark.parametrize("chosen", SETS)
def test_an_object_measures_where_its_tensors_are(chosen, scores):
    names, options = SETS[chosen]
    batches = [batch(2, seed=1), batch(1, seed=2)]
    on_host, on_device = (
        SegmentationMetrics(names, num_classes=4, average="none", **options) for _ in range(2)
    )
    with GPU(most=MOST) as gpu:
        on_device.to(gpu.device)
        for pred, gt in batches:
            pred = channels(pred) * 2.0 - 1 if scores else pred
            on_host.update(tensor(pred), tensor(gt))
            masks = tensor(pred).to(gpu.device), tensor(gt).to(gpu.device)
            sent = gpu.sent
            on_device.update(*masks)
            assert gpu.sent == sent or chosen != "counts"
        assert gpu.moved == [] or chosen != "counts"
        assert chosen != "counts" or not gpu.waits
        values = {name: value.cpu() for name, value in on_device.compute().items()}
    for name, expected in on_host.compute().items():
        np.testing.assert_allclose(values[name], expected, rtol=1e-6, err_msg=name)


def test_a_function_answers_on_the_device():
    with GPU(most=MOST) as gpu:
        value = dice(
            *(tensor(mask).to(gpu.device) for mask in (PRED, GT)), average="none", num_classes=4
        )
        assert value.device == gpu.device
        np.testing.assert_array_equal(value.cpu(), dice(PRED, GT, average="none"))
        with pytest.raises(UsageError, match=r"pred is on standin:0 and gt on cpu; move one"):
            dice(tensor(PRED).to(gpu.device), tensor(GT))


WIDE = {
    "uint8, all of its labels": (np.uint8, 256),
    "int8, below more classes than it holds": (np.int8, 200),
    "int16, below as many classes as there may be": (np.int16, 65_536),
}
"""Dtypes of masks and numbers of classes that they do not hold themselves."""


@pytest.mark.parametrize("known", [True, False], ids=["classes known", "classes seen"])
@pytest.mark.parametrize("what", WIDE)
@pytest.mark.parametrize("name", ["dice", "hd"])
def test_the_largest_label_of_a_dtype_is_a_class(what, known, name, monkeypatch):
    dtype, classes = WIDE[what]
    top = np.iinfo(dtype).max
    pred, gt = (np.where(masks == 3, top, masks).astype(dtype) for masks in (PRED, GT))
    options = {"average": "none", "num_classes": classes if known else None}
    function = getattr(segeval.functional, name)
    wanted = function(pred, gt, **options)
    last = top - (name == "hd") if known else -1  # the background is no region of hd
    assert wanted[last] > 0
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
    np.testing.assert_array_equal(function(tensor(pred), tensor(gt), **options), wanted)


def test_every_label_of_a_byte_is_a_region_of_its_own(monkeypatch):
    gt = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    pred = np.roll(gt, 1, axis=2)
    hd = segeval.functional.hd
    options = {"average": "none", "num_classes": 256, "include_background": True}
    wanted = hd(pred, gt, **options)
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
    np.testing.assert_array_equal(hd(tensor(pred), tensor(gt), **options), wanted)


def whites(dtype):
    """Masks of 0 and 255."""
    return [tensor(np.where(masks > 1, 255, 0).astype(dtype)) for masks in (PRED, GT)]


@pytest.mark.parametrize("on_host", [True, False], ids=["host", "device"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32])
def test_255_for_1_is_explained_everywhere(dtype, on_host, monkeypatch):
    monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: on_host)
    pred, gt = whites(dtype)
    ones = (gt > 0).to(gt.dtype)
    for masks in ((pred, gt), (pred, ones), (ones, gt), (ones * 255, ones)):
        with pytest.raises(UsageError, match=r"the masks hold 255 for 1; give booleans"):
            dice(*masks, input_format="labels")
    for masks, options in (
        ((pred, gt), {"num_classes": 256}),
        ((ones, gt), {"ignore_index": 255}),
        ((pred // 85, gt), {}),  # 3 beside 255: labels
        ((gt * 0 + 255, gt * 0 + 255), {}),
    ):
        assert dice(*masks, input_format="labels", **options) >= 0


def test_255_for_1_is_refused_by_the_result_where_the_classes_are_known(by_torch):
    with pytest.raises(UsageError, match=r"labels outside 0 … num_classes - 1"):
        dice(*whites(np.uint8), num_classes=2)


def test_a_label_to_ignore_beyond_a_dtype_is_none_of_its_labels(by_torch):
    gt = tensor(np.where(GT == 1, 255, GT).astype(np.uint8))
    assert dice(gt, gt, ignore_index=-1) == 1  # -1 would be 255 in a byte


def test_an_update_of_256_classes_waits_for_nothing():
    mask = torch.arange(256).to(torch.uint8).view(1, 16, 16)
    metric = Dice(num_classes=256, average="micro")
    with GPU(most=4000) as gpu:
        metric.to(gpu.device)
        masks = mask.to(gpu.device), mask.to(gpu.device)
        sent = gpu.sent
        metric.update(*masks)
        assert gpu.sent == sent
        assert gpu.moved == []
        assert not gpu.waits
        assert metric.compute().cpu() == 1
