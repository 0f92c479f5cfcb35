"""The pages for users, taken apart: their blocks of code, what these say that they print, their
links and headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = [path for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")) if path.exists()]
"""The pages whose code is run; the recipes of CONTRIBUTING.md have tests of their own."""

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?:\]\(|\bsrc=\"|\bhref=\")([^)\s\"]+)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: where it stands, what is said before it, and what the text block right below
    says it prints.
    """

    page: Path
    line: int
    language: str
    text: str
    before: str
    prints: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of code of a page, in order."""
    text = page.read_text(encoding="utf-8")
    fences = list(_FENCE.finditer(text))
    end = 0
    for at, fence in enumerate(fences):
        below = fences[at + 1] if at + 1 < len(fences) else None
        shown = (
            below and below["language"] == "text" and not text[fence.end() : below.start()].strip()
        )
        line = text.count("\n", 0, fence.start("text")) + 1
        prints = below["text"] if below and shown else None
        yield Block(page, line, fence["language"], fence["text"], text[end : fence.start()], prints)
        end = fence.end()


def commands(block: Block) -> Iterator[tuple[str, str | None]]:
    """The calls of `segeval` in a block for the shell, with what the block says that each prints;
    None: not said.

    Calls stand behind `$ ` where the block has any, or at the start of a line. In a `console`
    block, the lines up to the next call are what the call prints; in `bash`, only a text block
    below says it, of the only call.
    """
    lines = block.text.replace("\\\n", " ").splitlines()
    mark = "$ " if any(line.startswith("$ ") for line in lines) else ""
    calls: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(mark or "segeval "):
            calls.append((line.removeprefix(mark), []))
        elif calls:
            calls[-1][1].append(line)
    for call, below in calls:
        said = "\n".join(below).strip("\n") or None if block.language == "console" else block.prints
        if call.startswith("segeval "):
            yield call, said


def links(page: Path) -> Iterator[str]:
    """The targets of the page's links and pictures, code apart."""
    yield from _LINK.findall(re.sub(r"`[^`\n]+`", "", _prose(page)))


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(_prose(page))
    }


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
