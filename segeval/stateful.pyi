"""Every metric as an object. Generated from the metrics' cards by docs/make.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from segeval.batches.objects import MetricObject as MetricObject

class SingleMetric(MetricObject):
    """A metric object of one metric: `compute` gives its value."""

    def compute(self) -> Tensor: ...

class SegmentationMetrics(MetricObject):
    """Several metrics of the same masks, measured once for all of them.

    `compute` gives their values by name.
    """

    def __init__(
        self,
        metrics: str | Sequence[str],
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
        **kwargs: Any,
    ) -> None: ...
    def compute(self) -> dict[str, Tensor]: ...

class Dice(SingleMetric):
    """Dice similarity coefficient: Overlap of two masks relative to their mean size."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class IoU(SingleMetric):
    """Intersection over union: Overlap of two masks relative to their union."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Precision(SingleMetric):
    """Precision: Share of the prediction that is right."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Recall(SingleMetric):
    """Recall: Share of the ground truth that was found."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Specificity(SingleMetric):
    """Specificity: Share of what is not ground truth that was left out. Grows with the size of the image around the object."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class NPV(SingleMetric):
    """Negative predictive value: Share of what was left out that is not ground truth. Grows with the size of the image around the object."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FPR(SingleMetric):
    """False positive rate: Share of what is not ground truth that was predicted: 1 − specificity."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FNR(SingleMetric):
    """False negative rate: Share of the ground truth that was missed: 1 − recall."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FDR(SingleMetric):
    """False discovery rate: Share of the prediction that is wrong: 1 − precision."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FalseOmissionRate(SingleMetric):
    """False omission rate: Share of what was left out that is ground truth: 1 − negative predictive value."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FBeta(SingleMetric):
    """F-beta score: Weighted harmonic mean of precision and recall, in which recall weighs `beta` times as much. At 1 it is Dice."""

    def __init__(
        self,
        beta: float,
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
        **kwargs: Any,
    ) -> None: ...

class Tversky(SingleMetric):
    """Tversky index: Overlap in which false positives weigh `alpha` and false negatives `beta`. ½, ½ is Dice and 1, 1 is IoU."""

    def __init__(
        self,
        alpha: float,
        beta: float,
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
        **kwargs: Any,
    ) -> None: ...

class Accuracy(SingleMetric):
    """Accuracy: Share of all voxels on which both masks agree. Grows with the size of the image around the object."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class BalancedAccuracy(SingleMetric):
    """Balanced accuracy: Mean of recall and specificity."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class MCC(SingleMetric):
    """Matthews correlation coefficient: Correlation of the two masks as binary variables. Undefined where a mask is empty or fills the image."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Kappa(SingleMetric):
    """Cohen's kappa: Agreement of the two masks beyond what their sizes alone would give."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Informedness(SingleMetric):
    """Informedness: Recall + specificity − 1, Youden's index."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Markedness(SingleMetric):
    """Markedness: Precision + negative predictive value − 1."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class LRPlus(SingleMetric):
    """Positive likelihood ratio: How many times likelier a voxel of the ground truth is predicted than one outside it."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FowlkesMallows(SingleMetric):
    """Fowlkes-Mallows index: Geometric mean of precision and recall."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class VolumeSimilarity(SingleMetric):
    """Volume similarity: One minus the difference of the sizes over their sum. Says nothing of overlap."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class VolumeError(SingleMetric):
    """Volume error: Size of the prediction minus that of the ground truth. Above 0 when too much was predicted."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class RelativeVolumeError(SingleMetric):
    """Relative volume error: Volume error relative to the ground truth. Signed, and infinite where the ground truth is empty."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class AbsoluteRelativeVolumeError(SingleMetric):
    """Absolute relative volume error: Size of the relative volume error."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class RAVD(SingleMetric):
    """Relative absolute volume difference: Size of the volume error in per cent of the ground truth, as CHAOS reports it. MedPy's function of this name gives the signed `relative_volume_error`."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class SymmetricVolumeError(SingleMetric):
    """Symmetric volume error: Volume error relative to the mean of the two sizes; signed. What ITK calls volume similarity."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class AbsoluteVolumeError(SingleMetric):
    """Absolute volume error: Size of the volume error."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class GeneralizedDice(SingleMetric):
    """Generalized Dice score: Dice of all regions of a case together. Each is weighted by 1/V_g² (`square`), 1/V_g (`simple`) or 1 (`uniform`). A region that is absent from the ground truth takes the largest weight of its own case."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class VolumeP(SingleMetric):
    """Predicted volume: Size of the prediction."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class VolumeG(SingleMetric):
    """True volume: Size of the ground truth."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class TP(SingleMetric):
    """True positives: Voxels in both masks."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FP(SingleMetric):
    """False positives: Voxels in the prediction alone."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class FN(SingleMetric):
    """False negatives: Voxels in the ground truth alone."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class TN(SingleMetric):
    """True negatives: Voxels in neither mask."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Rand(SingleMetric):
    """Rand index: Share of voxel pairs that both masks put together or both keep apart."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class AdjustedRand(SingleMetric):
    """Adjusted Rand index: Rand index beyond what chance would give: 0 for independent partitions. Undefined if both masks are constant."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class MutualInformation(SingleMetric):
    """Mutual information: What one mask tells of the other. At most the smaller of their entropies, so the best value differs by case."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class VariationOfInformation(SingleMetric):
    """Variation of information: What is left unknown of each mask when the other is known."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class GlobalConsistencyError(SingleMetric):
    """Global consistency error: How far one partition is from refining the other, in the direction that suits better."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class MulticlassMCC(SingleMetric):
    """Multi-class Matthews correlation coefficient: Correlation of the two label maps as categorical variables. Undefined when a mask is constant."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class MulticlassKappa(SingleMetric):
    """Multi-class kappa: Share of voxels with the same label, beyond what the sizes of the labels alone would give."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class WeightedKappa(SingleMetric):
    """Weighted kappa: Kappa for ordered labels: a confusion costs the (squared) difference of the two labels."""

    def __init__(
        self,
        *,
        weight: Literal["linear", "quadratic"] = "linear",
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class PixelAccuracy(SingleMetric):
    """Pixel accuracy: Share of voxels with the right label."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class MeanIoU(SingleMetric):
    """Mean intersection over union: Mean over the labels that occur in either mask of their intersection over union. Background is among them."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class FrequencyWeightedIoU(SingleMetric):
    """Frequency-weighted intersection over union: Mean of the labels' intersection over union, weighted by their share of the ground truth."""

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        per_case: bool = False,
        pooled: bool | Literal["voxels"] = False,
        ignore_index: int | None = None,
        input_format: Literal["auto", "labels", "one-hot", "logits", "probabilities"] = "auto",
        threshold: float = 0.5,
        protocol: str | Path = "segeval",
        **kwargs: Any,
    ) -> None: ...

