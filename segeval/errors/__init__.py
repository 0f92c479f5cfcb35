"""The errors that segeval raises on purpose.

Each names the place, what was wanted, what came and what to do.
"""

from .lines import one_line


class SegevalError(ValueError):
    """Any error that a user can mend.

    The command line prints its text, without a traceback. It is a `ValueError`, which code that was
    written for MONAI, kornia or TorchMetrics catches.
    """

    def __str__(self) -> str:
        """Return the text in one line: names in it may hold what a terminal would obey."""
        return one_line(super().__str__())


class UsageError(SegevalError):
    """A run that cannot start: an unknown metric, region or option, a folder that is not there."""


class ArgumentTypeError(UsageError, TypeError):
    """A value of a type that is not taken, or a call that no signature fits: a `TypeError` too."""


class ReadError(SegevalError):
    """A file that cannot be read as a label map."""


class GeometryMismatch(SegevalError):  # noqa: N818  # it says what is wrong
    """A prediction and a ground truth that do not lie on one grid."""


class CompilingWarning(UserWarning):
    """Kernels are compiled, which takes seconds.

    None that fit came with the package or lie in the user's cache.
    """


class FailedCasesWarning(UserWarning):
    """Some cases of a run could not be scored, and its means are over the others."""


class UnsavedWarning(UserWarning):
    """Some of what a run was to write could not be written; its results are complete in memory."""
