"""Files in, label maps and meshes out; and which prediction belongs to which ground truth.

A new format is one file here with one function decorated by `@reader(".suffix")`: every module of
this room is imported, so that it registers what it reads. None of them imports the library that it
reads with before it reads.
"""

from importlib import import_module
from pkgutil import iter_modules

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

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
