"""`segeval warm-up`: compile what an installation lacks, before anyone waits for it."""

from __future__ import annotations

import click

from .terminal import echo


@click.command(
    "warm-up",
    short_help="Compile the kernels that this installation lacks, ahead of the first run.",
)
def warm_up() -> None:
    """Compile the kernels that this installation lacks, ahead of the first run.

    An installed package carries kernels for its Python, its Numba and most processors. Where these
    do not fit, as after an update of Numba, kernels are compiled when they are first needed and
    kept in the user's cache, or in the folder that SEGEVAL_CACHE names; this compiles all of them
    now, which takes a minute or two.

    \b
    Example:
      segeval warm-up
      SEGEVAL_CACHE=/opt/segeval segeval warm-up
    """
    from segeval.kernels.compiling import on_compiling
    from segeval.kernels.store import writable_folder
    from segeval.run.warming import warm_up as run_all

    # without a listener the notice would be a warning of Python
    with on_compiling(lambda notice: echo(f"note: {notice}", err=True)):
        done = run_all()
    if not done.compiled:
        echo("nothing to compile: all kernels are at hand")
        return
    where = "there is no folder to keep them in"
    if folder := writable_folder():
        where = f"they are kept in {folder}"
    echo(f"compiled {done.compiled} kernels in {done.seconds:.0f} s; {where}")
