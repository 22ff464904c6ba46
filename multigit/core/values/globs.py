"""Patterns of paths in a repository, as in a .gitignore: `migrations/**`, `*.sql`, `db/**/x.rb`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache


def matching(paths: Iterable[str], globs: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that the patterns match, in their order; the last one that fits decides.

    As in a .gitignore at the root of the repository: a pattern with a slash at its beginning or
    inside is matched from the root, any other one at any depth. What matches a folder matches all
    that is in it; with a slash at its end it matches only that. `*` and `?` stop at a slash, a part
    `**` stands for any number of folders, `!` excludes. Upper and lower case differ.
    """
    rules = [(not glob.startswith("!"), _compiled(glob.removeprefix("!"))) for glob in globs]

    def wanted(path: str) -> bool:
        fits = (includes for includes, rule in reversed(rules) if rule.fullmatch(path))
        return next(fits, False)

    return tuple(filter(wanted, paths))


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    """Return the expression of one pattern, which fits whole paths."""
    parts = glob.rstrip("/").split("/")
    if len(parts) == 1:
        parts = ["**", *parts]
    below = "/.+" if glob.endswith("/") else "(?:/.+)?"
    return re.compile("".join(_parts([part for part in parts if part])) + below, re.DOTALL)


def _parts(parts: Sequence[str]) -> Iterator[str]:
    """Yield the expression of each part, with the slash after it."""
    for number, part in enumerate(parts, start=1):
        last = number == len(parts)
        if part == "**":
            yield ".+" if last else "(?:[^/]+/)*"
        else:
            yield "".join(_letters(part)) + ("" if last else "/")


def _letters(part: str) -> Iterator[str]:
    """Yield the expression of each letter, wildcard or class of a part."""
    rest = part
    while rest:
        first, rest = rest[0], rest[1:]
        if first == "*":
            rest = rest.lstrip("*")
            yield "[^/]*"
        elif first == "?":
            yield "[^/]"
        elif first == "\\" and rest:
            yield re.escape(rest[0])
            rest = rest[1:]
        elif first == "[" and (found := _CLASS.match(rest)):
            yield _one_of(found[2], negated=bool(found[1]))
            rest = rest[found.end() :]
        else:
            yield re.escape(first)


# What follows the bracket of a class; a closing one at its beginning is one of its letters.
_CLASS = re.compile(r"([!^]?)(\]|\]?[^\]]+)\]")


def _one_of(letters: str, *, negated: bool) -> str:
    """Return the expression of a class; a range that runs backwards has no letters."""
    ranges = re.findall(r"(.)-(.)|(.)", letters, re.DOTALL)
    ends = [(low or single, high or single) for low, high, single in ranges]
    spans = [f"{re.escape(low)}-{re.escape(high)}" for low, high in ends if low <= high]
    if not spans:
        return "[^/]" if negated else "(?!)"
    return f"(?!/)[{'^' if negated else ''}{''.join(spans)}]"
