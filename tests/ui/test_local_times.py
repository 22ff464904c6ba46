"""Times on screens are those of the machine, with their offset."""

from __future__ import annotations

import json

import pytest

from multigit.core.progress.locks import Holder
from multigit.core.values.flight import Flight, push_under_way
from multigit.core.values.problem import Problem
from multigit.phrase import Instant, Typed, parts_of, phrase
from multigit.ui.hint_lines import ending
from multigit.ui.local_times import local, local_time
from multigit.ui.problems import problem_lines
from multigit.ui.screen import Screen
from tests.ui.views import shown

pytestmark = pytest.mark.usefixtures("berlin")


@pytest.mark.parametrize(
    ("instant", "here"),
    [
        ("2026-01-15T15:01:30Z", "2026-01-15 16:01 +01:00"),
        ("2026-03-29T00:59:59Z", "2026-03-29 01:59 +01:00"),
        ("2026-03-29T01:00:00Z", "2026-03-29 03:00 +02:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25 02:30 +02:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25 02:30 +01:00"),
        ("2025-12-31T23:30:00+00:00", "2026-01-01 00:30 +01:00"),
        ("2026-01-15T15:01:30", "2026-01-15 16:01 +01:00"),
        ("yesterday\x1b", "yesterday\\x1b"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_the_offset_tells_two_equal_hours_apart(instant: str, here: str) -> None:
    """It is that of the time itself, not of today; other text is shown as it is."""
    assert local_time(instant) == here


def test_only_known_times_are_changed() -> None:
    """One in a name or a quotation stays as it is, and commands stay commands."""
    at = "2026-01-15T15:01:30Z"
    text = phrase("`git show {name}` at {time}", name=f"v{at}", time=Instant(at))
    assert local(text) == f"git show v{at} at 2026-01-15 16:01 +01:00"
    assert isinstance(parts_of(local(text))[0], Typed)
    assert local(at) == at


HOLDER = Holder("n", "op", "promote", "Ada", "laptop", 1, "2026-07-15T15:01:30Z", "a release")


def test_sentences_have_the_local_time_on_screens_and_utc_in_documents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The holder of a lock, as an example: the same sentence, in the zone of its reader."""
    sentence = HOLDER.sentence("stg")
    screen = Screen(color=False)
    screen.note(sentence)
    screen.warn(Problem("locked", sentence, "Wait."))
    screen.say(sentence)
    said = capsys.readouterr()
    for line in (*said.err.splitlines(), " ".join(said.out.split())):
        assert line.startswith("stg is locked by Ada on laptop since 2026-07-15 17:01 +02:00: ")
    assert "since 2026-07-15T15:01:30Z: multigit promote" in json.loads(json.dumps(sentence))


def test_the_end_of_a_push_is_not_rounded_down() -> None:
    """It may arrive until then, and a screen shows no seconds."""
    flight = Flight(began=0.0, until=1_784_127_690.5, host="laptop", mark="1:2")
    (line,) = shown(next(iter(problem_lines([("api", [push_under_way(flight)])]))), 200)
    assert line.endswith("until 2026-07-15 17:02 +02:00 at the latest.")


def test_the_last_sentence_has_the_local_time() -> None:
    """Such as when an operation was already undone."""
    said = phrase("It was already undone at {time}.", time=Instant("2025-01-15T15:01:30Z"))
    assert shown(ending(said, ""), 80) == ["It was already undone at 2025-01-15 16:01 +01:00."]
