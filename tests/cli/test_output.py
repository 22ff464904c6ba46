"""Output fits 80 columns, is plain without a terminal, and prints no escape sequence of others."""

from __future__ import annotations

import json
import os
import re

import pytest
from rich.cells import cell_len

from tests.cli.answers import (
    DONE,
    FAILED,
    REFUSED,
    USAGE,
    at_terminal,
    hook,
    in_shell,
    merge_facts,
    states,
)
from tests.support import launch
from tests.support.forge import Forge, ForgeRepo
from tests.support.gitenv import as_text
from tests.support.patience import HEARD

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLAN = ("promote", "dev", "stg", "--dry-run")
LONG = "a-repository-with-a-name-that-is-much-longer-than-any-column-has-room-for"


def wide(forge: Forge) -> Forge:
    """Fill a workspace with names, subjects and paths that are too wide for a line."""
    for name in (LONG, "api", "web", "diverged"):
        repo = forge.add(name)
        repo.commit(
            "dev", {"src/" + "deep/" * 30 + "a.txt": "1\n"}, message="feat: " + "日本 " * 60
        )
    repos = forge.repos
    repos["web"].commit("stg", {"src/" + "deep/" * 30 + "a.txt": "2\n"})
    repos["api"].git("checkout", "--quiet", "-b", "feature/" + "x" * 100)
    repos["diverged"].write({"new/" + "n" * 90 + ".txt": "1\n"})
    repos["diverged"].local_commit({"mine.txt": "1\n"}, message="fix: " + "y" * 200)
    forge.write_config()
    return forge


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    """Return a workspace whose names, subjects and paths are too wide."""
    forge = wide(Forge(tmp_path_factory.mktemp("output")))
    forge.run("status", check=DONE)  # fetches for the tests that do not
    return forge


@pytest.fixture
def pair(forge: Forge) -> Forge:
    """Return a workspace of two repositories with work on dev."""
    for name in ("database", "api"):
        forge.add(name).commit("dev", {"a.txt": "1\n"}, message="feat: a")
    forge.write_config()
    return forge


COMMANDS = [
    (("status",), DONE),
    (("promote", "dev", "stg", "--yes"), REFUSED),
    (("promote", "dev", "stg", "-n", "--skip-blocked"), DONE),
    (("push", "dev", "--yes"), REFUSED),
    (("pull", "dev", "--dry-run"), REFUSED),
    (("backmerge", "--dry-run"), REFUSED),
    (("promote", "dev", "main"), USAGE),
    (("--help",), DONE),
    (("promote", "--help"), DONE),
]


@pytest.mark.parametrize(("command", "exit_code"), COMMANDS)
def test_without_a_terminal_lines_are_plain_and_at_most_80_wide(
    command: tuple[str, ...], exit_code: int, shop: Forge
) -> None:
    """No escape sequence and no carriage return; 80 columns unless COLUMNS says otherwise.

    Only a command or a path may be longer, so that it can be pasted: it has the line to itself. A
    sentence on standard error is one line.
    """
    done = shop.run(*command, env={"COLUMNS": "", "TERM": "xterm-256color"}, check=exit_code)
    shown = done.stdout + done.stderr
    assert shown.strip()
    assert "\x1b" not in shown
    assert "\r" not in shown
    long = [line for line in done.stdout.splitlines() if cell_len(line) > 80]
    alone = re.compile(r"\s*(?:(?:cd|git|multigit|--allow) \S.*|\S*/\S*)")
    assert [line for line in long if not alone.fullmatch(line)] == []
    if exit_code == USAGE:
        assert [line.split()[0] for line in done.stderr.splitlines()] == ["Error:", "Hint:"]


def test_table_keeps_its_verdict_however_wide_the_rest_is(shop: Forge) -> None:
    """Names and subjects are shortened, so that each repository's plan stays readable."""
    shown = shop.run(*PLAN, "--skip-blocked", check=DONE).stdout
    lines = [line for line in shown.splitlines() if line.endswith("  merge, tag")]
    assert [line.split()[1:3] for line in lines] == [["1", "1"]] * 3
    assert all("  feat: 日本 " in line for line in lines)
    assert any(re.match("  a-repository-wit.*….*room-for  ", line) for line in lines)


