"""The documents and the texts in the code are in plain English, with one word for each thing."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.stories import ROOT

# What sounds translated, or duplicates the word for a thing, and what to write instead.
INSTEAD = {
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, from scratch",
    r"shall": "must, will, is to",
    r"(go|goes|going|went|gone) on(?! top)": "continue, keep running",
    r"(?<!there )(is|are|was|were) no (?!(longer|more|less|one|different|better)\b)": "is not a",
    r"for want of": "without, because there is no",
    r"beforehand": "in advance, first",
    r"belongs? into": "belongs in",
    r"(stand|stands|stood) (so|there|here|in(?! the way)|on(?! (its|their) own)|at|where)": "is",
    r"(as|how) (it|they|things) stands?": "as is, its state",
    r"(?<!are )(?<!were )(?<!is )all the same": "anyway",
    r"(comes?|came) back to": "return to, follow",
    r"in doubt": "unknown",
    r"it is not known whether": "it is unknown whether",
    r"is not finished": "is unfinished",
    r"(?<!cannot )(?<!can )tells? whether": "return whether, say whether",
    r"tells (its|the|a|an|that|what|how|which|where|why|of|no|all|less|nothing)": "say, show",
    r"(?<!you )(is|are|was|were|be) told(?! (not )?to\b)": "report, show, notify",
    r"looks? whether": "check whether",
    r"(?<!user )(?<!person )(?<!who )wants (a|an|the|its|no|more|fewer)": "requires",
    r"wants? -m": "requires",
    r"(takes?|took|taken|taking)( \w+){0,2} back": "revert, undo",
    r"(gives?|gave|given|giving)( \w+)? back": "release",
    r"(comes?|came|brings?|brought)( \w+){0,2} about": "happen, cause",
    r"arrived": "published, reached",
    r"begun": "started",
    r"(?<!clock )ticks?|ticked|ticking": "check off",
    r"agree(s|d|ing)? (to|beforehand)": "confirm",
    r"somebody": "someone",
    r"nobody": "no one",
    r"(?<!, )whoever|whomever": "anyone who, the one who",
    r"examin(e|es|ed|ing)": "check",
    r"rehears(e|es|ed|ing|al|als)": "try, preflight check",
    r"foresee(s|n)?|foresaw": "expect, find in advance",
    r"(end|ends|ended|deployed) well": "succeeded",
    r"to (its|their) end": "until it ends",
    r"(the|this|that) very": "the exact, this",
    r"(has|have) got": "has",
    r"not any more": "no longer",
    r"promoted onwards?": "promoted further",
    r"is there already": "exists",
    r"such a one": "one",
    r"\w*(colou|behaviou|neighbou|favou)r\w*": "color, behavior, neighbor",
}
REFUSED = re.compile(
    "|".join(rf"(?P<_{number}>\b(?:{each})\b)" for number, each in enumerate(INSTEAD)),
    re.IGNORECASE,
)
FENCE = re.compile(r"^```(console|text)\n.*?^```$|^<!--.*?-->$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`]*`")
QUOTES = re.compile(r"^[a-zA-Z]*[\"']+|[\"']+$")
A_CODE = re.compile(r"[a-z_]+")  # such as a problem's, which never changes
STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}

# What is searched: files, and folders with all their modules and documents.
PLACES = (
    "README.md",
    "docs",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "config.example.toml",
    "Makefile",
    ".github",
    "tools",
    "bench",
    "multigit",
)
KINDS = {".md", ".py", ".yml"}


@pytest.mark.parametrize("place", PLACES)
def test_words_are_plain(place: str) -> None:
    """No text has a refused word or phrase."""
    found = [
        f"{file.relative_to(ROOT)}:{number}: “{match[0]}”: say {instead(match)}"
        for file in files(ROOT / place)
        for number, line in texts(file)
        for match in REFUSED.finditer(line)
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def files(place: Path) -> list[Path]:
    """Return the files of a place that are searched."""
    return [file for file in sorted(place.rglob("*")) if file.suffix in KINDS] or [place]


def test_what_is_refused() -> None:
    """Only whole words count, in any case, and good English is not refused."""
    for text in ("Mend it", "goes on", "this is no file", "it takes work back", "stands in a file"):
        assert REFUSED.search(text), text
    for text in ("amendment", "there is no file", "is no longer", "stands for", "goes one up"):
        assert not REFUSED.search(text), text


def test_the_vocabulary_is_kept() -> None:
    """What the table in CONTRIBUTING calls wrong is refused, and its own words are not."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.partition("\n## Words\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*?) \| (.*?) \|(.*?)\|$", section, re.MULTILINE)
    assert len(rows) > 20
    for thing, word, wrong in rows[1:]:
        assert not REFUSED.search(word), thing
        for each in wrong.split(","):
            assert not each.strip() or REFUSED.search(each), each


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file with their lines, without codes, outputs and the table of words.

    A paragraph's lines are joined, so that a phrase is found across a line break.
    """
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        yield from _in_python(source)
        return
    if file.suffix == ".md":
        source = FENCE.sub(_blank, source)
        source = re.sub(r"^## Words\n.*?^## ", _blank, source, flags=re.MULTILINE | re.DOTALL)
        source = CODE.sub(lambda code: "…" + _blank(code), source)
    if file.name == "CHANGELOG.md":
        head, _, rest = source.partition("\n## Unreleased\n")
        source = _blank(head) + "\n\n" + rest.partition("\n## ")[0]
    yield from _paragraphs(source)


def _in_python(source: str) -> Iterator[tuple[int, str]]:
    """Yield comments and strings; consecutive ones make one text."""
    start, kind, parts = 0, 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NL:
            continue
        if token.type != kind:
            text = " ".join(" ".join(parts).split())
            if not A_CODE.fullmatch(text):
                yield start, text
            parts = []
        if token.type == tokenize.COMMENT or token.type in STRINGS:
            start, kind = start if parts else token.start[0], token.type
            parts.append(QUOTES.sub("", token.string).lstrip("# "))
        else:
            kind = 0


def _paragraphs(source: str) -> Iterator[tuple[int, str]]:
    start, lines = 1, list[str]()
    for number, line in enumerate([*source.splitlines(), ""], start=1):
        if line.strip() and lines:
            lines.append(line.strip())
        elif line.strip():
            start, lines = number, [line.strip()]
        elif lines:
            yield start, " ".join(lines)
            lines = []


def _blank(text: re.Match[str] | str) -> str:
    """Replace a text by as many empty lines."""
    return "\n" * (text if isinstance(text, str) else text[0]).count("\n")


def instead(match: re.Match[str]) -> str:
    """Return what to write instead of a refused word."""
    assert match.lastgroup
    return list(INSTEAD.values())[int(match.lastgroup.lstrip("_"))]
