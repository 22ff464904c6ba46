"""The screen while deployments run: what failed and what waits is never left out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.style import Style

from multigit.core.values.deployment import Deployment, Run, RunState, RunStatus
from multigit.hints import Hint
from multigit.ui.live_deployments import LEAVING, LiveDeployments
from tests.docs.stories import ROOT
from tests.ui.views import shown

NOW = 10_000.0
REVIEW = Hint.APPROVE_ELSEWHERE.format(which="")
NAMED = Hint.APPROVE_ELSEWHERE.format(which=" 20250115T150130Z-promote-stg-main-7f3a")


def failed(step: str = "npm test") -> Deployment:
    """Return a deployment that failed after two minutes."""
    status = RunStatus(RunState.FAILED, "build", step, detail=f"it failed at {step}.")
    return Deployment(state=status.state, status=status, since=NOW - 600, seconds=125)


def waiting(*reviewers: str, minutes: int = 3, mine: bool = False) -> Deployment:
    """Return a deployment that has waited for reviewers of production for some minutes."""
    status = RunStatus(
        RunState.WAITING,
        reviewers=reviewers,
        environments=("production",),
        mine=mine,
        since=NOW - 60 * minutes,
    )
    return Deployment(state=status.state, status=status, since=NOW - 1000)


def running(job: str = "deploy", step: str = "push image") -> Deployment:
    """Return a deployment that has run for ten minutes."""
    status = RunStatus(RunState.RUNNING, job, step)
    return Deployment(state=status.state, status=status, since=NOW - 600)


SUCCEEDED = Deployment(state=RunState.SUCCEEDED, since=NOW - 600, seconds=60)


def screen(
    seen: dict[str, Deployment], height: int = 24, width: int = 80, review: str = REVIEW
) -> list[str]:
    """Return the lines on a screen of this size."""
    return shown(LiveDeployments(seen, NOW, height, review), width)


def test_what_failed_comes_first_then_what_waits_then_what_runs() -> None:
    """In the order of the configuration, except that what waits longest comes before the rest."""
    seen = {
        "api": running(),
        "web": SUCCEEDED,
        "docs": waiting("ada", "grace"),
        "mail": waiting("linus", minutes=12),
        "worker": failed(),
        "assets": Deployment(state=RunState.SKIPPED),
    }
    counts, *rows = screen(seen)
    assert counts == "1 failed · 2 waiting · 1 running · 1 deployed · 1 skipped"
    assert rows[0] == "✗ worker  failed after 2min: it failed at npm test."
    assert rows[1] == "… mail    waiting 12min for linus (production)"
    assert rows[2] == "… docs    waiting 3min for ada, grace (production)"
    assert rows[3][2:] == "api     running 10min: deploy · push image"
    assert rows[4:] == [LEAVING]


def test_what_waits_for_us_comes_before_the_others_and_names_the_command() -> None:
    """However long the others have waited."""
    seen = {"api": waiting("ada", minutes=50), "web": waiting("grace", mine=True)}
    _, first, second, *advice = screen(seen)
    assert first == "… web  waiting 3min for you (production; reviewers: grace)"
    assert second.startswith("… api  waiting 50min for ada")
    assert advice == [REVIEW, LEAVING]


def test_a_long_command_has_a_line_of_its_own() -> None:
    """Where no line holds it, it is folded, since what is drawn is cropped."""
    seen = {"api": waiting("ada", mine=True)}
    command = "multigit approve 20250115T150130Z-promote-stg-main-7f3a"
    prose = "To review, run in another terminal:"
    assert screen(seen, review=NAMED)[2:] == [prose, command, LEAVING]
    assert screen(seen, width=40, review=NAMED)[2:5] == [prose, command[:40], command[40:]]


def test_of_the_advice_what_to_run_stays_longest() -> None:
    """If there is no line for both, what Ctrl-C does is left out first."""
    seen = {"api": waiting("ada", mine=True)}
    advice = [screen(seen, height)[2:] for height in (4, 3, 2)]
    assert advice == [[REVIEW, LEAVING], [REVIEW], []]


@pytest.mark.parametrize("height", [-1, 0, 1])
def test_without_any_height_only_the_counts_are_left(height: int) -> None:
    """On a terminal with a line or two."""
    assert screen(crowd(3, 5, 2), height) == ["3 failed · 5 waiting · 2 running"]


def test_wide_letters_do_not_shift_a_row() -> None:
    """They take two columns each."""
    rows = screen({"支払い": failed(), "api": failed()})[1:3]
    assert len({cell_len(row.partition("failed")[0]) for row in rows}) == 1


def crowd(bad: int, waits: int, runs: int) -> dict[str, Deployment]:
    """Return so many deployments of each kind, the urgent ones last."""
    return {
        **{f"running-{n}": running() for n in range(runs)},
        **{f"waiting-{n}": waiting("ada", mine=n == 0) for n in range(waits)},
        **{f"failed-{n}": failed() for n in range(bad)},
    }


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("counts", [(3, 5, 20), (0, 0, 28), (28, 0, 0), (0, 28, 0), (1, 1, 1)])
def test_the_screen_is_never_exceeded(width: int, counts: tuple[int, int, int]) -> None:
    """Neither in lines nor in columns; what would be below the last line is not seen at all."""
    for height in range(3, 40):
        lines = screen(crowd(*counts), height, width)
        assert len(lines) <= height
        assert all(cell_len(line) <= width for line in lines)


def test_what_failed_and_what_waits_is_always_named() -> None:
    """At any height from ten lines on."""
    named = [f"{kind}-{n}" for kind, most in (("failed", 3), ("waiting", 5)) for n in range(most)]
    for height in range(10, 40):
        text = "\n".join(screen(crowd(3, 5, 20), height))
        assert all(name in text for name in named)


def test_on_24_lines_each_urgent_one_has_its_row_and_the_rest_is_counted() -> None:
    """With 28 repositories; the phase and the cursor have a line of their own."""
    _, *rows = screen(crowd(3, 5, 20), 22)
    assert [row.split()[1] for row in rows[:8]] == [
        *(f"failed-{n}" for n in range(3)),
        *(f"waiting-{n}" for n in range(5)),
    ]
    shown_running = [row for row in rows if " running 10min" in row]
    (rest,) = (row for row in rows if "more running: " in row)
    assert rest.strip().startswith(f"{20 - len(shown_running)} more running: running-")
    assert rows[-2:] == [REVIEW, LEAVING]


def test_where_the_rows_have_no_room_the_names_have() -> None:
    """By state, without reasons."""
    _, *rows = screen(crowd(30, 10, 3), 14)
    text = " ".join(rows)
    assert rows[0].startswith("✗ failed: failed-0, failed-1, ")
    assert "… waiting: waiting-0, waiting-1, " in text
    assert all(f"failed-{n}" in text for n in range(30))


def test_a_reason_without_a_job_is_shown() -> None:
    """As when someone cancelled it; so is a poll that found nothing."""
    status = RunStatus(RunState.CANCELLED, detail="it was cancelled on GitHub.")
    lost = replace(running(), status=RunStatus(RunState.RUNNING, detail="GitHub did not answer."))
    rows = screen({"api": Deployment(state=status.state, status=status), "web": lost})
    assert rows[1] == "✗ api  cancelled: it was cancelled on GitHub."
    assert rows[2][2:] == "web  running 10min (GitHub did not answer.)"


def test_nothing_in_a_row_steers_the_terminal() -> None:
    """Jobs, steps and people may have any name."""
    text = "\n".join(screen({"api": running("\x1b[2J", "[bold]"), "web": waiting("a\nb")}))
    assert "\x1b" not in text
    assert "\\x1b[2J · [bold]" in text
    assert "a\\nb" in text


def test_a_name_links_to_the_page_of_its_run() -> None:
    """Where the terminal can show links; an address that could steer it is none."""
    good, evil = "https://example.org/runs/7", "https://example.org/\x1b]8;;x"
    for url, links in ((good, [good]), (evil, []), ("javascript:x", [])):
        seen = {"api": replace(running(), run=Run("7", url))}
        view = LiveDeployments(seen, NOW, 24, REVIEW)
        styles = [span.style for row in view._rows(["api"]) for span in row.spans]
        assert [s.link for s in styles if isinstance(s, Style) and s.link] == links


def test_the_screen_in_the_documents_is_what_is_drawn() -> None:
    """Of 28 repositories on 24 lines, of which the phase and the cursor have one each."""
    text = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    captured = text.partition("```text\nDeploying ")[2].partition("```")[0].splitlines()[1:]
    rest = (
        "fraud-detector invoice-printer email-templates media-resizer review-moderation "
        "recommendation feature-flags audit-trail report-builder status-page"
    )
    seen: dict[str, Deployment] = {}
    for line in captured:
        if found := re.match(r"(\S) (\S+) +(\w+) (after )?(\d+)s(: | for )(.*)", line):
            _, name, word, _, seconds, _, about = found.groups()
            seen[name] = of_words(word, int(seconds), about)
    seen |= dict.fromkeys(rest.split(), seen["gift-cards"])
    drawn = screen(seen, 22)
    assert [re.sub("^[⠀-⣿]", "⠧", line) for line in drawn] == captured


def of_words(word: str, seconds: int, about: str) -> Deployment:
    """Return the deployment that is described like this."""
    state = RunState(word)
    job, _, step = about.partition(" · ")
    status = {
        RunState.FAILED: RunStatus(state, detail=about),
        RunState.WAITING: RunStatus(
            state, environments=("production",), reviewers=("ada",), mine=True, since=NOW - seconds
        ),
        RunState.RUNNING: RunStatus(state, job, step),
    }[state]
    return Deployment(state=state, status=status, since=NOW - seconds, seconds=seconds)
