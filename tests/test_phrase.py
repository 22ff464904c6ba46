"""A text knows its commands and times, and is an ordinary text for everyone else."""

from __future__ import annotations

import copy
import json
from copy import deepcopy

from multigit.core.values.text import masked, visible
from multigit.hints import Hint
from multigit.phrase import Instant, Phrase, Typed, commands_in, lines_of, parts_of, phrase


def typed(text: str) -> list[str]:
    """Return the commands of a text."""
    return [part for part in parts_of(text) if isinstance(part, Typed)]


def test_a_phrase_is_its_text() -> None:
    """Documents, comparisons and copies know no difference."""
    hint = Hint.UNDO_FIRST.format(operation="op-1")
    plain = "Undo that first: multigit undo op-1"
    assert hint == plain
    assert {hint: 1} == {plain: 1}
    assert json.dumps([hint, Hint.LOG]) == f'["{plain}", "To see what was done, run multigit log."]'
    assert typed(copy.deepcopy(hint)) == ["multigit undo op-1"]


def test_what_is_between_two_marks_is_a_command() -> None:
    """Its fields belong to it; a mark or a field in a value is nothing but text."""
    assert parts_of(phrase("Run `git add {file}`, then {what}.", file="`a`", what="{b}")) == (
        "Run ", "git add `a`", ", then ", "{b}", ".",
    )  # fmt: skip
    assert typed(phrase("`a {x}` and `b`", x=7)) == ["a 7", "b"]


def test_a_hint_without_fields_knows_its_commands_too() -> None:
    """Also one whose text looks like a field."""
    assert typed(Hint.FINISH) == ["multigit continue", "multigit abandon"]
    assert typed(Hint.THEN_CHECKOUT) == ["git checkout @{-2} && git stash pop --index"]


def test_a_phrase_in_a_phrase_keeps_its_parts() -> None:
    """In prose they are parts of the whole; within a command they are a part of it."""
    inner = phrase("`git stash`, or not")
    assert typed(phrase("First {how}; then `git pull`", how=inner)) == ["git stash", "git pull"]
    assert typed(phrase("`cd x && {how}`", how=Typed("git stash"))) == ["cd x && git stash"]
    assert typed(Phrase("Hint: ", inner)) == ["git stash"]


def test_masks_and_escapes_keep_the_parts() -> None:
    """A secret in a command is hidden there, and the command stays one."""
    secret = phrase("Run `git clone https://me:secret@host/x` at {time}\x1b", time=Instant("now"))
    changed = masked(visible(secret))
    assert typed(changed) == ["git clone https://***@host/x"]
    assert [part for part in parts_of(changed) if isinstance(part, Instant)] == ["now"]
    assert changed.endswith("at now\\x1b")


def test_a_phrase_that_is_nothing_but_a_command_stays_one() -> None:
    """Escapes change its letters, not what it is."""
    assert typed(visible(phrase("`git add {file}`", file="ä\n"))) == ["git add ä\\n"]


def test_pieces_of_a_command_are_one_command() -> None:
    """A hint may end with a command that another text continues."""
    then = Hint.THEN_UNSTASH
    whole = "git push origin HEAD:dev && git stash pop --index"
    assert typed(phrase("Run `git push origin HEAD:{to}`{then}.", to="dev", then=then)) == [whole]
    assert typed(Phrase(Typed("a"), "", Typed(" b"), " or ", Typed("c"))) == ["a b", "c"]


def test_the_lines_of_a_phrase_are_phrases() -> None:
    """A screen shows each by itself, with its commands."""
    first, second = lines_of(Phrase(phrase("Run `git add a`."), "\n", phrase("Or `git add b`.")))
    assert (first, second) == ("Run git add a.", "Or git add b.")
    assert typed(first) + typed(second) == ["git add a", "git add b"]
    assert lines_of("a\n") == ["a", ""]


def test_the_commands_of_a_text() -> None:
    """Each on its own, of a hint as well; an ordinary text has none."""
    assert commands_in(Hint.FINISH) == ("multigit continue", "multigit abandon")
    assert commands_in(Phrase("Run ", Typed("a b"), ", or ", Typed("c"), ".")) == ("a b", "c")
    assert commands_in("multigit continue") == ()


def test_a_filled_hint_knows_which_one_it_is() -> None:
    """Also as a copy; a text that says the same is no hint, and another hint is another one."""
    filled = Hint.UNDO_FIRST.format(operation="op-1")
    assert Hint.UNDO_FIRST.is_in(filled)
    assert Hint.UNDO_FIRST.is_in(deepcopy(filled))
    assert (filled, commands_in(filled)) == (
        "Undo that first: multigit undo op-1",
        ("multigit undo op-1",),
    )
    assert not Hint.DEPLOY_BEFORE.is_in(filled)
    assert not Hint.UNDO_FIRST.is_in(str(filled))
