"""Bad input: for every mistake an error and a next step, and nothing is touched."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    REFUSED,
    USAGE,
    at_terminal,
    codes,
    in_shell,
    rows,
    told,
)
from tests.support.forge import Forge, untouched

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    """Return a workspace of two repositories with work on dev, both in the group backend."""
    forge = Forge(tmp_path_factory.mktemp("bad-input"))
    for name in ("database", "user-frontend"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text.replace('path = "', 'groups = ["backend"]\npath = "'))
    return forge


@pytest.fixture
def single(forge: Forge) -> Forge:
    """Return a workspace of one repository with work on dev."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    return forge


USAGE_ERRORS = [
    (("promote", "dev", "sgt", "--yes"), "unknown_stage", "stg"),
    (("promote", "prod", "main", "--yes"), "unknown_stage", "dev"),
    (("promote", "dev", "main", "--yes"), "not_neighbours", "stg"),
    (("promote", "dev", "dev", "--yes"), "not_neighbours", "stg"),
    (("backmerge", "mian", "--yes"), "unknown_stage", "main"),
    (("push", "dve"), "unknown_stage", "dev"),
    (("push", "dev", "--promote", "stage"), "unknown_stage", "stg"),
    (("pull", "dev", "-r", "databse"), "unknown_repository", "database"),
    (("status", "user-fronted"), "unknown_repository", "user-frontend"),
    ((*PROMOTE, "-x", "frontend"), "unknown_repository", "user-frontend"),
    ((*PROMOTE, "-g", "backnd"), "unknown_group", "backend"),
    ((*PROMOTE, "-x", "database", "-x", "user-frontend"), "usage", "database"),
    ((*PROMOTE, "-m", ""), "usage", "-m"),
    ((*PROMOTE, "-m", " \n"), "usage", "-m"),
    ((*PROMOTE, "-m", "red \x1b[31m"), "message_control_character", "plain text"),
    (("push", "dev", "--yes", "-m", "over\u202egnirts"), "message_control_character", "plain"),
    ((*PROMOTE, "-m", "bell \x07"), "message_control_character", "plain text"),
    ((*PROMOTE, "--jobs", "0"), "usage", "multigit promote --help"),
    ((*PROMOTE, "-j", "many"), "usage", "multigit promote --help"),
    (("log", "-n", "x"), "usage", "multigit log --help"),
    ((*PROMOTE, "--forse"), "usage", "--help"),
    ((*PROMOTE, "--skip-bloked"), "usage", "Did you mean --skip-blocked? See: multigit promote"),
    (("--jobs", "2", *PROMOTE), "usage", "Put --jobs after promote. See: multigit promote --help"),
    (
        ("--id", "x", "lock", "release"),
        "usage",
        "Put --id after lock release.",
    ),
    (("--id", "x"), "usage", "See: multigit --help"),
    (
        ("lock", "--id", "x", "release"),
        "usage",
        "Put --id after lock release.",
    ),
    (("--config", "config", *PROMOTE), "usage", "Put --config after promote."),
    (("-r", "status", *PROMOTE), "usage", "Put -r after promote."),
    (("--config", "lock", "status"), "usage", "Put --config after status."),
    (("--foo", "status"), "usage", "See: multigit --help"),
    (("--jsn", "status"), "usage", "See: multigit --help"),
    (("--version=3", "status"), "usage", "See: multigit --help"),
    ((*PROMOTE, "--jobs"), "usage", "See: multigit promote --help"),
    (("lock", "release", "--id"), "usage", "See: multigit lock release --help"),
    (("promote", "dev"), "usage", "multigit promote --help"),
    (("promot", "dev", "stg"), "usage", "multigit --help"),
    (("lock", "release"), "usage", "multigit lock release --help"),
    (("config", "chekc"), "usage", "multigit config --help"),
    (("status", "-r", "promote", "--nope"), "usage", "multigit status --help"),
    ((*PROMOTE, "--config", "nothing.toml"), "no_config", "init"),
]


@pytest.mark.parametrize(("arguments", "code", "hint"), USAGE_ERRORS)
def test_usage_error_ends_with_2_and_names_the_next_step(
    arguments: tuple[str, ...], code: str, hint: str, shop: Forge
) -> None:
    """The document has the code, the message, and a hint with the nearest name or the help page."""
    with untouched(shop):
        document = shop.json(*arguments, check=USAGE)
    assert (document["result"], document["exit_code"]) == ("error", USAGE)
    (problem,) = document["problems"]
    assert problem["code"] == code
    assert problem["message"] == document["message"]
    assert hint in (problem["hint"] or "")


