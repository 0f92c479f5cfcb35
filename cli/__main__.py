"""`python -m segeval.cli` is `segeval`."""

from .app import main

main()
