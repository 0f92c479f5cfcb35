"""`python -m segeval` is `segeval`."""

from segeval.cli.app import main

if __name__ == "__main__":
    main()
