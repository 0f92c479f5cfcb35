"""The statistics of a case measured by PyTorch alone, on whatever device its masks are."""

from .distances import depths as depths
from .distances import surface_distances as surface_distances
from .distances import volume_distances as volume_distances
from .fetching import on_host as on_host
from .histogram import Histogram as Histogram
from .moments import moments as moments
from .table import joint_counts as joint_counts
from .table import pair_counts as pair_counts
