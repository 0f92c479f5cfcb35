"""The figures of docs/reliability.md are those that the tests and the code go by."""

from __future__ import annotations

from pathlib import Path

from fuzz.engine import MEMORY, SECONDS
from fuzz.targets import TARGETS

from segeval.data.regions import LARGEST as LARGEST_LABEL
from segeval.io import known_suffixes
from segeval.io.documents import DEEPEST, LARGEST
from segeval.protocols.files import LONGEST_CHAIN
from segeval.protocols.runs import LARGEST as LARGEST_RUN
from segeval.results.exports import EXPORTS

PAGE = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_limits_of_text_files():
    assert f"| {LARGEST:,} bytes; a `run.json` {LARGEST_RUN:,} |" in PAGE
    assert f"lists and tables inside each other | {DEEPEST} |" in PAGE
    assert f"files of protocols that begin with each other | {LONGEST_CHAIN} |" in PAGE
    assert f"labels | 0 to {LARGEST_LABEL:,} |" in PAGE


def test_limits_of_the_fuzzer():
    assert f"{SECONDS:g} seconds of a processor, {MEMORY >> 20} MB" in PAGE


def test_every_reader_and_every_file_of_results_is_fuzzed():
    assert {suffix.removeprefix(".") for suffix in known_suffixes()} <= TARGETS.keys()
    assert [suffix for suffix in known_suffixes() if f"`{suffix}`" not in PAGE] == []
    tables = {f"{table}.{suffix}" for table in ("cases", "summary") for suffix in EXPORTS}
    assert tables | {"run.json", "details.npz", "journal.jsonl"} <= TARGETS.keys()
