"""Whatever reads what users hand over, with inputs that it takes: where fuzzing begins."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from inspect import signature
from pathlib import Path
from random import Random

from segeval import History, Results, score, score_folder
from segeval.cli.app import command_line
from segeval.cli.score import score_command
from segeval.io import known_suffixes, read
from segeval.plots.source import Source
from segeval.protocols.choose import make_protocol
from segeval.report.explain import Explained
from segeval.results.exports import EXPORTS
from segeval.results.folder import JOURNAL

from . import seeds

Run = Callable[[bytes, Path], object]
Pack = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Target:
    """Something that reads bytes, or a text.

    `inputs` are what it takes. What `pack` returns has checksums that fit, or is compressed:
    `packed` are inputs before that, and damage to them reaches further in. `words` are those of the
    format.
    """

    name: str
    run: Run
    inputs: Callable[[], Sequence[bytes]]
    is_text: bool = False
    words: Sequence[str] = ()
    packed: Callable[[], Sequence[bytes]] = list
    pack: Pack = bytes

    @cached_property
    def seeds(self) -> Sequence[bytes]:
        """Inputs that it takes as they are."""
        return self.inputs()

    @cached_property
    def contents(self) -> Sequence[bytes]:
        """Inputs before they are packed."""
        return self.packed()

    def mutated(self, rng: Random, pool: Sequence[bytes], change: Callable[..., bytes]) -> bytes:
        """Return an input that is changed, from a pool of them or from before they were packed."""
        is_packed = rng.random() < 0.7
        inputs = self.contents if is_packed and self.contents else pool
        data = change(rng.choice(inputs), rng, inputs, self.words, is_text=self.is_text)
        return self.pack(data) if is_packed else data


def as_file(suffix: str, run: Callable[[Path], object]) -> Run:
    """Return what writes bytes to a file, and runs something on its path."""

    def on_file(data: bytes, folder: Path) -> object:
        path = folder / f"input{suffix}"
        path.write_bytes(data)
        return run(path)

    return on_file


def as_text(run: Callable[[str], object]) -> Run:
    """Return what runs something on a text, as the command line would hand it over."""
    return lambda data, _: run(data.decode("utf-8", "surrogateescape"))


def as_part(name: str, run: Callable[[Path], object]) -> Run:
    """Return what puts bytes in the place of one file of a folder of results."""

    def in_folder(data: bytes, folder: Path) -> object:
        copy = folder / "results"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(results(), copy)
        table, _, suffix = name.partition(".")
        for other in EXPORTS:  # the first there is would be read in its place
            if table in ("cases", "summary") and other != suffix:
                (copy / f"{table}.{other}").unlink()
        (copy / name).write_bytes(data)
        return run(copy)

    return in_folder


@cache
def results() -> Path:
    """Return a folder of results in all formats, beside the masks that were scored."""
    return seeds.results()


def part(name: str) -> list[bytes]:
    """Return a file of the results, as the only input."""
    return [(results() / name).read_bytes()]


def chosen(option: str, value: str | Path) -> object:
    """Return the protocol that an option makes."""
    return make_protocol(**{option: value})


def read_mask(path: Path) -> object:
    """Read a mask, and score it if it is small."""
    mask = read(path)
    size = getattr(mask, "labels", None)
    if size is not None and size.size > 2**12:
        return mask
    return score(path, path, metrics="dice,hd95")


def read_mesh(path: Path) -> object:
    """Read a mesh and score it."""
    return score(path, path, boundary="mesh", metrics="hd95,assd")


def from_text(text: str) -> object:
    """Return results from JSON, where that is what a text is."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # of whoever calls `from_dict`
        return None
    return isinstance(content, dict) and Results.from_dict(content)


def load(folder: Path) -> object:
    """Load results, and get all that figures say of them."""
    loaded = Results.load(folder)
    source = Source.of(loaded, metrics=None, worst=3)
    figures = source.extent, source.omissions(), source.length_unit, source.ranking()
    return figures, list(Explained.of(folder).sentences())


def resume(folder: Path) -> object:
    """Go on with a run."""
    masks = results().parent / "masks"
    return score_folder(masks, masks, metrics="dice,hd95", output=folder, resume=True)


def configured(path: Path) -> object:
    """Return the protocol of a command line with a file of options."""
    return typed("--config", str(path))


def spaced(text: str) -> object:
    """Return the protocol of a command line with a spacing."""
    return typed(f"--spacing={text}")


def typed(*options: str) -> object:
    """Return the protocol of a command line."""
    with (
        command_line.make_context("segeval", ["score"]) as above,
        score_command.make_context("score", ["a", "b", *options], above) as context,
    ):
        names = signature(make_protocol).parameters.keys() & context.params.keys()
        typed = {name: context.params[name] for name in names}
        return make_protocol(**typed | {"metrics": typed["metrics"] or None})


def epochs(path: Path) -> object:
    """Read the table of a training, and look for the best epoch of each column."""
    history = History.read(path)
    return [history.best(series.column.name, higher_is_better=True) for series in history.series()]


MESHES = (".obj", ".ply", ".stl")


def readers() -> list[Target]:
    """Return the reader of every suffix."""
    return [
        Target(
            suffix.removeprefix("."),
            as_file(suffix, read_mesh if suffix in MESHES else read_mask),
            seeds.FILES[suffix],
            words=seeds.WORDS.get(suffix, ()),
            packed=seeds.PACKED.get(suffix, list),
            pack=seeds.PACKS.get(suffix, bytes),
        )
        for suffix in known_suffixes()
    ]


def texts() -> list[Target]:
    """Return what reads texts, and files of texts."""
    options = {"metrics": "metrics", "regions": "regions", "boundary": "boundary"}
    files = {"regions.json": "regions", "colors.json": "colors", "protocol.toml": "protocol"}
    runs = {name: as_text(partial(chosen, option)) for name, option in options.items()}
    runs |= {"spacing": as_text(spaced), "config.toml": as_file(".toml", configured)}
    runs |= {"log.csv": as_file(".csv", epochs)}
    for name, option in files.items():
        runs[name] = as_file(Path(name).suffix, partial(chosen, option))
    return [
        Target(name, run, partial(seeds.texts, name), is_text=True, words=seeds.words_of(name))
        for name, run in runs.items()
    ]


def parts() -> list[Target]:
    """Return the files of a folder of results."""
    tables = [f"{table}.{suffix}" for table in ("cases", "summary") for suffix in EXPORTS]
    files = [
        Target(
            name,
            as_part(name, load),
            partial(part, name),
            is_text=Path(name).suffix in seeds.TEXT_SUFFIXES,
        )
        for name in (*tables, "run.json", "details.npz")
    ]
    returned = Target(
        "Results.from_dict",
        lambda data, _: from_text(data.decode("utf-8", "replace")),
        lambda: [json.dumps(Results.load(results()).to_dict()).encode()],
        is_text=True,
    )
    protocol = Target(
        "run.json as protocol",
        as_file(".json", partial(chosen, "protocol")),
        partial(part, "run.json"),
        is_text=True,
        packed=partial(part, "run.json"),
        pack=seeds.with_hash,
    )
    lines = partial(part, JOURNAL)
    journal = Target(
        JOURNAL,
        as_part(JOURNAL, resume),
        lines,
        is_text=True,
        packed=lines,
        pack=seeds.with_checksums,
    )
    return [*files, returned, protocol, journal]


TARGETS = {target.name: target for target in [*readers(), *texts(), *parts()]}
"""Every target by its name."""
