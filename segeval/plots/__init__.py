"""Figures of a run's results."""

from .card import KINDS as KINDS
from .drawing import FORMATS as FORMATS
from .drawing import draw as draw
