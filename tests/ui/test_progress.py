"""The progress display while repositories are being processed."""

from __future__ import annotations

import io

from rich.console import Console

from multigit.core.reports import leaving
from multigit.ui.progress import ROWS, LiveProgress
from multigit.ui.progress_lines import ProgressLines
from multigit.ui.streams import SafeStream
from tests.ui.views import shown


def progress_of(*repos: str) -> LiveProgress:
    """Return the progress display of a phase with these repositories."""
    progress = LiveProgress(Console(file=io.StringIO()))
    progress.phase("Reading", repos)
    return progress


def test_nothing_is_drawn_before_the_first_phase() -> None:
    """There is nothing to count yet."""
    assert not any(shown(LiveProgress(Console(file=io.StringIO())), 80))


def test_a_phase_is_counted_and_what_runs_is_named() -> None:
    """Finished repositories are only counted, and the others show their last report."""
    progress = progress_of("api", "web", "worker")
    progress.started("api", "fetching")
    progress.started("web", "fetching")
    progress.started("web", "trying again: is gone")
    progress.finished("api", "read")
    head, *rows = shown(progress, 80)
    assert head.startswith("Reading ━")
    assert head.endswith(" 1 of 3")
    assert [row[2:] for row in rows] == ["web  trying again: is gone"]


def test_a_new_phase_starts_from_zero() -> None:
    """Nothing is left of the previous phase."""
    progress = progress_of("api", "web")
    progress.started("api", "fetching")
    progress.finished("web", "failed", "is gone")
    progress.phase("Publishing", ["api"])
    (head,) = shown(progress, 80)
    assert (head.split()[0], head.endswith(" 0 of 1")) == ("Publishing", True)


def test_rows_that_have_no_room_are_counted() -> None:
    """The first ones are shown, and the rest is counted."""
    repos = [f"repo-{number}" for number in range(ROWS + 3)]
    progress = progress_of(*repos)
    for repo in repos:
        progress.started(repo, "fetching")
    rows = shown(progress, 80)[1:]
    assert [row.split()[1] for row in rows[:ROWS]] == repos[:ROWS]
    assert rows[ROWS:] == ["  … and 3 more"]


def test_a_description_is_not_markup_and_steers_nothing() -> None:
    """A step of a deployment may have any name."""
    progress = progress_of("api")
    progress.started("api", "running [bold]x[/] \x1b[2J")
    assert shown(progress, 80)[1][2:] == "api  running [bold]x[/] \\x1b[2J"


def test_a_sentence_is_said_above() -> None:
    """It stays when what is drawn disappears, and steers nothing."""
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    with LiveProgress(screen) as progress:
        progress.phase("Publishing", ["api"])
        progress.started("api", "pushing")
        progress.say("Waiting for 1 push: api\x1b[2J.")
    said = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "Waiting for 1 push: api\\x1b[2J." in said


def test_a_command_in_a_sentence_is_in_one_piece() -> None:
    """What is said above wraps its prose only."""
    for width in range(30, 100):
        screen = Console(file=io.StringIO(), width=width)
        LiveProgress(screen).say(leaving.pushing(["payments"]))
        lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert any("multigit continue" in line for line in lines)
        assert max(map(len, lines)) <= width


def test_a_host_that_asks_to_wait_is_named_once() -> None:
    """The note is below the repositories while they wait."""
    progress = progress_of("api", "web")
    for repo in ("api", "web"):
        progress.started(repo, "checking")
        progress.paused("GitHub asks to wait.\x1b[2J")
    assert shown(progress, 80)[3:] == ["GitHub asks to wait.\\x1b[2J"]
    progress = progress_of("api")
    progress.paused("GitHub asks to wait.")
    progress.paused("")
    assert len(shown(progress, 80)) == 1


def test_without_a_terminal_it_is_one_line() -> None:
    """Of all that wait, the first one prints it, also beside a document."""
    stream = io.StringIO()
    lines = ProgressLines(SafeStream(stream), quiet=False)
    for why in ("until 14:05", "until 14:05", "", "", "until 14:06"):
        lines.paused(why)
    assert stream.getvalue() == "until 14:05\nuntil 14:06\n"
    ProgressLines(SafeStream(stream), quiet=True).paused("until 14:07")
    assert stream.getvalue().endswith("until 14:07\n")
