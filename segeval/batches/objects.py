"""Metric objects for training and validation: `update` measures and adds, `compute` scores."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

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
from segeval.statistics.statistic import Column, Columns

from .dispatch import measured
from .form import Kind
from .options import Options
from .reading import result, spacings
from .records import ODD, VOLUMES, check_values, fetched
from .settings import agreed_kind, digest_of, unmeasured, with_kind
from .signatures import class_signature, docstring, keywords_for, several_signature

TORCHMETRICS = {
    "compute_on_cpu",
    "dist_sync_on_step",
    "process_group",
    "dist_sync_fn",
    "distributed_available_fn",
    "sync_on_compute",
    "compute_with_cache",
}
"""The options of every `torchmetrics.Metric`."""


class MetricObject(TorchMetric):
    """The base of all metric objects, which keeps the records of the cases seen, and scores them.

    The state are lists of flat arrays, one entry an update, and two tensors more. `settings` holds
    what the masks were and the digest of the options that they were measured with, so that a
    collection never shares the state of metrics that measure otherwise; the module `settings` says
    why its second row is the first one negated. `odd` counts values that were not allowed.
    """

    __module__ = "segeval.stateful"

    settings: Tensor
    odd: Tensor
    full_state_update = False
    is_differentiable = False

    def __init__(
        self, metrics: Sequence[Metric], options: Options, spacing: Any, **kwargs: Any
    ) -> None:
        # A value that was kept would outlive merge_state, load_state_dict and set_dtype.
        super().__init__(**{"compute_with_cache": False, **kwargs})
        self._metrics = tuple(metrics)
        self._options = options
        self._spacing = spacings(spacing, 1)[0]
        self._columns: Columns = {VOLUMES: Column("float64", 0)}
        # Metrics with the same need share its record: it is measured once a batch.
        self._needs = tuple(dict.fromkeys(metric.need for metric in self._metrics))
        for need in self._needs:
            self._columns |= need.columns
        for name in self._columns:
            # "cat": processes join their cases, whose numbers may differ.
            self.add_state(name, [], dist_reduce_fx="cat")
        self._digest = digest_of(options.reading, self._spacing)
        self.add_state("settings", unmeasured(self._digest), dist_reduce_fx="max")
        self.add_state("odd", torch.tensor(0), dist_reduce_fx="sum")
        self._kind = ""
        self._in_mm = self._spacing is not None

    @public
    def update(self, pred: Any, gt: Any, *, spacing: Any = None) -> None:
        """Measure a batch, and add it to those before.

        `spacing`, for this batch, is one for all its cases or one for each; without it, that of the
        object holds.
        """
        lengths = self._spacing if spacing is None else spacing
        record, kind = measured(
            pred,
            gt,
            self._options.reading,
            needs=self._needs,
            workspace=_workspace(os.getpid(), threading.get_ident(), torch.get_num_threads()),
            spacing=lengths,
        )
        # Known to this process without waiting for a device; `settings` tell of all processes.
        if self._kind not in ("", kind):
            raise UsageError(
                f"this batch holds {kind} masks and those before {self._kind}; use an object for "
                f"each"
            )
        self._kind = kind
        self._in_mm |= lengths is not None
        self.settings = with_kind(self.settings, kind)
        self.odd = self.odd + torch.as_tensor(record.pop(ODD, 0), device=self.device).sum()
        for name, array in record.items():
            getattr(self, name).append(torch.as_tensor(array, device=self.device))

    @public
    def compute(self) -> Any:
        """Return the value over all batches since the last reset; NaN before the first."""
        # This waits for the device: odd values are told of once, here, and not in every batch.
        check_values(int(self.odd))
        kind = self._agreed_kind()
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
        """Return the labels, or channels, that the values of average="none" belong to.

        They are those seen so far, of a metric, which is the first one unless it is given.
        """
        need = (metric or self._metrics[0]).need
        reading = self._options.reading
        seen = labels_of(fetched({name: self._all(name) for name in need.columns}))
        count = reading.count(seen)
        labels = reading.regions(need.statistic, self._agreed_kind(), count)
        return [int(label) for label in labels]

    @public
    def by_region(self) -> Any:
        """Return the values by name and, with average="none", by label, as `History` logs them.

        These are {"dice": {0: …, 1: …}}.
        """
        values = self.compute()
        return {
            metric.column: self._labelled(values[metric.column], metric) for metric in self._metrics
        }

    def _agreed_kind(self) -> Kind:
        """Return the kind of masks seen so far. Raises `UsageError` as `agreed_kind` does."""
        return agreed_kind(self.settings.tolist(), self._digest)

    def _labelled(self, value: Tensor, metric: Metric) -> Any:
        """Return the value of a metric by region, if it has an entry for each."""
        if not self._regional(metric):
            return value
        return dict(zip(self.regions(metric), value.reshape(-1), strict=True))

    def _regional(self, metric: Metric) -> bool:
        """Return whether the value of a metric has an entry for each region."""
        averaging = self._options.averaging
        return (
            averaging.average == "none" and not averaging.per_case and metric.spec.scope == "region"
        )

    def extra_repr(self) -> str:
        """Return what `repr` shows: the metrics, and the options that are not the defaults."""
        shown = [metric.column for metric in self._metrics]
        shown += [f"{name}={value!r}" for name, value in self._options.unusual.items()]
        if self._spacing:
            shown.append(f"spacing={self._spacing}")
        return ", ".join(shown)

    @public
    def plot(self, val: Any = None, ax: Any = None) -> tuple[Any, Any]:
        """Return the figure and the axes, one for each metric, of values that `compute` gave.

        A list of such values becomes curves. `val` None stands for the values of now. `ax`, if
        given, are as many axes.
        """
        values = self.compute() if val is None else val
        columns = [metric.column for metric in self._metrics]
        if isinstance(values, (list, tuple)):
            return self._plotted([[step[column] for step in values] for column in columns], ax)
        return self._plotted([values[column] for column in columns], ax)

    def _plotted(self, values: Sequence[Any], axes: Any) -> tuple[Any, Any]:
        """Return the figure and the axes of the values of each metric, one or a list for each."""
        from segeval.plots.values import plot_several

        names = [self._names(metric) for metric in self._metrics]
        unit = "mm" if self._in_mm else "px"
        return plot_several(
            list(zip(values, self._metrics, names, strict=True)), axes=axes, unit=unit
        )

    def _names(self, metric: Metric) -> list[str] | None:
        """Return the names of the entries of a metric's value; None if it is a single number."""
        if not self._regional(metric):
            return None
        return [str(label) for label in self.regions(metric)]

    @public
    def reset(self) -> None:
        """Forget all batches."""
        for name in self._columns:
            # Not emptied in place: wrappers keep the lists of earlier windows.
            setattr(self, name, [])
        self._kind = ""
        super().reset()

    @public
    def set_dtype(self, dst_type: str | torch.dtype) -> MetricObject:
        """Set the dtype of results; what is kept stays exact, in int64 and float64."""
        if isinstance(dst_type, str):
            self._dtype = getattr(torch, dst_type.rpartition(".")[2])
        else:
            self._dtype = dst_type
        return self

    def _apply(
        self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ""
    ) -> torch.nn.Module:
        def moved(tensor: Tensor) -> Tensor:
            result = fn(tensor)
            if result.dtype == tensor.dtype:
                return result
            # `module.to(torch.float16)` means the weights of a module: a state only moves with it.
            return tensor.to(result.device)

        dtype = self._dtype
        module = super()._apply(moved, exclude_state)
        # A move to another device is no reason to forget the dtype of results.
        self._dtype = dtype
        return module

    def _all(self, name: str) -> Tensor:
        """Return the array of all updates; after a synchronisation there is only one."""
        arrays = getattr(self, name)
        if isinstance(arrays, list) and not arrays:
            dtype, width = self._columns[name]
            shape = (0, width) if width else (0,)
            return torch.zeros(shape, dtype=getattr(torch, dtype), device=self.device)
        joined: Tensor = dim_zero_cat(arrays)
        return joined

    def _sync_dist(
        self, dist_sync_fn: Callable[..., Any] = gather_all_tensors, process_group: Any = None
    ) -> None:
        # A process without a batch takes part with arrays of the right dtype and width.
        for name in self._columns:
            setattr(self, name, [self._all(name)])
        super()._sync_dist(dist_sync_fn, process_group)


