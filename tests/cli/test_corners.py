"""Odd states of work trees, streams and settings that once stopped a command."""

from __future__ import annotations

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    REFUSED,
    codes,
    hook,
    in_shell,
    merge_facts,
    rows,
    states,
)
from tests.support.forge import Forge, remotes_untouched, untouched
from tests.support.gitenv import git, init


def test_pull_with_nothing_to_do_answers_nothing(forge: Forge) -> None:
    """As its dry run does, and as every other command does."""
    forge.add("api")
    forge.write_config()
    assert forge.json("pull", "dev", "--dry-run", check=DONE)["result"] == "nothing"
    assert forge.json("pull", "dev", check=DONE)["result"] == "nothing"


def test_pull_names_the_new_file_that_stands_in_the_way(forge: Forge) -> None:
    """An untracked file that the branch brings along: left as it is, named, with a hint."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "theirs\n"})
    api.write({"a.txt": "mine\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("pull", "dev")
    (problem,) = rows(document)["api"]["problems"]
    assert "a.txt" in problem["message"]
    assert problem["hint"]


def test_file_that_was_taken_out_of_the_index_leaves_the_branch(forge: Forge) -> None:
    """`git rm --cached` and .gitignore: the plan shows a deletion, so the commit deletes."""
    api = forge.add("api", files={"a.txt": "1\n", "secret.txt": "1\n"})
    api.git("rm", "--quiet", "--cached", "secret.txt")
    api.write({".gitignore": "secret.txt\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"a.txt", ".gitignore"}
    assert (api.clone / "secret.txt").exists()


def test_file_out_of_the_index_but_not_ignored_stays_what_the_disk_says(forge: Forge) -> None:
    """`git rm --cached` alone: as with `git add --all`, the content on disk is what counts."""
    api = forge.add("api", files={"a.txt": "1\n", "b.txt": "1\n"})
    api.git("rm", "--quiet", "--cached", "a.txt", "b.txt")
    api.write({"b.txt": "2\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"a.txt", "b.txt"}
    assert api.git("status", "--porcelain") == ""


def test_staged_edit_that_was_taken_back_on_disk_stops_no_push(forge: Forge) -> None:
    """Content equal to HEAD is nothing to commit, whatever the index holds."""
    api, web = forge.add("api"), forge.add("web")
    api.write({"README.md": "x\n"})
    api.git("add", "README.md")
    api.write({"README.md": "# api\n"})
    web.write({"a.txt": "1\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"api": "up_to_date", "web": "published"}


def test_staged_new_file_that_is_gone_from_disk_stops_no_push(forge: Forge) -> None:
    """A file that was added and deleted again is no change."""
    api = forge.add("api")
    api.write({"new.txt": "1\n", "a.txt": "1\n"})
    api.git("add", "new.txt")
    api.write({"new.txt": None})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev").keys() == {"README.md", "a.txt"}


def test_file_that_became_a_folder_is_committed(forge: Forge) -> None:
    """`dir` was a file and is a folder with a file in it."""
    api = forge.add("api", files={"dir": "file\n"})
    api.write({"dir": None})
    api.write({"dir/file.txt": "1\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.tree("dev") == {"dir/file.txt": "1\n"}


def test_repository_that_the_configuration_does_not_know_is_not_committed(forge: Forge) -> None:
    """Another clone inside the workspace folder must not become a submodule without a URL."""
    root = forge.add("shop", path=".")
    other = forge.shop / "services/other"
    other.mkdir(parents=True)
    init(other)
    git(other, "commit", "--quiet", "--allow-empty", "--message", "begin", env=forge.env)
    root.write({"a.txt": "1\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes")
    assert "160000" not in root.remote_git("ls-tree", "-r", "dev")


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\r"])
def test_subject_may_hold_what_python_takes_for_a_line_break(separator: str, forge: Forge) -> None:
    """A colleague's subject with a pasted line separator stops no command."""
    forge.add("api").commit("dev", {"a.txt": "1\n"}, message=f"feat: one{separator}two")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert rows(document)["api"]["commits"] == 1


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">/dev/full"])
def test_stream_that_is_closed_or_full_is_no_bug(redirection: str, forge: Forge) -> None:
    """As for a closed pipe: the release goes on, and nobody sees a traceback."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    done = in_shell(forge, f"$MULTIGIT promote dev stg --yes {redirection}")
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == DONE
    assert len(merge_facts(api, "stg")[0]) == 2


def test_help_is_a_result_like_any_other(forge: Forge) -> None:
    """In ASCII, into `head`, in a CI that claims colours: no bug, no complaint, no escape codes."""
    assert forge.run("--help", env={"PYTHONIOENCODING": "ascii"}).returncode == DONE
    piped = in_shell(forge, "{ $MULTIGIT --help; echo $? >&2; } | head -1")
    assert piped.stderr.split() == ["0"]
    assert "\x1b" not in forge.run("--help", env={"GITHUB_ACTIONS": "true"}).stdout


def test_nothing_to_do_names_no_release(forge: Forge) -> None:
    """A tag that was never made must not be taken for the release's by a script."""
    forge.add("api")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert (document["result"], document["release"]) == ("nothing", None)


