"""Files in, label maps and meshes out; and which prediction belongs to which ground truth.

The readers of formats are in `formats`, where a new one is a file of its own.
"""

from . import formats as formats
from .colors import load_colors as load_colors
from .colors import parse_colors as parse_colors
from .naming import Affixes as Affixes
from .pairing import Pair as Pair
from .pairing import Pairing as Pairing
from .pairing import pair as pair
from .reading import read as read
from .reading import read_labels as read_labels
from .registry import Format as Format
from .registry import gives as gives
from .registry import known_suffixes as known_suffixes
from .registry import reader as reader
from .registry import refuse as refuse
from .registry import stem_of as stem_of
from .request import Color as Color
from .request import Colors as Colors
from .request import Request as Request
from .rois import with_rois as with_rois
