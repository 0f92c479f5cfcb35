"""Figures of a run's results."""

from .drawing import FORMATS as FORMATS
from .drawing import KINDS as KINDS
from .drawing import draw as draw