def test_the_live_view_speaks_of_no_fetch_that_is_not_made(shop: Forge) -> None:
    """The live view of status --no-fetch says “Reading”, never “fetching”."""
    with at_terminal(shop, "status", "--no-fetch") as terminal:
        terminal.finish()
    assert "Reading" in terminal.raw
    assert "fetching" not in terminal.raw


def test_colour_is_for_terminals_and_can_be_turned_off(shop: Forge) -> None:
    """A terminal gets colors; NO_COLOR, --no-color and TERM=dumb turn them off."""

    def colours(*arguments: str, **env: str) -> set[str]:
        with at_terminal(shop, "status", "--no-fetch", *arguments, env=env) as terminal:
            terminal.finish()
        assert "waiting" in terminal.text
        found = {code for each in COLOUR.findall(terminal.raw) for code in each[2:-1].split(";")}
        return {code for code in found if re.fullmatch(r"[349]\d|10\d|38|48", code)}

    assert colours()
    assert colours(NO_COLOR="1") == set()
    assert colours("--no-color") == set()
    assert colours(TERM="dumb") == set()


def test_terminal_is_left_as_it_was(pair: Forge) -> None:
    """After a release the cursor is visible and no progress line is left."""
    with at_terminal(pair, "promote", "dev", "stg", "--yes") as terminal:
        assert terminal.finish() == DONE
    assert terminal.raw.count("\x1b[?25l") == terminal.raw.count("\x1b[?25h")
    assert terminal.raw.rstrip().splitlines()[-1].count("\x1b[?25l") == 0
    assert "2 published" in terminal.text


def test_results_are_on_stdout_and_progress_on_stderr(pair: Forge) -> None:
    """Stdout has the report, and stderr one line of progress per repository."""
    done = pair.run("promote", "dev", "stg", "--yes", check=DONE)
    tips = {name: repo.tip("stg")[:7] for name, repo in pair.repos.items()}
    for name, tip in tips.items():
        assert re.search(rf"{name} .*{tip}", done.stdout)
        assert re.search(rf"{name}.*{tip}", done.stderr)
    assert len(done.stderr.splitlines()) == 2


# --- One JSON document


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        *COMMANDS[:-2],
        (("promote", "--nonsense"), USAGE),
        (("status", "nobody"), USAGE),
        (("promote", "stg", "main", "-x", "web"), DONE),
    ],
)
def test_stdout_is_one_json_document_and_nothing_else(
    command: tuple[str, ...], exit_code: int, shop: Forge
) -> None:
    """Every command and every error: one ASCII document, and nothing on stderr."""
    done = shop.run(*command, "--json", check=exit_code)
    document = json.loads(done.stdout)
    assert {"schema", "command", "result", "exit_code", "repos", "problems", "message"} <= set(
        document
    )
    assert (document["schema"], document["exit_code"]) == ("multigit/1", exit_code)
    assert document["command"] in {command[0], None}
    assert done.stdout.isascii()
    assert done.stderr == ""


# --- A reader that closes the pipe


def unread() -> int:
    """Return the writing end of a pipe whose reader has closed it."""
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("flag", [(), ("--json",)])
def test_release_goes_on_when_nobody_reads_its_output(flag: tuple[str, ...], pair: Forge) -> None:
    """With stdout and stderr closed, everything is published: exit 0."""
    write = unread()
    command = ("promote", "dev", "stg", "--yes", *flag)
    release = launch.start(*command, cwd=pair.shop, env=pair.env, stdout=write, stderr=write)
    os.close(write)
    assert release.wait(60) == DONE
    for repo in pair.repos.values():
        assert len(merge_facts(repo, "stg")[0]) == 2