@pytest.mark.parametrize(
    "arguments", [("--jobs", "2", *PROMOTE), ("lock", "--id", "x", "release")], ids=" ".join
)
def test_the_help_page_in_the_hint_describes_the_option(
    arguments: tuple[str, ...], shop: Forge
) -> None:
    """The hint about an option before its command leads to a page that has the option."""
    said = shop.run(*arguments, check=USAGE).stderr
    page = in_shell(shop, f'multigit() {{ $MULTIGIT "$@"; }}; {said.partition("See: ")[2]}')
    assert page.returncode == DONE, page.stderr
    (option,) = (word for word in arguments if word in {"--jobs", "--id"})
    assert option in page.stdout


def test_usage_error_is_a_sentence_and_a_hint_on_stderr(shop: Forge) -> None:
    """People see the mistake and the nearest name, without a traceback; stdout stays empty."""
    for arguments, expected in (
        (("promote", "dev", "sgt"), "Did you mean stg?"),
        (("promot", "dev", "stg"), "promote"),
        (("promote", "dev", "stg", "-m", "\x1b[31mred"), "U+001B"),
        (("log", "-n", "x"), "Error: --limit must be a whole number, not 'x'."),
        (("log", "--limit", "1.5"), "Error: --limit must be a whole number, not '1.5'."),
        (("log", "-l", ""), "Error: --limit must be a whole number, not ''."),
        (("log", "-n", "-1"), "Error: --limit must be at least 0, not -1."),
        (("log", "-n", "9" * 5000), "Error: --limit must be a whole number, not"),
        (("log", "-n", "\x1b[31m1"), "Error: --limit must be a whole number, not"),
        (("status", "--jobs", "65"), "Error: --jobs must be at most 64, not 65."),
        (("status", "-j", "0"), "Error: --jobs must be at least 1, not 0."),
    ):
        done = shop.run(*arguments, check=USAGE)
        assert expected in done.stderr
        assert (done.stdout, "Traceback" in done.stderr) == ("", False)
        assert "\x1b" not in done.stderr


def test_message_with_line_breaks_and_tabs_is_fine(single: Forge) -> None:
    """Line breaks, tabs, emoji and any script are accepted in a message."""
    message = "feat: größer 日本 🎉\n\n\t- a list\n"
    single.json(*PROMOTE, "-m", message, check=DONE)
    assert single.repos["api"].remote_git("log", "-1", "--format=%B", "stg").strip() == (
        message.strip()
    )


# --- The configuration


def test_no_configuration_says_where_it_looked_and_what_to_run(tmp_path: Path) -> None:
    """Every command exits with 2 and suggests multigit init."""
    forge = Forge(tmp_path)
    for command in (("status",), ("pull", "dev"), PROMOTE):
        with untouched(forge):
            document = forge.json(*command, check=USAGE)
        assert codes(document) == ["no_config"]
        assert str(forge.shop) in document["message"]
        assert "multigit init" in told(document)


def test_configuration_is_found_from_a_folder_below_or_as_named(single: Forge) -> None:
    """From a parent folder, --config or MULTIGIT_CONFIG; its paths are relative to the file."""
    below = single.repos["api"].clone / "src"
    below.mkdir()
    elsewhere = single.root / "elsewhere"
    elsewhere.mkdir()
    config = str(single.shop / "multigit.toml")
    for folder, arguments, env in (
        (below, (), {}),
        (elsewhere, ("--config", config), {}),
        (elsewhere, ("--config", "../shop/multigit.toml"), {}),
        (elsewhere, (), {"MULTIGIT_CONFIG": config}),
    ):
        done = single.run(*PROMOTE, "--dry-run", *arguments, cwd=folder, env=env, check=DONE)
        assert "merge, tag" in done.stdout


def test_bad_toml_is_named_with_file_and_line(single: Forge) -> None:
    """The error names the file and the line of the syntax error."""
    text = single.write_config().read_text()
    line = text.count("\n") + 1
    single.write_config(f"{text}[repos.web\n")
    with untouched(single):
        document = single.json(*PROMOTE, check=USAGE)
    assert codes(document) == ["config"]
    assert "multigit.toml" in document["message"]
    assert f"line {line}" in document["message"]


def test_all_mistakes_of_a_configuration_are_told_at_once(single: Forge) -> None:
    """An unknown key, a wrong type, an unknown stage and a duplicate path: each with its key."""
    text = single.write_config().read_text()
    text = text.replace('promotes_from = "dev"', 'promotes_from = "dve"')
    text = text.replace('timezone = "UTC"', 'timezon = "UTC"\njobs = "many"')
    single.write_config(f'{text}\n[repos.again]\npath = "api"\n')
    with untouched(single):
        document = single.json(*PROMOTE, check=USAGE)
        shown = single.run(*PROMOTE, check=USAGE).stderr
    assert len(document["problems"]) == 4
    for key in ("workspace.timezon", "workspace.jobs", "stages.stg.promotes_from", "repos.again"):
        assert key in told(document)
        assert key in shown
    assert "Did you mean timezone?" in told(document)


# --- The machine


