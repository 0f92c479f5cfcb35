"""Tests of where kernels are kept, and of what a user hears: each test runs a toy kernel in
processes of its own.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TOY = """
from segeval.kernels.words import helper, kernel
from segeval.kernels import compiling

@helper
def doubled(x):
    return 2 * x

@kernel
def toy(x):
    return doubled(x) + 1

assert toy(20) == 41, toy(20)
print(len(compiling.compiled_kernels()))
"""
POSIX = pytest.mark.skipif(
    not hasattr(os, "getuid"), reason="Windows keeps the folders of users apart by itself"
)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def run(tmp_path: Path, cache: Path) -> Run:
    """Runs a script in a new process, with its own cache and folder for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = tmp_path / "toy.py"

    def call(
        source: str = TOY, *options: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        script.write_text(source)
        environment = (
            os.environ | {"SEGEVAL_CACHE": str(cache), "TMPDIR": str(temporary)} | variables
        )
        return subprocess.run(
            [sys.executable, *options, str(script)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

    return call


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_second_process_compiles_nothing_and_says_nothing(run, cache):
    first, second = run(), run()
    assert int(first.stdout) > 0
    assert first.stderr.count("CompilingWarning") == 1
    assert re.search(
        rf"compiling kernels for this machine \(.*\); they are kept in {re.escape(str(cache))}",
        first.stderr,
    )
    assert (second.stdout, second.stderr) == ("0\n", "")


RECORD = """
from typing import NamedTuple
from segeval.kernels.words import kernel
from segeval.kernels import compiling

class Span(NamedTuple):
    first: int
    last: int

@kernel
def length(span):
    return span.last - span.first

assert length(Span(last=9, first=2)) == 7
print(len(compiling.compiled_kernels()))
"""


def test_a_record_whose_fields_change_places_is_another(run):
    assert int(run(RECORD).stdout) > 0
    turned = (
        RECORD.replace("first: int", "x: int")
        .replace("last: int", "first: int")
        .replace("x: int", "last: int")
    )
    assert int(run(turned).stdout) > 0
    assert run(RECORD).stdout == run(turned).stdout == "0\n"


def test_an_option_of_compiling_is_part_of_the_kernel(run):
    run()
    assert (
        int(run(TOY.replace("import helper, kernel", "import helper, brief as kernel")).stdout) > 0
    )


def test_an_edited_helper_is_compiled_anew(run):
    run()
    edited = TOY.replace("2 * x", "3 * x").replace("== 41", "== 61")
    assert int(run(edited).stdout) > 0
    assert run().stdout == "0\n"


def test_another_processor_has_its_own_kernels(run, cache):
    run()
    assert int(run(TOY, NUMBA_CPU_NAME="generic").stdout) > 0
    assert len(list(cache.iterdir())) == 2


def test_a_file_that_is_whole_but_of_no_use_is_made_anew(run, cache):
    run()
    for path in files(cache):
        useless = pickle.dumps(("another", "build"))
        path.write_bytes(hashlib.sha256(path.name.encode() + useless).digest() + useless)
    assert int(run().stdout) > 0


def folder_instead(path):
    path.unlink()
    path.mkdir()


def pipe_instead(path):
    path.unlink()
    os.mkfifo(path)


def link_to_itself(path):
    path.unlink()
    path.symlink_to(path)


DAMAGES = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "one byte": lambda path: path.write_bytes(
        path.read_bytes()[:99] + b"!" + path.read_bytes()[100:]
    ),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "random bytes": lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": folder_instead,
}
if hasattr(os, "mkfifo"):
    DAMAGES |= {"a pipe": pipe_instead, "a link to itself": link_to_itself}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_made_anew(run, cache, damage):
    run()
    for path in files(cache):
        damage(path)
    assert int(run().stdout) > 0
    second = run()
    assert (second.stdout, second.stderr) == ("0\n", "")


TWO = """
@kernel
def tow(x):
    return doubled(x) + 5

assert tow(20) == 45, tow(20)
"""


def test_a_file_under_the_name_of_another_kernel_is_never_run(run, cache):
    run(TOY + TWO)
    toy, tow = (next(cache.rglob(f"{name}-*.kernel")) for name in ("toy", "tow"))
    content = toy.read_bytes()
    toy.write_bytes(tow.read_bytes())
    tow.write_bytes(content)
    assert run(TOY + TWO).returncode == 0
    assert run().stdout == "0\n"


def test_a_disk_without_room_is_no_place_to_keep_kernels(run, cache):
    """Names can be made there still, and nothing can be written to them."""
    full = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    full += "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    told = run(full + TOY).stderr
    assert (
        f"neither {cache} nor a folder for temporary files can keep them: set SEGEVAL_CACHE" in told
    )
    assert files(cache) == []


def test_without_a_working_folder_a_relative_cache_is_none(run, tmp_path):
    # Numba imports coverage where that is installed, which needs a working folder
    gone = (
        "import os, numba\n"
        f"os.mkdir({str(tmp_path / 'gone')!r})\nos.chdir({str(tmp_path / 'gone')!r})\n"
    )
    gone += f"os.rmdir({str(tmp_path / 'gone')!r})\n"
    told = run(gone + TOY, SEGEVAL_CACHE="kernels").stderr
    assert "so they go to" in told


def test_files_that_were_being_written_are_not_left(run, cache):
    run()
    assert {path.suffix for path in files(cache)} == {".kernel"}


def test_a_cache_that_cannot_be_written_is_said_and_a_temporary_folder_serves(run, cache, tmp_path):
    cache.write_text("a file where the folder should be")
    first, second = run(), run()
    assert re.search(
        rf"{re.escape(str(cache))} cannot keep them, so they go to .*segeval-", first.stderr
    )
    assert "set SEGEVAL_CACHE to a folder that lasts" in first.stderr
    assert files(tmp_path / "tmp") != []
    assert (second.stdout, second.stderr) == ("0\n", "")


def test_without_any_folder_every_process_compiles(run, cache, tmp_path):
    cache.write_text("a file where the folder should be")
    nowhere = "import tempfile\ndef missing(*_, **__): raise FileNotFoundError('no folder')\n"
    source = nowhere + "tempfile.gettempdir = tempfile.TemporaryFile = missing\n" + TOY
    first, second = run(source), run(source)
    assert "nor a folder for temporary files can keep them" in first.stderr
    assert int(first.stdout) == int(second.stdout) > 0


@POSIX
def test_a_temporary_folder_that_others_can_write_to_is_not_trusted(run, cache, tmp_path):
    cache.write_text("a file where the folder should be")
    planted = tmp_path / "tmp" / f"segeval-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert "compiling kernels" in run().stderr
    assert files(planted) == []


@POSIX
def test_a_cache_that_others_can_write_to_is_neither_read_nor_written(run, cache):
    run()
    (folder,) = cache.iterdir()
    folder.chmod(0o775)
    before = files(cache)
    again = run()
    assert f"{cache} cannot keep them" in again.stderr
    assert files(cache) == before


@POSIX
def test_a_folder_in_a_cache_that_others_can_write_to_may_be_theirs(run, cache):
    run()
    cache.chmod(0o777)
    assert f"{cache} cannot keep them" in run().stderr


@POSIX
def test_without_a_home_a_temporary_folder_serves(run):
    nobody = "import os, pwd\nos.environ.pop('HOME', None)\n"
    nobody += "def nobody(*_): raise KeyError('uid not found')\npwd.getpwuid = nobody\n"
    told = run(nobody + TOY, SEGEVAL_CACHE="", XDG_CACHE_HOME="").stderr
    assert "there is no home to keep them in, so they go to" in told


def test_kernels_that_python_would_have_to_run_are_refused(run):
    asked = """
from segeval.errors import UsageError
try:
    import segeval.kernels.words
except UsageError as error:
    print(error)
"""
    assert "unset it" in run(asked, NUMBA_DISABLE_JIT="1").stdout


@POSIX
def test_a_new_cache_is_no_one_elses_whatever_the_umask(run, cache):
    run("import os\nos.umask(0o002)\n" + TOY)
    (folder,) = cache.iterdir()
    assert folder.stat().st_mode & 0o022 == 0


def test_what_others_compile_in_object_mode_is_none_of_our_business(run):
    foreign = """
import numba
@numba.jit(forceobj=True, looplift=True)
def foreign(n):
    total = object()
    count = 0
    for i in range(n):
        count += i
    return count
assert foreign(5) == 10
"""
    assert int(run(TOY + foreign).stdout.split()[0]) > 0


def test_a_full_disk_costs_time_alone(run, cache):
    full = """
import errno
from segeval.kernels import store
def full(*_): raise OSError(errno.ENOSPC, 'full')
store._write = full
"""
    assert int(run(full + TOY).stdout) > 0
    assert files(cache) == []


def test_garbage_is_collected_again_after_compiling(run):
    assert run("import gc\n" + TOY + "assert gc.isenabled()\n").returncode == 0
    assert run(
        "import gc\ngc.disable()\n"
        + TOY.replace("+ 1", "+ 2").replace("41", "42")
        + "assert not gc.isenabled()\n"
    )


def test_the_notice_is_logged_too(run):
    logging = (
        "import logging\nlogging.basicConfig(level=logging.INFO, format='%(name)s|%(message)s')\n"
    )
    assert "segeval|compiling kernels for this machine" in run(logging + TOY, "-W", "ignore").stderr


def test_a_warning_that_is_an_error_stops_one_call_alone(run):
    retried = "import gc\ntry:\n    toy(1)\nexcept UserWarning as warning:\n"
    retried += "    print(type(warning).__name__, gc.isenabled())\n"
    source = TOY.replace("assert toy", retried + "assert toy", 1)
    assert run(source, "-W", "error").stdout.split()[:2] == ["CompilingWarning", "True"]


def test_nothing_is_written_into_the_package(run):
    package = Path(__file__).parents[2] / "segeval"
    before = {path for path in files(package) if path.suffix != ".pyc"}
    run()
    assert {path for path in files(package) if path.suffix != ".pyc"} == before