def test_head_shows_the_first_line_and_no_complaint(pair: Forge) -> None:
    """`| head -1` on each command: one line, no traceback, and the usual exit code."""
    for command, exit_code in (
        ("status", DONE),
        ("promote dev stg -n", DONE),
        ("promote dev stg -n --json", DONE),
        ("promote dev stg", REFUSED),
        ("pull dev -n", DONE),
        ("--version", DONE),
    ):
        script = f"{{ $MULTIGIT {command}; echo $? >&2; }} | head -1"
        done = in_shell(pair, script)
        assert done.stderr.split() == [str(exit_code)], done.stderr
        assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "2>/dev/full"])
def test_stream_that_is_closed_or_full_is_no_bug(redirection: str, forge: Forge) -> None:
    """If stdout or stderr is closed or full, the release continues without a traceback."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    done = in_shell(forge, f"$MULTIGIT promote dev stg --yes {redirection}", anew=True)
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == DONE
    assert len(merge_facts(api, "stg")[0]) == 2


@pytest.mark.parametrize("flag", ["", "--json"])
def test_output_that_cannot_be_written_is_an_error(flag: str, forge: Forge) -> None:
    """The release continues, but a script must not take the empty file for its document."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    done = in_shell(forge, f"$MULTIGIT promote dev stg --yes {flag} >/dev/full")
    last = done.stderr.splitlines()[-1]
    assert last == (
        "Error: The output could not be written: No space left on device. "
        "The command itself ended with exit code 0."
    )
    assert done.returncode == FAILED
    assert len(merge_facts(api, "stg")[0]) == 2
    blocked = in_shell(forge, f"$MULTIGIT promote dev sgt {flag} >/dev/full")
    assert blocked.returncode == USAGE


