"""Figures of a run's results."""

from .draw import FORMATS as FORMATS
from .draw import KINDS as KINDS
from .draw import draw as draw
