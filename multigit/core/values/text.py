"""Text from outside, made harmless: secrets masked, control characters made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from shlex import quote

from multigit.phrase import mapped

_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/]+@")
_TOKENS = re.compile(r"([?&](?:access_token|private_token|token)=)[^&\s]+")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
MOST_SLIPS = 2
LONG, PART = 5, 3  # letters: longer names may have two slips; parts have at least so many


def masked(text: str) -> str:
    """Return the text with the user and password of every URL in it replaced by ***."""
    return mapped(_masked, text)


def _masked(text: str) -> str:
    return _TOKENS.sub(r"\1***", _CREDENTIALS.sub(r"\g<scheme>***@", text))


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every one of the secrets in it replaced by ***."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may be a part of another
        text = text.replace(secret, "***")
    return text


def visible(text: str) -> str:
    """Return one line of text in which nothing can control a terminal.

    Escape sequences, bidirectional overrides, zero-width characters and line breaks are escaped, as
    Python does it.
    """
    return text if text.isascii() and text.isprintable() else mapped(_visible, text)


def _visible(text: str) -> str:
    return "".join(
        character.encode("unicode_escape").decode("ascii") if is_hidden(character) else character
        for character in text
    )


def harmless(text: str) -> str:
    """Return a text of several lines in which all but line breaks and tabs is made visible."""
    return re.sub(r"[^\n\t]+", lambda part: visible(part[0]), text)


def operand(path: str) -> str:
    """Return a path as one types it in a shell; it must not look like an option."""
    return quote(f"./{path}" if path.startswith("-") else path)


def pathspec(path: str) -> str:
    """Return a path as one types it for git: as this one file, not as a pattern."""
    if set(path) & set("*?[\\"):
        return quote(f":(literal){path}")
    return quote(f"./{path}") if path.startswith(":") else operand(path)


def is_hidden(character: str) -> bool:
    """Return whether a character controls a terminal, or is invisible or misleading."""
    return unicodedata.category(character) in _HIDDEN


def cut(text: str, length: int) -> str:
    """Return at most so many characters of a text, and … if there are more."""
    return text if len(text) <= length else f"{text[:length]}…"


def shortened(names: tuple[str, ...], limit: int = 3) -> str:
    """Return the names as a list for a sentence, cut after `limit`."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """Return the count with its noun: 1 commit, 2 commits, 2 days, 2 repositories, 2 pushes."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {re.sub(r'(?<![aeiou])y$', 'ie', re.sub('sh$', 'she', noun))}s"


def slips(typed: str, meant: str) -> int:
    """Return how many letters are wrong, missing, extra, or swapped with their neighbor."""
    before, row = list[int](), list(range(len(meant) + 1))
    for i, letter in enumerate(typed, start=1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(meant, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and (letter, typed[i - 2]) == (meant[j - 2], wanted):
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def nearest(typed: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant: one slip away, two for long names, or a part of it.

    Case does not count. Of several names that are equally likely it is the first one; a part of
    several names means none.
    """
    word = typed.casefold()
    known = {name: name.casefold() for name in names}
    near = [name for name, folded in known.items() if abs(len(folded) - len(word)) <= MOST_SLIPS]
    best = min(near, key=lambda name: slips(word, known[name]), default=None)
    allowed = MOST_SLIPS if best and min(len(word), len(best)) > LONG else 1
    if best and slips(word, known[best]) <= allowed:
        return best
    holding = [name for name, folded in known.items() if len(word) >= PART and word in folded]
    return holding[0] if len(holding) == 1 else None


def chosen(repos: Iterable[str]) -> str:
    """Return the options that choose these repositories in a command, each after a blank."""
    return "".join(f" -r {quote(name)}" for name in repos)
