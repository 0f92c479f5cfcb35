"""Every metric as a function. Generated from the metrics' cards by docs/make.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from numpy.typing import NDArray
from torch import Tensor

Array = TypeVar("Array", NDArray[Any], Tensor)

def dice(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Dice similarity coefficient: Overlap of two masks relative to their mean size."""

def iou(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Intersection over union: Overlap of two masks relative to their union."""

def precision(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Precision: Share of the prediction that is right."""

def recall(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Recall: Share of the ground truth that was found."""

def specificity(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Specificity: Share of what is not ground truth that was left out. Grows with the size of the image around the object."""

def npv(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Negative predictive value: Share of what was left out that is not ground truth. Grows with the size of the image around the object."""

def fpr(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False positive rate: Share of what is not ground truth that was predicted: 1 − specificity."""

def fnr(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False negative rate: Share of the ground truth that was missed: 1 − recall."""

def fdr(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False discovery rate: Share of the prediction that is wrong: 1 − precision."""

def false_omission_rate(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False omission rate: Share of what was left out that is ground truth: 1 − negative predictive value."""

def fbeta(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    beta: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """F-beta score: Weighted harmonic mean of precision and recall, in which recall weighs `beta` times as much. At 1 it is Dice."""

def tversky(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    alpha: float,
    beta: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Tversky index: Overlap in which false positives weigh `alpha` and false negatives `beta`. ½, ½ is Dice and 1, 1 is IoU."""

def accuracy(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Accuracy: Share of all voxels on which both masks agree. Grows with the size of the image around the object."""

def balanced_accuracy(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Balanced accuracy: Mean of recall and specificity."""

def mcc(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Matthews correlation coefficient: Correlation of the two masks as binary variables. Undefined where a mask is empty or fills the image."""

def kappa(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Cohen's kappa: Agreement of the two masks beyond what their sizes alone would give."""

def informedness(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Informedness: Recall + specificity − 1, Youden's index."""

def markedness(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Markedness: Precision + negative predictive value − 1."""

def lr_plus(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Positive likelihood ratio: How many times likelier a voxel of the ground truth is predicted than one outside it."""

def fowlkes_mallows(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Fowlkes-Mallows index: Geometric mean of precision and recall."""

def volume_similarity(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Volume similarity: One minus the difference of the sizes over their sum. Says nothing of overlap."""

def volume_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Volume error: Size of the prediction minus that of the ground truth. Above 0 when too much was predicted."""

def relative_volume_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Relative volume error: Volume error relative to the ground truth. Signed, and infinite where the ground truth is empty."""

def absolute_relative_volume_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Absolute relative volume error: Size of the relative volume error."""

def ravd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Relative absolute volume difference: Size of the volume error in per cent of the ground truth, as CHAOS reports it. MedPy's function of this name gives the signed `relative_volume_error`."""

def symmetric_volume_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Symmetric volume error: Volume error relative to the mean of the two sizes; signed. What ITK calls volume similarity."""

def absolute_volume_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Absolute volume error: Size of the volume error."""

def generalized_dice(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    weight: Literal["square", "simple", "uniform"] = "square",
    num_classes: int | None = None,
    include_background: bool | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """Generalized Dice score: Dice of all regions of a case together. Each is weighted by 1/V_g² (`square`), 1/V_g (`simple`) or 1 (`uniform`). A region that is absent from the ground truth takes the largest weight of its own case."""

def volume_p(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Predicted volume: Size of the prediction."""

def volume_g(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """True volume: Size of the ground truth."""

def tp(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """True positives: Voxels in both masks."""

def fp(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False positives: Voxels in the prediction alone."""

def fn(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """False negatives: Voxels in the ground truth alone."""

def tn(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    protocol: str | Path = "segeval",
) -> Array:
    """True negatives: Voxels in neither mask."""

def rand(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Rand index: Share of voxel pairs that both masks put together or both keep apart."""

def adjusted_rand(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Adjusted Rand index: Rand index beyond what chance would give: 0 for independent partitions. Undefined if both masks are constant."""

def mutual_information(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Mutual information: What one mask tells of the other. At most the smaller of their entropies, so the best value differs by case."""

def variation_of_information(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Variation of information: What is left unknown of each mask when the other is known."""

def global_consistency_error(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Global consistency error: How far one partition is from refining the other, in the direction that suits better."""

def multiclass_mcc(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Multi-class Matthews correlation coefficient: Correlation of the two label maps as categorical variables. Undefined when a mask is constant."""

def multiclass_kappa(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Multi-class kappa: Share of voxels with the same label, beyond what the sizes of the labels alone would give."""

def weighted_kappa(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    weight: Literal["linear", "quadratic"] = "linear",
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Weighted kappa: Kappa for ordered labels: a confusion costs the (squared) difference of the two labels."""

def pixel_accuracy(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Pixel accuracy: Share of voxels with the right label."""

def mean_iou(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Mean intersection over union: Mean over the labels that occur in either mask of their intersection over union. Background is among them."""

def frequency_weighted_iou(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    protocol: str | Path = "segeval",
) -> Array:
    """Frequency-weighted intersection over union: Mean of the labels' intersection over union, weighted by their share of the ground truth."""

def hd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    percentile: float = 100,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Hausdorff distance: Larger of the two directed percentiles of the boundary distances. At 100 the largest distance of all."""

def hd_pooled(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    percentile: float = 100,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Pooled Hausdorff distance: Percentile of the distances of both directions taken together, as MedPy computes HD95."""

def hd_pg(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    percentile: float = 100,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Directed Hausdorff distance, prediction to ground truth: How far the prediction's boundary strays from the true one."""

def hd_gp(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    percentile: float = 100,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Directed Hausdorff distance, ground truth to prediction: How far the true boundary is from the prediction's."""

def hd_mean(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    percentile: float = 100,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Mean of the directed Hausdorff distances: Mean of the two directed percentiles, as DisTorch computes HD95."""

def assd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Average symmetric surface distance: Mean of the distances of both directions taken together. The longer boundary therefore weighs more."""

def masd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Mean average surface distance: Mean of the two directed means, so that both boundaries weigh the same."""

def asd_pg(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Average surface distance, prediction to ground truth: Mean distance of the prediction's boundary from the true one."""

def asd_gp(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Average surface distance, ground truth to prediction: Mean distance of the true boundary from the prediction's."""

def median_sd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Median surface distance: Median of the distances of both directions taken together; means are `assd` and `masd`."""

def std_sd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Standard deviation of the surface distance: Spread of the distances of both directions taken together."""

def rmsd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Root mean square surface distance: Root mean square of the distances of both directions taken together."""

def nsd(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    tolerance: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Normalized surface distance: Share of both boundaries that lies within the tolerance of the other one."""

def overlap_pg(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    tolerance: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Surface overlap, prediction: Share of the prediction's boundary that lies within the tolerance of the true one."""

def overlap_gp(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    tolerance: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Surface overlap, ground truth: Share of the true boundary that lies within the tolerance of the prediction's."""

def overlap_mean(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    tolerance: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Mean surface overlap: Mean of the two surface overlaps, so that both boundaries weigh the same. panoptica computes NSD so."""

def nsd_auc(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    limit: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
    boundary: str | None = None,
) -> Array:
    """Area under the NSD curve: Mean NSD over all tolerances from 0 to the limit, exactly."""

def boundary_iou(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    width: float,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Boundary IoU: IoU of the two inner bands. A band holds the voxels of a mask that are nearer than `width` to its own boundary voxels."""

def centroid_distance(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Centroid distance: Distance between the centres of mass."""

def mahalanobis(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Mahalanobis distance: Distance between the centres of mass in units of the masks' common spread S. Undefined for flat masks."""

def hd_volume(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Volumetric Hausdorff distance: Largest distance of any voxel of one mask from the other mask, both taken as solid."""

def average_hd_volume(
    pred: Array | Sequence[Array],
    gt: Array | Sequence[Array],
    *,
    num_classes: int | None = None,
    include_background: bool | None = None,
    average: Literal["none", "macro", "micro", "weighted"] | None = "macro",
    per_case: bool = False,
    pooled: bool | Literal["voxels"] = False,
    ignore_index: int | None = None,
    input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
    threshold: float = 0.5,
    multilabel: bool = False,
    spacing: Sequence[float] | Sequence[Sequence[float]] | None = None,
    protocol: str | Path = "segeval",
) -> Array:
    """Volumetric average Hausdorff distance: Mean of the two mean distances from the voxels of one mask to the other mask. Both are taken as solid."""