def test_hang_up_that_was_ignored_stays_ignored(forge: Forge) -> None:
    """Under nohup a release continues when the terminal is closed."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    told = forge.shop / ".multigit/lock.json"
    multigit = f"$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
    hook(api.bare / "hooks/pre-receive", f"kill -HUP {multigit}; {HEARD} {multigit}")
    done = in_shell(forge, "trap '' HUP; $MULTIGIT promote dev stg --yes", anew=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (DONE, "1 published.")


# --- Text from outside

EVIL = "\x1b]0;pwned\x07\x1b[2J\x1b[31mred\u202e\u200b\x9b31m"
HARMFUL = ("\x1b]0;pwned", "\x1b[2J", "\x1b[31mred", "\u202e", "\u200b", "\x9b", "\x07")


def plant(repo: ForgeRepo) -> None:
    """Put escape sequences into everything that comes from outside."""
    who = "Eve \x1b[31mred\u202e <eve@example.org>"
    repo.commit("dev", {f"file {EVIL}.txt": "dev\n"}, message=f"feat: {EVIL}", author=who)
    repo.remote_git("update-ref", "refs/heads/feature/\u202e\u200bx", "dev")


def test_escape_sequences_from_outside_never_reach_the_terminal(forge: Forge) -> None:
    """Subjects, authors, paths, branches and hook output are escaped."""
    conflict, push, refused = (forge.add(name) for name in ("conflict", "push", "refused"))
    for repo in (conflict, refused):
        plant(repo)
    (name,) = (path for path in conflict.tree("dev") if path != "README.md")
    conflict.commit("stg", {name: "stg\n"})
    push.write({"-rf": "1\n", f"{EVIL[:20]}.txt": "1\n", ".env\x1b[2J.env": "1\n"})
    push.git("branch", "-m", "dev", "dev")
    hook(
        push.clone / ".git/hooks/pre-commit", "printf '\\033]0;pwned\\007\\033[2Jno\\n' >&2; exit 1"
    )
    hook(
        refused.bare / "hooks/update",
        "printf '\\033]0;pwned\\007\\033[2J\\033[31mred\\302\\233 GH006\\n' >&2; exit 1",
    )
    conflict.git("checkout", "--quiet", "-b", "odd-\u202e\u200b")
    forge.write_config()
    for command, exit_code, expected in (
        (("status",), DONE, "conflict"),
        (("promote", "dev", "stg", "-y", "-x", "push"), REFUSED, r"\x1b"),
        (("promote", "dev", "stg", "-y", "-r", "refused"), FAILED, "GH006"),
        (("push", "dev", "-y", "-x", "conflict"), FAILED, r"\x1b"),
        (("pull", "dev"), DONE, "conflict"),
    ):
        with at_terminal(forge, *command) as terminal:
            assert terminal.finish() == exit_code, terminal.text
        assert expected in terminal.text
        assert [each for each in HARMFUL if each in terminal.raw] == []


def test_names_that_look_like_options_are_names(forge: Forge) -> None:
    """Names with a dash, raw bytes or a line break can be pushed, listed and promoted."""
    api = forge.add("api")
    names = ("-rf", "--output=f", "--force", as_text(b"raw-\xff.txt"), "two\nlines", ":(top)x")
    api.write(dict.fromkeys(names, "1\n"))
    forge.write_config()
    done = forge.run("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert "--output=f" in done.stdout
    assert r"two\nlines" in done.stdout
    assert set(api.tree("stg")) == {"README.md", *names}
    assert api.git("status", "--porcelain") == ""

    api.commit("dev", dict.fromkeys(names, "dev\n"))
    api.commit("stg", dict.fromkeys(names, "stg\n"))
    document = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    (problem,) = document["repos"][0]["problems"]
    assert len(problem["files"]) == len(names)
    assert {"-rf", "--output=f", "two\nlines"} <= set(problem["files"])


def test_output_in_another_encoding_is_written_out(pair: Forge) -> None:
    """With ASCII as the output encoding, text is escaped instead of raising an error."""
    pair.repos["api"].commit("dev", {"ü.txt": "1\n"}, message="feat: größer")
    env = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    for command in (("status",), ("promote", "dev", "stg", "--yes")):
        done = pair.run(*command, env=env, check=DONE)
        assert done.stdout.isascii()
        assert done.stderr.isascii()
    assert states(pair.json(*PLAN, env=env, check=DONE))["api"] == "up_to_date"


# --- Events on lines


def test_events_are_printed_as_they_happen_and_the_document_at_the_end(pair: Forge) -> None:
    """The last line is what --json prints; errors have no other line."""
    done = pair.run("promote", "dev", "stg", "--yes", "--json-lines", check=DONE)
    *events, end = map(json.loads, done.stdout.splitlines())
    assert [each["phase"] for each in events if each["event"] == "phase"][-1] == "Publishing"
    published = [each["repo"] for each in events if each.get("state") == "published"]
    assert sorted(published) == sorted(pair.repos)
    assert end.pop("event") == "end"
    assert set(end) == set(pair.json("promote", "dev", "stg", "--yes", check=DONE))
    assert (end["operation"] is not None, end["result"]) == (True, "done")
    assert done.stderr == ""
    (error,) = pair.run("promote", "dev", "sgt", "--json-lines", check=USAGE).stdout.splitlines()
    assert json.loads(error)["event"] == "end"


# --- The page of a CI job


def test_a_job_summary_is_written_where_ci_collects_them(pair: Forge) -> None:
    """Each command adds to the file; where it cannot be written, that is said and nothing else."""
    page = pair.root / "summary.md"
    here = {"GITHUB_STEP_SUMMARY": str(page)}
    pair.run("promote", "dev", "stg", "--dry-run", env=here, check=DONE)
    pair.run("promote", "dev", "stg", "--yes", env=here, check=DONE)
    titles = [line for line in page.read_text().splitlines() if line.startswith("## ")]
    assert titles == ["## promote dev → stg: planned", "## promote dev → stg: done"]
    elsewhere = {"GITHUB_STEP_SUMMARY": str(pair.root)}
    done = pair.run("promote", "dev", "stg", "--yes", env=elsewhere, check=DONE)
    assert f"The job summary {pair.root} cannot be written: Is a directory." in done.stderr