def only(forge: Forge, *programs: str) -> dict[str, str]:
    """Return an environment whose PATH contains nothing but these programs."""
    folder = forge.root / "bin"
    folder.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("command", [("status",), ("pull", "dev"), ("push", "dev", "-y"), PROMOTE])
def test_no_git_on_path_is_said_in_a_sentence(command: tuple[str, ...], single: Forge) -> None:
    """Without git, every command exits with 3 and says which version to install."""
    with untouched(single):
        document = single.json(*command, env=only(single), check=REFUSED)
    assert codes(document) == ["git_missing"]
    assert "2.38" in told(document)


def test_old_git_is_refused_with_both_versions(single: Forge) -> None:
    """Version 2.30 is refused, and nothing is done with it."""
    env = only(single, "sh")
    git = single.root / "bin/git"
    git.write_text('#!/bin/sh\necho "git version 2.30.0"\n')
    git.chmod(0o755)
    with untouched(single):
        document = single.json(*PROMOTE, env=env, check=REFUSED)
    assert codes(document) == ["git_too_old"]
    assert "2.38" in document["message"]
    assert "2.30.0" in document["message"]


def file_for_folder(forge: Forge) -> None:
    """Put a file where multigit keeps its own files."""
    (forge.shop / ".multigit").write_text("mine\n")


def folder_for_log(forge: Forge) -> None:
    """Put a folder where the deployment log should be."""
    (forge.shop / "deployment.log").mkdir()


@pytest.mark.parametrize("obstacle", [file_for_folder, folder_for_log])
@pytest.mark.parametrize("command", [PROMOTE, ("push", "dev", "--yes"), ("backmerge", "--yes")])
def test_workspace_that_cannot_be_written_publishes_nothing(
    command: tuple[str, ...], obstacle: Callable[[Forge], None], single: Forge
) -> None:
    """If an operation cannot be recorded, it is refused: exit 3, an error and a hint.

    A plan needs no folder of its own, but it needs the log, which holds marks: a plan says that a
    release which it deploys is marked as bad.
    """
    api = single.repos["api"]
    api.commit("main", {"fix.txt": "1\n"})
    api.git("pull", "--quiet", "--ff-only")
    api.write({"mine.txt": "1\n"})
    obstacle(single)
    with untouched(single):
        document = single.json(*command, check=REFUSED)
    assert document["result"] == "error"
    assert codes(document)[0] in {"workspace_not_writable", "log_not_writable", "log_unreadable"}
    assert document["hint"]
    looked = single.json("promote", "dev", "stg", "--dry-run")
    if obstacle is folder_for_log:
        assert (looked["exit_code"], codes(looked)) == (REFUSED, ["log_unreadable"])
    else:
        assert looked["result"] == "planned"


def test_read_only_workspace_can_be_looked_at_and_not_changed(single: Forge) -> None:
    """On a read-only mount promote exits with 3, and status --no-fetch works."""
    script = 'mount --bind -o ro "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD" && '
    probe = in_shell(single, f"unshare --mount sh -c '{script} true'")
    if probe.returncode:
        pytest.skip("no read-only mount can be made here, and root ignores permissions")
    with untouched(single):
        done, looked = (
            in_shell(single, f"unshare --mount sh -c '{script} $MULTIGIT {command}'", anew=True)
            for command in ("promote dev stg --yes", "status --no-fetch")
        )
    assert done.returncode == REFUSED
    assert "Traceback" not in done.stderr + looked.stderr
    assert looked.returncode == DONE


# --- Folders that are not repositories


def test_path_that_is_no_repository_is_not_mistaken_for_the_one_above(forge: Forge) -> None:
    """A plain folder inside a repository is reported, and the outer repository is not used."""
    forge.add("shop", path=".")
    (forge.shop / "plain").mkdir()
    (forge.shop / "plain/a.txt").touch()
    (forge.shop / "file").touch()
    (forge.shop / "empty").mkdir()
    text = forge.write_config().read_text()
    forge.write_config(text + "\n[repos.plain]\n[repos.file]\n[repos.empty]\n[repos.missing]\n")
    with untouched(forge):
        for command in (PROMOTE, ("push", "dev", "--yes"), ("backmerge", "--yes")):
            document = forge.json(*command, check=REFUSED)
            found = {name: codes(row) for name, row in rows(document).items()}
            assert found["shop"] == []
            assert found["plain"] == found["empty"] == ["not_a_repository"]
            assert found["missing"] == ["missing"]
            assert len(found["file"]) == 1
        document = forge.json("status", check=FAILED)
    assert all(p["hint"] for row in document["repos"] for p in row["problems"])


def test_error_at_a_terminal_leaves_it_as_it_was(shop: Forge) -> None:
    """The cursor is visible again after an error is shown in color."""
    with at_terminal(shop, "promote", "dev", "sgt") as terminal:
        assert terminal.finish() == USAGE
    assert terminal.raw.count("\x1b[?25l") == terminal.raw.count("\x1b[?25h")
    assert "Did you mean stg?" in terminal.text
