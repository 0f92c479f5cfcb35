"""Files in, label maps out; and which prediction belongs to which ground truth.

A new format is one file with one function decorated by `@reader(".suffix")`, and its line here.
"""

from . import array as array
from . import image as image
from . import mesh as mesh
from . import nifti as nifti
from .colors import load_colors as load_colors
from .colors import parse_colors as parse_colors
from .pairing import Pair as Pair
from .pairing import Pairing as Pairing
from .pairing import pair as pair
from .registry import Colors as Colors
from .registry import Request as Request
from .registry import known_suffixes as known_suffixes
from .registry import read as read
from .registry import reader as reader
from .registry import refuse as refuse
from .registry import stem_of as stem_of
