"""Protocols by name: the same number as the tool you compare with."""

from .conventions import Convention as Convention
from .files import ALL as ALL
from .files import ProtocolLike as ProtocolLike
from .files import convention as convention
from .files import everyone as everyone
from .files import names as names
