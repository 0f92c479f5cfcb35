"""Statistics: what metrics need to know about a case, measured once for all regions at once.

No kernel lies here: formulas, and tables of what was measured, load neither Numba nor torch.
"""

from .boundary import Boundary as Boundary
from .contingency import Contingency as Contingency
from .counts import Counts as Counts
from .depths import Depths as Depths
from .distances import Distances as Distances
from .distances import SurfaceDistances as SurfaceDistances
from .distances import VolumeDistances as VolumeDistances
from .moments import Moments as Moments
from .statistic import Need as Need
from .statistic import Statistic as Statistic
