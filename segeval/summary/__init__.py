"""From the cases table to what a paper reports."""

from .aggregate import summarise as summarise
from .bootstrap import mean_interval as mean_interval
from .cube import Cube as Cube
