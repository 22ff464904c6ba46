"""All links in the documents work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.stories import ROOT, documents

LINK = re.compile(r"(?<!\\)\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HOSTS = {"https://keepachangelog.com", "https://semver.org"}


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_links_resolve(document: Path) -> None:
    """Each link leads to a file of the project, or to a heading of a document."""
    for target in links(document):
        if target.startswith("https://"):
            assert any(target.startswith(host) for host in HOSTS)
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert file.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(file), target


def test_every_document_can_be_reached() -> None:
    """The README, or the index in docs/, links to each document."""
    seen = {
        (start.parent / target.partition("#")[0]).resolve()
        for start in (ROOT / "README.md", ROOT / "docs" / "README.md")
        for target in links(start)
    }
    assert {*documents()} - seen <= {ROOT / "README.md", ROOT / "docs" / "README.md"}


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_lines_are_short_and_end_clean(document: Path) -> None:
    """Prose has at most 110 columns; tables, links and outputs may be longer."""
    inside = False
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        inside = inside != line.startswith("```")
        prose = not inside and not line.startswith(("|", "colleague", "!", "who ="))
        assert not prose or len(line) <= 110, f"{document.name}:{number}"
        assert inside or line == line.rstrip(), f"{document.name}:{number}"


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_modules_are_where_the_documents_say(document: Path) -> None:
    """A module is named by its path in the project or the package, or by its file name.

    A row of a table that begins with a room names the modules of that room.
    """
    files = [
        file.relative_to(ROOT).as_posix()
        for top in ("multigit", "tests", "bench", "docs")
        for file in (ROOT / top).rglob("*.py")
    ]
    for line in document.read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `((?:core|adapters|engine)/\w+)`", line)
        inside = f"multigit/{row[1]}/" if row else ""
        for name in re.findall(r"`([\w/]+\.py)`", line):
            wanted = inside if "/" not in name else ""
            assert any(f"/{file}".endswith(f"/{name}") and wanted in file for file in files), line


def links(document: Path) -> list[str]:
    """Return the targets of a document's links, images included."""
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    return [match["target"] for match in LINK.finditer(text)]


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    text = CODE.sub(lambda code: "" if "\n" in code[0] else code[0], document.read_text("utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
