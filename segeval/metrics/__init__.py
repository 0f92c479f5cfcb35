"""Every metric there is: formulas over statistics, each with its card; no kernel lies here.

A new one is a decorated function in the file of its statistic: `overlap` for counts of a region,
`partition` for the table of label pairs, `surface` for distances, depths and moments. Importing
this fills the registry.
"""

from . import overlap as overlap
from . import partition as partition
from . import surface as surface
from .card import REGISTRY as REGISTRY
from .card import Definition as Definition
from .card import Empty as Empty
from .card import Metric as Metric
from .card import MetricSpec as MetricSpec
from .written import DEFAULT_METRICS as DEFAULT_METRICS
from .written import lookup as lookup
from .written import parse_metric as parse_metric
from .written import parse_metrics as parse_metrics
from .written import separate as separate