def test_submodule_with_changes_inside_is_nothing_to_commit(forge: Forge) -> None:
    """Only another commit of the submodule is a change; files changed in it are its own affair."""
    library, api = forge.add("library"), forge.add("api")
    api.git("submodule", "--quiet", "add", library.url, "lib")
    api.git("commit", "--quiet", "--message", "lib")
    api.git("push", "--quiet", "origin", "dev")
    api.write({"lib/README.md": "dirty\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=DONE)
    assert states(document) == {"library": "up_to_date", "api": "up_to_date"}


@pytest.mark.parametrize("setting", ["commit.gpgSign", "tag.gpgSign"])
def test_signing_that_cannot_work_is_found_while_planning(setting: str, forge: Forge) -> None:
    """A dry run already says that the commits or tags cannot be signed, and what to do."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    api.git("config", setting, "true")
    api.git("config", "gpg.program", "/nonexistent/gpg")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--dry-run", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert problem["hint"]


@pytest.mark.parametrize("command", [("promote", "dev", "stg"), ("push", "dev")])
def test_a_signed_push_that_no_server_takes_is_found_while_planning(
    command: tuple[str, ...], forge: Forge
) -> None:
    """Before the others are published; where nothing is pushed nobody asks."""
    for name in ("api", "web", "idle"):
        forge.add(name)
    for name in ("api", "web"):
        forge.repos[name].commit("dev", {"a.txt": "1\n"})
        forge.repos[name].git("pull", "--quiet", "--ff-only", "origin", "dev")
        forge.repos[name].write({"b.txt": "1\n"})
    for name in ("web", "idle"):
        forge.repos[name].git("config", "push.gpgSign", "true")
    forge.write_config()
    with remotes_untouched(forge):
        document = forge.json(*command, "--yes", check=REFUSED)
    assert codes(rows(document)["web"]) == ["no_signed_push"]
    assert states(document) == {"api": "planned", "web": "blocked", "idle": "up_to_date"}


def test_all_words_of_a_failing_commit_hook_are_shown(forge: Forge) -> None:
    """A linter says what is wrong before its last line; people need to read it."""
    api, web = forge.add("api"), forge.add("web")
    api.write({"a.txt": "1\n"})
    web.write({"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "printf 'a.txt:1: ugly\\nFound 1 error.\\n'; exit 1")
    forge.write_config()
    shown = forge.run("push", "dev", "--yes", check=FAILED).stdout
    assert "a.txt:1: ugly" in shown
    assert web.git("rev-parse", "--short=7", "dev") in shown  # it was committed, and not pushed


def test_commit_that_cannot_be_made_leaves_the_index_as_it_was(forge: Forge) -> None:
    """A hook that says no: what was not staged before is not staged afterwards."""
    api = forge.add("api")
    api.write({"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "exit 1")
    forge.write_config()
    forge.json("push", "dev", "--yes", check=FAILED)
    assert api.git("status", "--porcelain") == "?? a.txt"


def test_hang_up_that_was_ignored_stays_ignored(forge: Forge) -> None:
    """Under nohup a release goes on when the terminal is closed."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    told = forge.shop / ".multigit/lock.json"
    multigit = f"$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
    hook(api.bare / "hooks/pre-receive", f"kill -HUP {multigit}; sleep 0.2")
    done = in_shell(forge, "trap '' HUP; $MULTIGIT promote dev stg --yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (DONE, "1 published.")


def test_the_hint_of_a_conflict_works_with_two_remotes(forge: Forge) -> None:
    """Where no local branch exists yet, and both remotes have one of its name."""
    api = forge.add("api")
    api.commit("dev", {"README.md": "dev\n"})
    api.commit("stg", {"README.md": "stg\n"})
    forge.write_config()
    api.git("remote", "add", "fork", api.url)
    api.git("fetch", "--quiet", "--all")
    api.git("checkout", "--quiet", "--detach")
    api.git("branch", "--quiet", "-D", "dev", check=False)
    (row,) = forge.json("promote", "dev", "stg", "--dry-run", check=REFUSED)["repos"]
    typed = row["problems"][0]["hint"].partition(": ")[2].partition(" && git merge")[0]
    done = in_shell(forge, typed)
    assert done.returncode == 0, done.stderr
    assert api.git("rev-parse", "HEAD") == api.tip("dev")
