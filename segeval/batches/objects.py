"""Metric objects for training and validation loops: `update` measures and adds, `compute` scores."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar, get_args

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric as TorchMetric
from torchmetrics.utilities.data import dim_zero_cat
from torchmetrics.utilities.distributed import gather_all_tensors

from segeval.errors import UsageError
from segeval.errors.calls import Call, public
from segeval.kernels.workspace import Workspace
from segeval.metrics.card import Metric, MetricSpec
from segeval.statistics.many import labels_of
from segeval.statistics.statistic import Columns

from .dispatch import fetched, measured
from .form import Kind
from .reading import ODD, check_values, result, spacings
from .signatures import Options, class_signature, docstring, keywords_for, several_signature

KINDS: tuple[Kind, ...] = get_args(Kind)
TORCHMETRICS = {
    "compute_on_cpu", "dist_sync_on_step", "process_group", "dist_sync_fn", "distributed_available_fn",
    "sync_on_compute", "compute_with_cache",
}  # fmt: skip
"""The options of every `torchmetrics.Metric`."""


class MetricObject(TorchMetric):
    """What all metric objects do: keep the records of the cases seen, and score them.

    The state are lists of flat arrays, one entry an update, and `settings`: what the masks were and
    the digest of the options that they were measured with, so that a collection never shares the
    state of metrics that measure otherwise. Its second row is the first one negated: of states that
    were brought together the maximum is kept, and rows that disagree then tell that they do not
    belong together.
    """

    __module__ = "segeval.stateful"

    settings: Tensor
    odd: Tensor
    full_state_update = False
    is_differentiable = False

    def __init__(
        self, metrics: Sequence[Metric], options: Options, spacing: Any, **kwargs: Any
    ) -> None:
        # a value that was kept would outlive merge_state, load_state_dict and set_dtype
        super().__init__(**{"compute_with_cache": False, **kwargs})
        self._metrics = tuple(metrics)
        self._options = options
        self._spacing = spacings(spacing, 1)[0]
        self._columns: Columns = {}
        self._needs = tuple(dict.fromkeys(metric.need for metric in self._metrics))
        for need in self._needs:
            self._columns |= need.columns
        for name in self._columns:
            self.add_state(name, [], dist_reduce_fx="cat")
        self._digest = zlib.crc32(repr((options.reading, self._spacing)).encode()).to_bytes(
            4, "big"
        )
        settings = [[-1, *self._digest], [-len(KINDS), *(-byte for byte in self._digest)]]
        self.add_state("settings", torch.tensor(settings), dist_reduce_fx="max")
        self.add_state("odd", torch.tensor(0), dist_reduce_fx="sum")
        self._kind = ""
        self._in_mm = self._spacing is not None

    @public
    def update(self, pred: Any, gt: Any, *, spacing: Any = None) -> None:
        """Measures a batch, and adds it to those before.

        `spacing`, for this batch, is one for all its cases or one for each; without it, that of the
        object holds.
        """
        own = self._spacing if spacing is None else spacing
        workspace = _workspace(os.getpid(), threading.get_ident(), torch.get_num_threads())
        record, kind = measured(pred, gt, self._options.reading, self._needs, workspace, own)
        if self._kind not in ("", kind):
            raise UsageError(
                f"this batch holds {kind} masks and those before {self._kind}; use an object for "
                f"each"
            )
        self._kind = kind
        self._in_mm |= own is not None
        # anew, not in place: a state that inference mode has reset could not be written to outside of it
        settings, code = self.settings.clone(), KINDS.index(kind)
        settings[0, 0].clamp_(min=code)
        settings[1, 0].clamp_(min=-code)
        self.settings = settings
        self.odd = self.odd + torch.as_tensor(record.pop(ODD, 0), device=self.device).sum()
        for name, array in record.items():
            getattr(self, name).append(torch.as_tensor(array, device=self.device))

    @public
    def compute(self) -> Any:
        """The value over all batches since the last reset; NaN before the first."""
        check_values(int(self.odd))
        kind = _agreed(self.settings.tolist(), self._digest)
        record = fetched({name: self._all(name) for name in self._columns})
        reading, averaging = self._options.reading, self._options.averaging
        return {
            metric.column: torch.as_tensor(
                result(metric, record, kind, reading, averaging),
                dtype=self.dtype,
                device=self.device,
            )
            for metric in self._metrics
        }

    @public
    def regions(self, metric: Metric | None = None) -> list[int]:
        """The labels, or channels, that the values of average="none" belong to: those seen so far,
        of a metric's.
        """
        need = (metric or self._metrics[0]).need
        known = labels_of(fetched({name: self._all(name) for name in need.columns}))
        reading = self._options.reading
        count = max(known, reading.inputs.num_classes or 0, max(reading.names, default=-1) + 1)
        masks = _agreed(self.settings.tolist(), self._digest)
        found: list[int] = self._options.reading.regions(need.statistic, masks, count).tolist()
        return found

    @public
    def by_region(self) -> Any:
        """The values by name and, with average="none", by label: {"dice": {0: …, 1: …}}, as
        `History` logs them.
        """
        values = self.compute()
        return {
            metric.column: self._labelled(values[metric.column], metric) for metric in self._metrics
        }

    def _labelled(self, value: Tensor, metric: Metric) -> Any:
        if not self._regional(metric):
            return value
        return dict(zip(self.regions(metric), value.reshape(-1), strict=True))

    def _regional(self, metric: Metric) -> bool:
        """Whether the value of a metric has an entry for each region."""
        averaging = self._options.averaging
        return (
            averaging.average == "none" and not averaging.per_case and metric.spec.scope == "region"
        )

    def extra_repr(self) -> str:
        """What `repr` shows: the metrics, and the options that are not the defaults."""
        shown = [metric.column for metric in self._metrics]
        shown += [f"{name}={value!r}" for name, value in self._options.given.items()]
        shown += [f"spacing={self._spacing}"] if self._spacing else []
        return ", ".join(shown)

    @public
    def plot(self, val: Any = None, ax: Any = None) -> tuple[Any, Any]:
        """The figure and the axes, one for each metric, of values that `compute` gave; a list of
        them becomes curves.

        `val` None stands for the values of now. `ax`, if given, are as many axes.
        """
        values = self.compute() if val is None else val
        columns = [metric.column for metric in self._metrics]
        if isinstance(values, (list, tuple)):
            return self._plotted([[step[column] for step in values] for column in columns], ax)
        return self._plotted([values[column] for column in columns], ax)

    def _plotted(self, values: Sequence[Any], axes: Any) -> tuple[Any, Any]:
        from segeval.plots.values import plot_several

        names = [
            [str(label) for label in self.regions(metric)] if self._regional(metric) else None
            for metric in self._metrics
        ]
        unit = "mm" if self._in_mm else "px"
        return plot_several(
            list(zip(values, self._metrics, names, strict=True)), axes=axes, unit=unit
        )

    @public
    def reset(self) -> None:
        """Forgets all batches."""
        for name in self._columns:
            setattr(
                self, name, []
            )  # not emptied in place: wrappers keep the lists of earlier windows
        self._kind = ""
        super().reset()

    @public
    def set_dtype(self, dst_type: str | torch.dtype) -> MetricObject:
        """Sets the dtype of results; what is kept stays exact, in int64 and float64."""
        self._dtype = (
            getattr(torch, dst_type.rpartition(".")[2]) if isinstance(dst_type, str) else dst_type
        )
        return self

    def _apply(
        self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ""
    ) -> torch.nn.Module:
        def moved(tensor: Tensor) -> Tensor:
            new = fn(tensor)  # `module.to(torch.float16)` means the weights of the module
            return new if new.dtype == tensor.dtype else tensor.to(new.device)

        dtype = self._dtype
        this = super()._apply(moved, exclude_state)
        self._dtype = dtype  # a move to another device is no reason to forget it
        return this

    def _all(self, name: str) -> Tensor:
        """The array of all updates; after a synchronisation there is only one."""
        kept = getattr(self, name)
        if isinstance(kept, list) and not kept:
            dtype, width = self._columns[name]
            return torch.zeros(
                (0, width) if width else (0,), dtype=getattr(torch, dtype), device=self.device
            )
        joined: Tensor = dim_zero_cat(kept)
        return joined

    def _sync_dist(
        self, dist_sync_fn: Callable[..., Any] = gather_all_tensors, process_group: Any = None
    ) -> None:
        for name in (
            self._columns
        ):  # a process without a batch takes part with arrays of the right dtype and width
            setattr(self, name, [self._all(name)])
        super()._sync_dist(dist_sync_fn, process_group)


@lru_cache(maxsize=4)
def _workspace(process: int, thread: int, threads: int) -> Workspace:
    """The buffers and threads of a thread, for all objects: a tracker keeps one an epoch, and a
    fork has no threads.
    """
    return Workspace(threads)


def _agreed(settings: list[list[int]], own: Sequence[int]) -> Kind:
    """The kind of masks that the whole state is of. Raises `UsageError` for states that do not
    belong together.
    """
    (kind, *digest), (other, *negated) = settings
    if kind < 0:
        return KINDS[0]  # nothing was measured
    if kind != -other:
        raise UsageError(
            f"the batches since the last reset hold {KINDS[-other]} and {KINDS[kind]} masks; use "
            f"an object for each"
        )
    if digest != [-byte for byte in negated] or digest != list(own):
        raise UsageError(
            "objects with different options (num_classes, ignore_index, threshold, spacing, …) "
            "measured what was "
            "merged or loaded; make all of them with the same"
        )
    return KINDS[kind]


class SingleMetric(MetricObject):
    """A metric object of one metric: `compute` gives its value."""

    __module__ = "segeval.stateful"

    spec: ClassVar[MetricSpec]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        call = Call(type(self).__name__, class_signature(self.spec), args, kwargs, TORCHMETRICS)
        given = call.arguments(lambda value: keywords_for(self.spec, value))
        options = Options.of(given)
        metrics, passed_on = [options.bound(self.spec, given)], given.get("kwargs", {})
        super().__init__(metrics, options, given.get("spacing"), **passed_on)

    @property
    def num_classes(self) -> int | None:
        """How many values `average="none"` gives, if it is known: so `MetricTracker` asks of a
        `ClasswiseWrapper`.
        """
        reading, (need,) = self._options.reading, self._needs
        kind: Kind = "multilabel" if reading.inputs.multilabel else "classes"
        count = reading.inputs.num_classes
        if count is None or self.spec.scope == "case":
            return None
        return len(reading.regions(need.statistic, kind, count))

    @public
    def compute(self) -> Tensor:
        """The value over all batches since the last reset; NaN before the first."""
        values: dict[str, Tensor] = super().compute()
        return next(iter(values.values()))

    @public
    def by_region(self) -> Any:
        """The value, with average="none" by label: {0: …, 1: …}, as `History` logs it."""
        return self._labelled(self.compute(), self._metrics[0])

    @public
    def plot(self, val: Any = None, ax: Any = None) -> tuple[Any, Any]:
        """The figure and its axes of a value, or of a list of values as a curve; without `val` of
        that of now.
        """
        figure, axes = self._plotted(
            [self.compute() if val is None else val], None if ax is None else [ax]
        )
        return figure, axes[0]


class SegmentationMetrics(MetricObject):
    """Several metrics of the same masks, measured once for all of them; `compute` gives their
    values by name.

    `metrics` are written forms such as "dice", "hd95" or "nsd@2"; the options are those of the
    single metrics.

    >>> import torch
    >>> from segeval.stateful import SegmentationMetrics
    >>> metrics = SegmentationMetrics(["dice", "hd95"], num_classes=2)
    >>> mask = torch.zeros(1, 8, 8, dtype=torch.int64)
    >>> mask[0, 2:6, 2:6] = 1
    >>> metrics.update(mask.roll(1, 1), mask)
    >>> metrics.compute()
    {'dice': tensor(0.8333), 'hd95': tensor(1.)}
    """

    __module__ = "segeval.stateful"

    __signature__ = several_signature()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        call = Call(type(self).__name__, several_signature(), args, kwargs, TORCHMETRICS)
        given = call.arguments(lambda value: keywords_for(None, value))
        metrics = given["metrics"]
        forms = [metrics] if isinstance(metrics, str) else list(metrics)
        if not all(isinstance(form, str) for form in forms):
            raise UsageError(
                f"metrics are written forms such as ['dice', 'nsd@2'], not {metrics!r}"
            )
        options = Options.of(given)
        bound, passed_on = options.convention.metrics(forms), given.get("kwargs", {})
        super().__init__(bound, options, given.get("spacing"), **passed_on)


def class_of(spec: MetricSpec) -> type[SingleMetric]:
    """The class of `segeval.stateful` that computes the metric."""
    low, high = (end if np.isfinite(end) else None for end in spec.range)
    facts = {
        "__doc__": docstring(spec, ""),
        "__module__": "segeval.stateful",
        "__signature__": class_signature(spec),
        "spec": spec,
        "higher_is_better": spec.higher_is_better,
        "plot_lower_bound": low,
        "plot_upper_bound": high,
    }
    return type(spec.class_name, (SingleMetric,), facts)
