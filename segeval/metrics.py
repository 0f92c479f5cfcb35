"""Every metric there is: importing this fills `segeval.spec.REGISTRY`."""

from __future__ import annotations

import segeval.overlap.metrics
import segeval.overlap.partition
import segeval.surface.metrics  # noqa: F401  # imported for the declarations
from segeval.spec import REGISTRY, MetricSpec, lookup, parse_metric, parse_metrics

DEFAULT_METRICS = ("dice", "iou", "precision", "recall", "volume_similarity", "hd95", "assd")

__all__ = ["DEFAULT_METRICS", "REGISTRY", "MetricSpec", "lookup", "parse_metric", "parse_metrics"]
