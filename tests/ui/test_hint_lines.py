"""A command in a hint can be pasted at every width."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console, Group
from rich.text import Text

from multigit.core.reports.findings import Finding, Level
from multigit.core.reports.reviews import PendingReview
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import (
    Deployment,
    DeploymentSpec,
    Gate,
    Run,
    RunState,
    RunStatus,
)
from multigit.core.values.problem import Problem
from multigit.errors import ConfigError, RefusedError
from multigit.hints import Hint
from multigit.phrase import phrase
from multigit.ui.deployments import deployment_lines
from multigit.ui.errors import error_view
from multigit.ui.findings import findings_view
from multigit.ui.hint_lines import Flowing, ending
from multigit.ui.items import Item, items_view
from multigit.ui.problems import problem_lines
from multigit.ui.render import Prose
from multigit.ui.reviews import gates_view
from multigit.ui.screen import Screen
from tests.core.builders import UNREADABLE
from tests.ui.views import shown

LONG = "git -C payment-gateway-api1 config --unset-all remote.origin.pushurl"
HINT = Hint.ONE_PUSH_URL.format(path="payment-gateway-api1", file="", remote="origin")


class Tty(StringIO):
    """A text stream that is a terminal."""

    def isatty(self) -> bool:
        """Return whether it is one."""
        return True


def test_a_note_is_wrapped_at_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word is broken, and the period stays at the last one."""
    monkeypatch.setenv("COLUMNS", "40")
    for stream, lines in (
        (Tty(), ["Checklist not checked off: On-call knows", "about it."]),
        (
            StringIO(),
            ["Checklist not checked off: On-call knows about it."],
        ),
    ):
        monkeypatch.setattr("sys.stderr", stream)
        Screen(color=False).note("Checklist not checked off: On-call knows about it.")
        assert stream.getvalue().splitlines() == lines


def test_prose_is_wrapped_and_commands_are_not() -> None:
    """A command that does not fit behind the prose is on the next line."""
    assert shown(Flowing(Hint.FINISH_OR_UNDO), 50) == [
        "To finish it, run multigit continue; to undo it,",
        "multigit undo; to close it as is,",
        "multigit abandon.",
    ]


@pytest.mark.parametrize("width", [40, 60])
def test_a_command_longer_than_the_line_has_its_own(width: int) -> None:
    """Only the terminal wraps it, so that it is copied as one line; what follows is below it."""
    text = phrase("To leave it out: `git rm {file}`; the rest stays staged.", file="x" * 80)
    assert shown(Flowing(text, indent=4), width) == [
        "    To leave it out:",
        "    git rm " + "x" * 80,
        "    the rest stays staged.",
    ]


def test_a_word_longer_than_the_line_is_broken() -> None:
    """It is not typed, so that it need not be in one piece."""
    assert shown(Flowing("See " + "x" * 25 + " there"), 20) == ["See", "x" * 20, "x" * 5 + " there"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_hint_below_a_row_or_a_problem_is_whole(width: int) -> None:
    """No table cuts it, and no padding."""
    row = items_view([Item((Text("payment-gateway-api1"), Text("✗")), Text("is sad. " * 9), HINT)])
    for view in (row, *problem_lines([("api", [UNREADABLE])])):
        assert max(map(len, shown(view, width))) <= max(width, len(LONG) + 4)
    assert any(line.strip().removeprefix("Hint: ").endswith(LONG) for line in shown(row, width))


URL = "https://github.example.org/acme/payment-gateway-of-the-shop/compare/staging...development"
SPEC = DeploymentSpec(
    "key", "api", "stg", "stg", "staging", "merge-1", "", "r", "", 0.0, GithubRunner("deploy.yml")
)
GATED = PendingReview(SPEC, Run("7", URL), (Gate(1, "production", ("ada",)),))
FAILED = Deployment(
    state=RunState.FAILED,
    run=Run("7", URL),
    status=RunStatus(RunState.FAILED, detail=f"See {URL}."),
)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_an_address_is_never_broken(width: int) -> None:
    """Neither in prose nor beside the cells of a row: it is opened as it is."""
    row = Item((Text("api"), Text("✗")), Group(Text("abc1234"), deployment_lines(FAILED)))
    said = f"Compare {URL}, if you like."
    views = [
        Flowing(said),
        items_view([row, Item((Text("web"), Text("✗")), Text(said))]),
        *gates_view([GATED]),
        error_view(ConfigError(said, details=((said, ""),))),
        *problem_lines([("api", [Problem("code", f"{said}\n{said}")])]),
        ending(said, ""),
    ]
    lines = [line for view in views for line in shown(view, width)]
    assert sum(URL in line for line in lines) == 10
    assert max(len(line) for line in lines if URL not in line) <= width


@pytest.mark.parametrize("path", ["/srv/shop/" + "x" * 60, "services/" + "x" * 60 + "/deploy.sh"])
def test_a_path_is_never_broken(path: str) -> None:
    """It is opened, or typed, as it is; another long word is broken."""
    text = f"The file {path} cannot be read: {'y' * 50}."
    for view in (Prose(Text(text)), Flowing(text)):
        assert shown(view, 40) == [
            "The file",
            path,
            "cannot be read:",
            "y" * 40,
            "y" * 10 + ".",
        ]


def test_an_error_at_a_narrow_terminal_has_a_whole_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen does not crop what is longer than its lines."""
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(color=False)
    screen.error(RefusedError("No.", hint=HINT))
    screen.say(HINT)
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == said.out.splitlines()[-1] == LONG


def test_what_several_repositories_share_is_said_once() -> None:
    """The line names them all, and the hint is below it once."""
    rows = [(name, [UNREADABLE]) for name in ("api", "web", "worker")]
    console = Console(file=StringIO(), width=80)
    lines = [line for each in problem_lines(rows) for line in shown(each, console.width)]
    assert lines[0].startswith("  ✗ api, web, worker: ")
    assert len(lines) == (2 if UNREADABLE.hint else 1)


def test_what_several_repositories_share_agrees_with_them() -> None:
    """The verb with which it begins does; a sentence with a subject of its own stays as it is."""
    deployed, missing = (
        Problem("deployed", "was deployed, so nothing is undone here."),
        Problem("no_branch", "origin has no branch dev."),
    )
    rows = [("api", [deployed, missing]), ("web", [deployed, missing])]
    assert [line for each in problem_lines(rows) for line in shown(each, 80)] == [
        "  ✗ api, web: were deployed, so nothing is undone here.",
        "  ✗ api, web: origin has no branch dev.",
    ]
    assert [line for each in problem_lines(rows[:1]) for line in shown(each, 80)] == [
        "  ✗ api: was deployed, so nothing is undone here.",
        "  ✗ api: origin has no branch dev.",
    ]
    doctor = [Finding(name, Level.PROBLEM, "a", "is not cloned yet.") for name in ("api", "web")]
    assert shown(findings_view(doctor, 2), 80)[0] == "  ✗ problem  api, web  are not cloned yet."
