"""Texts as YAML scalars: plain where every reader takes them for the text, else in quotes."""

from __future__ import annotations

import re

# No indicator at the beginning, so neither a number nor a date; no end that means a key.
_PLAIN = re.compile(r"[A-Za-z_$][^:#]*(?:[:#](?! )(?!$)[^:#]*)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}  # of YAML 1.1, too
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def scalar(text: str) -> str:
    """Return a text as a key or a value of YAML in block style, on one line."""
    plain = _PLAIN.fullmatch(text) and text.isprintable() and " #" not in text
    if plain and not text.endswith(" ") and text.casefold() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES or letter.isprintable():
        return _ESCAPES.get(letter, letter)
    return f"\\U{ord(letter):08x}"
