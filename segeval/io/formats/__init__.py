"""The readers, one file a format, and what several of them share.

A new format is one file here with one function decorated by `@reader(".suffix")`: every module of
this room is imported, so that it registers what it reads. None of them imports the library that it
reads with before it reads.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
