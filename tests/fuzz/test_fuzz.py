"""A minute of odd input: only errors that a user can mend come out, soon and in little memory.

The inputs are the same in every run, as far as a machine gets; `make fuzz` tries others.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from .engine import CORPUS, Outcome, Worker, fuzz, kind_of, shrunk
from .mutations import LONGEST, mutated
from .targets import TARGETS, Target

SECONDS = 60 / len(TARGETS)
REGRESSIONS = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("name", TARGETS)
def test_only_errors_that_a_user_can_mend_come_out(name, worker, tmp_path):
    report = fuzz(worker, TARGETS[name], Random(f"0 {name}"), seconds=SECONDS, corpus=tmp_path)
    assert report.tried > 0
    assert [str(finding) for finding in report.findings] == []


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_taken(name, tmp_path):
    """Of a seed that is refused, mutations get less far: the first one at least is none."""
    TARGETS[name].run(TARGETS[name].seeds[0], tmp_path)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_came_out_does_not_come_again(path, worker):
    assert worker.try_input(path.parent.name, path.read_bytes()).fault == ""


class Faulty:
    """Stands for a worker whose target does not like an X."""

    def try_input(self, target: str, data: bytes) -> Outcome:
        fault = "ValueError in code.py:f: an X" if b"X" in data else ""
        return Outcome(fault, lines=frozenset({("code.py", len(data))}))


def test_the_fuzzer_finds_a_fault_and_makes_it_small(tmp_path):
    target = Target("toy", print, lambda: [b"W" * 40], is_text=False)
    report = fuzz(Faulty(), target, Random(0), inputs=3000, corpus=tmp_path)
    (finding,) = report.findings
    assert (finding.path.read_bytes(), finding.fault) == (b"X", "ValueError in code.py:f: an X")
    assert report.tried == 3000


def test_equal_seeds_give_equal_inputs():
    pool = [b"a" * 100, b"b" * 50]
    inputs = [
        [mutated(pool[0], rng, pool, ["word"], is_text=is_text) for _ in range(200)]
        for rng in (Random(3), Random(3))
        for is_text in (True, False)
    ]
    assert inputs[:2] == inputs[2:]
    assert len(set(inputs[0])) > 100
    assert max(map(len, inputs[0])) <= LONGEST


def test_what_comes_from_the_input_makes_no_other_fault():
    assert kind_of("KeyError in a.py:f: 'x'") == kind_of("KeyError in a.py:f: 'y'")


def test_a_slow_input_is_left_as_it_is():
    outcome = Outcome("takes 9 s", seconds=9)
    assert shrunk(Faulty(), "toy", b"XX", outcome) == b"XX"