class HausdorffDistance(SingleMetric):
    """Hausdorff distance: Larger of the two directed percentiles of the boundary distances. At 100 the largest distance of all."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class HDPooled(SingleMetric):
    """Pooled Hausdorff distance: Percentile of the distances of both directions taken together, as MedPy computes HD95."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class HDPg(SingleMetric):
    """Directed Hausdorff distance, prediction to ground truth: How far the prediction's boundary strays from the true one."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class HDGp(SingleMetric):
    """Directed Hausdorff distance, ground truth to prediction: How far the true boundary is from the prediction's."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class HDMean(SingleMetric):
    """Mean of the directed Hausdorff distances: Mean of the two directed percentiles, as DisTorch computes HD95."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class ASSD(SingleMetric):
    """Average symmetric surface distance: Mean of the distances of both directions taken together. The longer boundary therefore weighs more."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class MASD(SingleMetric):
    """Mean average surface distance: Mean of the two directed means, so that both boundaries weigh the same."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class ASDPg(SingleMetric):
    """Average surface distance, prediction to ground truth: Mean distance of the prediction's boundary from the true one."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class ASDGp(SingleMetric):
    """Average surface distance, ground truth to prediction: Mean distance of the true boundary from the prediction's."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class MedianSD(SingleMetric):
    """Median surface distance: Median of the distances of both directions taken together; means are `assd` and `masd`."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class StdSD(SingleMetric):
    """Standard deviation of the surface distance: Spread of the distances of both directions taken together."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class RMSD(SingleMetric):
    """Root mean square surface distance: Root mean square of the distances of both directions taken together."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class SurfaceDice(SingleMetric):
    """Normalized surface distance: Share of both boundaries that lies within the tolerance of the other one."""

    def __init__(
        self,
        tolerance: float,
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
        **kwargs: Any,
    ) -> None: ...

class OverlapPg(SingleMetric):
    """Surface overlap, prediction: Share of the prediction's boundary that lies within the tolerance of the true one."""

    def __init__(
        self,
        tolerance: float,
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
        **kwargs: Any,
    ) -> None: ...

class OverlapGp(SingleMetric):
    """Surface overlap, ground truth: Share of the true boundary that lies within the tolerance of the prediction's."""

    def __init__(
        self,
        tolerance: float,
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
        **kwargs: Any,
    ) -> None: ...

class OverlapMean(SingleMetric):
    """Mean surface overlap: Mean of the two surface overlaps, so that both boundaries weigh the same. panoptica computes NSD so."""

    def __init__(
        self,
        tolerance: float,
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
        **kwargs: Any,
    ) -> None: ...

class NSDAUC(SingleMetric):
    """Area under the NSD curve: Mean NSD over all tolerances from 0 to the limit, exactly."""

    def __init__(
        self,
        limit: float,
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
        **kwargs: Any,
    ) -> None: ...

class BoundaryIoU(SingleMetric):
    """Boundary IoU: IoU of the two inner bands. A band holds the voxels of a mask that are nearer than `width` to its own boundary voxels."""

    def __init__(
        self,
        width: float,
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
        **kwargs: Any,
    ) -> None: ...

class CentroidDistance(SingleMetric):
    """Centroid distance: Distance between the centres of mass."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class Mahalanobis(SingleMetric):
    """Mahalanobis distance: Distance between the centres of mass in units of the masks' common spread S. Undefined for flat masks."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class HDVolume(SingleMetric):
    """Volumetric Hausdorff distance: Largest distance of any voxel of one mask from the other mask, both taken as solid."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...

class AverageHDVolume(SingleMetric):
    """Volumetric average Hausdorff distance: Mean of the two mean distances from the voxels of one mask to the other mask. Both are taken as solid."""

    def __init__(
        self,
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
        **kwargs: Any,
    ) -> None: ...