@lru_cache(maxsize=4)
def _workspace(process: int, thread: int, threads: int) -> Workspace:  # noqa: ARG001  # the key
    """Return the buffers and threads of a thread of a process, shared by all objects.

    A tracker keeps an object for every epoch, and they need no threads each. The first two
    arguments are the key: a fork has no threads, and no two threads share buffers.
    """
    return Workspace(threads)


class SingleMetric(MetricObject):
    """A metric object of one metric: `compute` gives its value."""

    __module__ = "segeval.stateful"

    spec: ClassVar[MetricSpec]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        call = Call(type(self).__name__, class_signature(self.spec), args, kwargs, TORCHMETRICS)
        # required parameters are taken by position, so a value that is left over is of no such one
        by_name = [p for p in self.spec.parameters if p.default is not None]
        arguments = call.arguments(lambda value: keywords_for(by_name, value))
        options = Options.of(arguments)
        metric = options.bound(self.spec, arguments)
        further = arguments.get("kwargs", {})
        super().__init__([metric], options, arguments.get("spacing"), **further)

    @property
    def num_classes(self) -> int | None:
        """Number of values that `average="none"` gives, if it is known.

        `MetricTracker` asks for it, of a `ClasswiseWrapper`.
        """
        reading = self._options.reading
        (need,) = self._needs
        kind: Kind = "multilabel" if reading.inputs.multilabel else "classes"
        count = reading.inputs.num_classes
        if count is None or self.spec.scope == "case":
            return None
        return len(reading.regions(need.statistic, kind, count))

    @public
    def compute(self) -> Tensor:
        """Return the value over all batches since the last reset; NaN before the first."""
        values: dict[str, Tensor] = super().compute()
        return next(iter(values.values()))

    @public
    def by_region(self) -> Any:
        """Return the value, with average="none" by label: {0: …, 1: …}, as `History` logs it."""
        return self._labelled(self.compute(), self._metrics[0])

    @public
    def plot(self, val: Any = None, ax: Any = None) -> tuple[Any, Any]:
        """Return the figure and its axes of a value, or of a list of values as a curve.

        `val` None stands for the value of now.
        """
        values = self.compute() if val is None else val
        figure, axes = self._plotted([values], None if ax is None else [ax])
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
        arguments = call.arguments(lambda value: keywords_for((), value))
        metrics = arguments["metrics"]
        forms = [metrics] if isinstance(metrics, str) else list(metrics)
        if not all(isinstance(form, str) for form in forms):
            raise UsageError(
                f"metrics are written forms such as ['dice', 'nsd@2'], not {metrics!r}"
            )
        options = Options.of(arguments)
        further = arguments.get("kwargs", {})
        super().__init__(
            options.convention.metrics(forms), options, arguments.get("spacing"), **further
        )


def class_of(spec: MetricSpec) -> type[SingleMetric]:
    """Return the class of `segeval.stateful` that computes the metric."""
    low, high = spec.range
    # The last three are attributes that torchmetrics looks up.
    attributes = {
        "__doc__": docstring(spec, ""),
        "__module__": "segeval.stateful",
        "__signature__": class_signature(spec),
        "spec": spec,
        "higher_is_better": spec.higher_is_better,
        "plot_lower_bound": _finite(low),
        "plot_upper_bound": _finite(high),
    }
    return type(spec.class_name, (SingleMetric,), attributes)


def _finite(end: float) -> float | None:
    """Return the end of a range as the bound of a plot: an infinite one is none."""
    if np.isfinite(end):
        return end
    return None
