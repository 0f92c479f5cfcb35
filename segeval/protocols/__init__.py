"""Protocols: what a run measures, and what tools and challenges mean by the names of metrics.

A `Convention` is what a protocol's TOML file states; a `Protocol` is what one run measures.
"""

from .conventions import Convention as Convention
from .files import ALL as ALL
from .files import ProtocolLike as ProtocolLike
from .files import convention as convention
from .files import everyone as everyone
from .files import names as names
