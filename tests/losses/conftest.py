"""kornia 0.9, whose definitions these are, needs Python 3.11; before that its stored numbers are
all there is.
"""

from __future__ import annotations

import sys

collect_ignore = ["test_kornia_losses.py"] if sys.version_info < (3, 11) else []
