"""What the log records about who confirmed and how, and when no question is asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    NAME_QUESTION,
    QUESTION,
    REFUSED,
    at_terminal,
    codes,
    in_shell,
    tick_and_name,
)
from tests.support import launch
from tests.support.forge import Forge, untouched

TO_MAIN, TO_STG = ("promote", "stg", "main"), ("promote", "dev", "stg")
LIST = 'confirm = "name"\nchecklist = ["Staging is verified", "A roll-back plan exists"]\n'
ADA = "Ada Lovelace <ada@example.org>"


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return a workspace with something to promote everywhere, and a checklist for main."""
    api = forge.add("api")
    api.commit("dev", {"dev.txt": "1\n"})
    api.commit("stg", {"stg.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text.replace('confirm = "name"\n', LIST))
    return forge


def last_record(forge: Forge) -> dict[str, Any]:
    """Return the newest record of the log as scripts read it."""
    record: dict[str, Any] = forge.json("log", check=DONE)["records"][-1]
    return record


def agreed(forge: Forge) -> tuple[str, str]:
    """Return how the last operation was confirmed, and the state of its checklist."""
    record = last_record(forge)
    return record["consent"], record["checklist"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ((*TO_STG, "--yes"), ("yes", "")),
        ((*TO_STG, "--confirm", "stg"), ("confirm", "")),
        ((*TO_STG, "--yes", "--checklist-done"), ("yes", "")),
        ((*TO_MAIN, "--confirm", "main"), ("confirm", "not_ticked")),
        ((*TO_MAIN, "--confirm", "main", "--checklist-done"), ("confirm", "confirmed_by_option")),
        ((*TO_STG, "--confirm", "main"), ("not_given", "")),
        ((*TO_MAIN, "--yes", "--checklist-done"), ("not_given", "")),
    ],
)
def test_options_are_told_apart(
    command: tuple[str, ...], expected: tuple[str, str], shop: Forge
) -> None:
    """The log distinguishes the options, and never claims that an item was checked off."""
    code = REFUSED if expected[0] == "not_given" else DONE
    shop.json(*command, check=code)
    assert agreed(shop) == expected
    by = last_record(shop)["consent_by"]
    assert by == (None if code else {"who": ADA, "actor": "person"})
    shop.json("log", "--verify", check=DONE)


def test_nothing_is_agreed_to_where_nothing_is_asked(shop: Forge) -> None:
    """With confirm = "none", the log records "not_required", even if --yes is passed."""
    text = shop.write_config().read_text()
    shop.write_config(text.replace('confirm = "yes"\n', 'confirm = "none"\n'))
    shop.json(*TO_STG, "--yes", check=DONE)
    assert agreed(shop) == ("not_required", "")
    assert last_record(shop)["consent_by"] is None


def test_ticks_at_a_terminal_are_ticks(shop: Forge) -> None:
    """Items checked off at a terminal and a checklist confirmed by option are recorded as such."""
    with at_terminal(shop, *TO_MAIN) as terminal:
        tick_and_name(terminal)
        assert terminal.finish() == DONE
    assert agreed(shop) == ("terminal", "ticked")
    shop.repos["api"].commit("stg", {"more.txt": "1\n"})
    with at_terminal(shop, *TO_MAIN, "--checklist-done") as terminal:
        terminal.expect(NAME_QUESTION)
        terminal.send_line("main")
        assert terminal.finish() == DONE
    assert agreed(shop) == ("terminal", "confirmed_by_option")


def test_people_see_what_was_not_ticked(shop: Forge) -> None:
    """The items that were not checked off are listed on stderr, and the log mentions them."""
    done = shop.run(*TO_MAIN, "--confirm", "main", check=DONE)
    assert "Checklist not checked off: Staging is verified; A roll-back plan exists." in done.stderr
    assert "checklist not checked off" in shop.run("log", check=DONE).stdout


@pytest.mark.parametrize(
    ("env", "kind"),
    [
        ({"GITHUB_ACTIONS": "true"}, "ci"),
        ({"CI": "true", "CLAUDECODE": "1"}, "agent"),
        ({}, "person"),
    ],
)
def test_the_kind_of_actor_is_recorded(env: Mapping[str, str], kind: str, forge: Forge) -> None:
    """The environment variables decide, and refused operations are recorded, too."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    assert in_shell(forge, f"$MULTIGIT {' '.join(TO_STG)}", env).returncode == REFUSED
    record = json.loads((forge.shop / "deployment.log").read_text().splitlines()[-1])
    assert record["actor"] == kind


@pytest.fixture
def half(shop: Forge) -> Forge:
    """Return a workspace with an operation that a person confirmed and that failed in part."""
    web = shop.add("web")
    text = shop.write_config().read_text()
    shop.write_config(text.replace('confirm = "name"\n', LIST))
    web.commit("stg", {"web.txt": "1\n"})
    web.reject_pushes("refs/heads/main")
    with at_terminal(shop, *TO_MAIN) as terminal:
        tick_and_name(terminal)
        assert terminal.finish() == FAILED
    web.allow_pushes()
    return shop


def test_a_machine_that_continues_does_not_agree(half: Forge) -> None:
    """The record names CI as the actor, and the person as the one who confirmed the plan."""
    assert in_shell(half, "$MULTIGIT continue", {"CI": "true"}).returncode == DONE
    record = last_record(half)
    assert (record["actor"], record["consent"], record["checklist"]) == ("ci", "terminal", "ticked")
    assert record["consent_by"] == {"who": ADA, "actor": "person"}


def test_what_is_planned_anew_is_agreed_to_anew(half: Forge) -> None:
    """A new plan needs a new confirmation, and items checked off for the old plan do not count."""
    half.repos["web"].commit("main", {"hotfix.txt": "1\n"})
    with untouched(half):
        document = half.json("continue", check=REFUSED)
        assert codes(document) == ["confirmation_needed"]
        assert "--checklist-done" in document["hint"]
    command = "$MULTIGIT continue --confirm main"
    assert in_shell(half, command, {"GITHUB_ACTIONS": "true"}).returncode == DONE
    record = last_record(half)
    assert (record["consent"], record["checklist"]) == ("confirm", "not_ticked")
    assert record["consent_by"] == {"who": ADA, "actor": "ci"}


def test_what_is_abandoned_was_agreed_to(half: Forge) -> None:
    """The record of an abandoned operation keeps the confirmation and the checklist."""
    half.json("abandon", check=DONE)
    assert agreed(half) == ("terminal", "ticked")


def test_a_journal_without_a_note_says_so(half: Forge) -> None:
    """A journal of an earlier version without this field is recorded as "unknown"."""
    (journal,) = (half.shop / ".multigit/operations").glob("*.jsonl")
    first, *rest = journal.read_text().splitlines(keepends=True)
    content = json.loads(first)
    del content["agreement"], content["actor"]["kind"]
    journal.write_text("".join((f"{json.dumps(content)}\n", *rest)))
    half.json("continue", check=DONE)
    assert agreed(half) == ("unknown", "")


# --- No one at the terminal


@pytest.mark.parametrize("env", [{"CI": "true"}, {"CURSOR_AGENT": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize(("command", "option"), [(TO_STG, "--yes"), (TO_MAIN, "--confirm main")])
def test_no_question_waits_for_a_machine(
    command: tuple[str, ...], option: str, env: Mapping[str, str], shop: Forge
) -> None:
    """No one is at the pseudo-terminal of a job: exit 3, and the option to pass."""
    with untouched(shop), at_terminal(shop, *command, env=env) as terminal:
        assert terminal.finish() == REFUSED
    assert "Cannot ask for confirmation: no interactive terminal." in terminal.text
    assert option in terminal.text
    assert QUESTION not in terminal.text
    assert agreed(shop) == ("not_given", "")


@pytest.mark.parametrize("closed", ["</dev/null", "<&-", "2>/dev/null"])
def test_no_question_waits_where_half_a_terminal_is(closed: str, shop: Forge) -> None:
    """Nothing is asked if stdin is closed or empty, or if no one would see the question."""
    script = f"exec $MULTIGIT {' '.join(TO_STG)} {closed}"
    master, slave = pty.openpty()
    with untouched(shop):
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=shop.shop,
            env=launch.for_shells(shop.env, anew=closed == "<&-"),
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            check=False,
            timeout=30,
        )
    os.close(slave)
    os.close(master)
    assert done.returncode == REFUSED
    assert agreed(shop) == ("not_given", "")


def test_ctrl_d_at_the_question_cancels(shop: Forge) -> None:
    """As an empty answer does; the log records that no one confirmed."""
    text = shop.write_config().read_text()
    shop.write_config(text.replace("checklist", "# checklist"))
    with untouched(shop), at_terminal(shop, *TO_MAIN) as terminal:
        terminal.expect(NAME_QUESTION)
        terminal.send_key("ctrl-d")
        assert terminal.finish() == REFUSED
    assert "Cancelled. Nothing was changed." in terminal.text
    assert last_record(shop)["result"] == "cancelled"
    assert agreed(shop) == ("not_given", "")
