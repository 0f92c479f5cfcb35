"""Tests that the pages for users are true: their code runs and prints what they show, and their
links lead somewhere.
"""

from __future__ import annotations
import __future__

import doctest
import importlib
import io
import json
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.clones import COMMAND, run_in_clone
from helpers.pages import ROOT, RUN, Block, anchors, blocks, commands, links
from scipy.io import savemat

from segeval import score, score_folder
from segeval.cli.app import command_line
from segeval.io.registry import FORMATS
from segeval.metrics import REGISTRY
from segeval.metrics.citations import CITATIONS
from segeval.results.exports import EXPORTS

LINKING = sorted(
    {*RUN, *ROOT.glob("*.md"), *ROOT.glob("sample_data/*.md"), *ROOT.glob("benchmarks/*.md")}
)
NEW_FILE = re.compile(r"is a new file, `(segeval/\w+(?:/\w+)*)\.py`")


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Runs a block in the names of its page, or in those of the file that it goes into or is, and
    looks at what it prints.
    """
    home = re.search(r"goes into `(segeval/\w+(?:/\w+)*)\.py`", block.before)
    new = NEW_FILE.search(block.before)
    if home:
        names = dict(vars(importlib.import_module(home[1].replace("/", "."))))
    elif new:
        package, _, module = new[1].replace("/", ".").rpartition(".")
        names = {"__name__": f"{package}.{module}", "__package__": package}
    elif call := re.search(r"run by `torchrun ([^`]+ (\w+\.py))`", block.before):
        run_processes(block, *call.groups())
        return
    future = __future__.annotations.compiler_flag if home else 0  # as in every file of ours
    text = "\n" * (block.line - 1) + block.text
    code = compile(text, str(block.page), "exec", flags=future, dont_inherit=True)
    with redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    if block.prints is not None:
        assert_shown(block, block.prints, printed.getvalue())


def run_processes(block: Block, arguments: str, file: str) -> None:
    """Runs a block as a script in processes of its own."""
    Path(file).write_text(block.text, encoding="utf-8")
    called = [sys.executable, "-m", "torch.distributed.run", *shlex.split(arguments)]
    done = subprocess.run(called, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{block}\n{done.stderr}"
    assert_shown(block, block.prints or "", done.stdout)


def run_command(block: Block, call: str, shown: str | None) -> None:
    """Runs a command line in this process; it succeeds unless the page shows its error."""
    result = CliRunner().invoke(
        command_line,
        shlex.split(call, comments=True)[1:],
        prog_name="segeval",
        catch_exceptions=False,
    )
    failed = re.search(r"^(error|failed): ", shown or "", re.MULTILINE) is not None
    assert (result.exit_code != 0) == failed, f"{block}: {call}\n{result.output}"
    if shown is not None:
        assert_shown(
            block, shown, re.sub(r"^note: compiling .*\n", "", result.output, flags=re.MULTILINE)
        )


def assert_shown(block: Block, shown: str, printed: str) -> None:
    """Assert that a page shows what is printed; `...` stands for anything."""
    expected, actual = (
        re.sub(r"[ \t]+$", "", text.strip("\n"), flags=re.MULTILINE) for text in (shown, printed)
    )
    same = doctest.OutputChecker().check_output(expected, actual, doctest.ELLIPSIS)
    assert same, f"{block} shows\n{expected}\n\nbut it prints\n{actual}"


@pytest.mark.filterwarnings("ignore:::lightning")
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_page_does_what_it_says(page: Path, room: Path) -> None:
    names: dict[str, Any] = {"__name__": page.stem}
    for block in blocks(page):
        if block.language == "python":
            run_python(block, names)
        elif name := re.match(r"# (\S+\.toml)\n", block.text):  # a file that commands below read
            Path(name[1]).write_text(block.text, encoding="utf-8")
        elif block.language in ("console", "bash"):
            for call, shown in commands(block):
                run_command(block, call, shown)


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):  # another site, or a mail address
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert target.is_relative_to(ROOT), f"{page.name} links to {link}, outside of the project"
        assert not anchor or anchor in anchors(target), (
            f"{page.name} links to {link}: no such heading"
        )


def test_generated_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    pages = runpy.run_path(str(ROOT / "docs" / "make.py"))["pages"]()
    for name, text in pages.items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


def test_number_of_metrics_is_right_where_it_is_said() -> None:
    numbers = {
        number
        for page in RUN
        for number in re.findall(r"\b(\d+) metrics\b", page.read_text(encoding="utf-8"))
    }
    assert numbers <= {str(len(REGISTRY))}


def test_every_page_is_in_the_index() -> None:
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages <= set(links(ROOT / "docs" / "index.md"))


def test_recipe_adds_a_metric_everywhere(room: Path) -> None:
    recipe = next(block for block in blocks(ROOT / "CONTRIBUTING.md") if "@metric" in block.text)
    before = set(REGISTRY)
    run_python(recipe, {})
    (name,) = set(REGISTRY) - before
    assert CITATIONS[REGISTRY[name].cite]

    listed = CliRunner().invoke(command_line, ["metrics"], catch_exceptions=False)
    assert re.search(rf"^{name} ", listed.output, re.MULTILINE)
    card = CliRunner().invoke(command_line, ["metrics", name], catch_exceptions=False)
    assert card.output.startswith(f"{name}: {REGISTRY[name].title}")

    gt = np.zeros((4, 4), int)
    gt[1:3, 1:3] = 1
    pred = np.roll(gt, 1, axis=0)
    rows = score(pred, gt, metrics=name)
    assert rows[name].tolist() == [1 - 2 / 6]  # two voxels of six are in both

    called = ["score", "predictions", "labels", "-m", name, "--no-plots", "--json", "--quiet"]
    summary = CliRunner().invoke(command_line, called, catch_exceptions=False)
    assert {row["metric"] for row in json.loads(summary.output)} == {name}


def test_results_page_names_every_column_and_key(room: Path) -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    results = score_folder("predictions", "labels", metrics="dice,hd95", output="results")
    run = results.run
    case = next(iter(run["cases"].values()))
    keys = {
        *results.summary.columns,
        *run,
        *run["protocol"],
        *run["environment"],
        *run["units"],
        *case,
    }
    keys |= {*results.cases.columns} - {"dice", "hd95"}
    with np.load(room / "results" / "details.npz") as details:
        keys |= {*details.files, *(path.name for path in (room / "results").iterdir())}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_installing_page_names_every_package_of_a_card() -> None:
    text = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    packages = {card.package for card in (*FORMATS.values(), *EXPORTS.values()) if card.package}
    assert packages
    assert {package for package in packages if f"`pip install {package}`" not in text} == set()


def test_results_page_names_every_export() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    (formats,) = re.findall(r"`--format ([\w,]+)` writes the tables", text)
    assert set(formats.split(",")) == set(EXPORTS)


def test_recipe_adds_a_reader_everywhere(clone: Path) -> None:
    (recipe,) = (b for b in blocks(ROOT / "CONTRIBUTING.md") if NEW_FILE.search(b.before))
    home = NEW_FILE.search(recipe.before)
    assert home
    (clone / f"{home[1]}.py").write_text(recipe.text, encoding="utf-8")
    gt = np.zeros((4, 4), np.uint8)
    gt[1:3, 1:3] = 1
    for side, mask in (("pred", np.roll(gt, 1, axis=0)), ("gt", gt)):
        (clone / side).mkdir()
        savemat(clone / side / "a.mat", {"mask": mask})
    call = ["score", "pred", "gt", "-m", "dice", "--no-plots", "--json", "--quiet"]
    scored = run_in_clone(clone, COMMAND, *call)
    assert scored.returncode == 0, scored.stderr
    (row,) = json.loads(scored.stdout)
    assert row["mean"] == 2 * 2 / (4 + 4)

    page = run_in_clone(clone, "import make; print(make.formats_page())")
    assert "\n| `.mat` | labels | The label is the value" in page.stdout, page.stderr

    for path in clone.glob("pred/*"):
        path.rename(path.with_suffix(".other"))
    refused = run_in_clone(clone, COMMAND, "score", "pred", "gt")
    assert re.search(r"pred: wanted masks \(.*\.gif, \.mat, \.nii,", refused.stderr)


def test_recipe_adds_an_export_everywhere(clone: Path) -> None:
    (recipe,) = (b for b in blocks(ROOT / "CONTRIBUTING.md") if "@export" in b.text)
    with (clone / "segeval" / "results" / "exports.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{recipe.text}")
    call = ["score", "predictions", "labels", "-m", "dice", "--no-plots", "--format", "tsv"]
    scored = run_in_clone(clone, COMMAND, *call)
    assert scored.returncode == 0, scored.stderr
    assert (clone / "segeval-results" / "cases.tsv").read_text().startswith("case\tregion\tdice\t")
    code = "from segeval import Results; print(len(Results.load('segeval-results').cases))"
    assert run_in_clone(clone, code).stdout == "9\n"  # three cases of three regions
    assert ",tsv" in run_in_clone(clone, COMMAND, "score", "--help").stdout


def test_recipe_adds_a_kind_of_plot_everywhere(clone: Path) -> None:
    (recipe,) = (b for b in blocks(ROOT / "CONTRIBUTING.md") if "@plot_kind" in b.text)
    home = re.search(r"This one is `(segeval/plots/kinds/(\w+)\.py)`", recipe.before)
    shows = re.search(r'shows="(.+?)"', recipe.text)
    assert home
    assert shows
    path, kind = home.groups()
    (clone / path).write_text(recipe.text, encoding="utf-8")

    answer = run_in_clone(clone, COMMAND, "plot", "--help")
    options = re.search(r"^  --kind (\S+)", answer.stdout, re.MULTILINE)
    assert options
    assert kind in options[1].split(",")

    score_folder("predictions", "labels", metrics="dice", output="results")
    drawn = run_in_clone(clone, COMMAND, "plot", "results", "--kind", kind)
    file = Path("results", "plots", f"{kind}.png")
    assert drawn.stdout == f"{file}\n", drawn.stderr
    assert file.stat().st_size > 1000

    page = run_in_clone(clone, "import make; print(make.results_page())")
    assert f"\n| `{kind}` | {shows[1]} | volumes |\n" in page.stdout, page.stderr


def test_recipe_adds_a_protocol_everywhere(clone: Path) -> None:
    (recipe,) = (b for b in blocks(ROOT / "CONTRIBUTING.md") if b.language == "toml")
    home = re.search(r"This one is `(segeval/protocols/challenges/(\w+)\.toml)`", recipe.before)
    assert home
    path, name = home.groups()
    (clone / path).write_text(recipe.text, encoding="utf-8")

    called = ["score", "predictions", "labels", "--protocol", name, "--no-plots", "--json", "-q"]
    scored = run_in_clone(clone, COMMAND, *called)
    assert scored.returncode == 0, scored.stderr
    rows = {(row["region"], row["metric"]) for row in json.loads(scored.stdout)}
    assert {("cavities", "nsd"), ("myocardium", "hd95"), ("mean", "dice")} <= rows

    answer = run_in_clone(clone, COMMAND, "explain", name)
    assert answer.stdout.startswith(f"- Protocol {name}: Heart: chambers and myocardium; https://")
    refused = run_in_clone(clone, COMMAND, "explain", f"{name}x")
    assert f"did you mean {name}?" in refused.stderr

    code = f"from segeval.protocols import names; print('{name}' in names('challenges'))"
    assert run_in_clone(clone, code).stdout == "True\n"
    page = run_in_clone(clone, "import protocols; print(protocols.protocols_page())").stdout
    assert f"\n| [`{name}`](#{name}) | Heart: " in page.partition("## Challenges")[2]
