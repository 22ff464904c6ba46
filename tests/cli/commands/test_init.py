"""Set-up: init, config and demo, for someone who has just installed multigit."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.answers import (
    DONE,
    REFUSED,
    USAGE,
    at_terminal,
    codes,
    in_shell,
    rows,
    told,
)
from tests.support.forge import Forge, untouched

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


@pytest.fixture
def clones(forge: Forge) -> Forge:
    """Return a folder of clones without a configuration."""
    forge.add("shop", path=".", stages=("develop", "staging", "master"))
    forge.add("api", path="services/api", stages=("develop", "staging", "master"))
    forge.add("web", path="frontends/web", stages=("develop", "master"))
    return forge


def test_init_writes_a_configuration_that_works_at_once(clones: Forge) -> None:
    """It finds the repositories, their remotes and stages, and the next command can use it."""
    with untouched(clones):
        plan = clones.json("init", "--dry-run", check=DONE)
        shown = clones.run("init", "--dry-run", check=DONE).stdout
    assert plan["content"] == shown
    assert plan["written"] is False
    document = clones.json("init", check=DONE)
    text = (clones.shop / "multigit.toml").read_text()
    config = tomllib.loads(text)
    assert document["written"] is True
    assert text == shown
    assert {repo["path"] for repo in config["repos"].values()} == {
        ".", "services/api", "frontends/web",
    }  # fmt: skip
    assert [stage["branch"] for stage in config["stages"].values()] == [
        "develop", "staging", "master",
    ]  # fmt: skip
    assert config["repos"]["api"]["url"] == clones.repos["api"].url
    assert "staging" in text[text.index("[repos.web]") :]
    assert clones.json("config", "check", check=DONE)["result"] == "done"
    clones.repos["api"].commit("develop", {"a.txt": "1\n"})
    document = clones.json("promote", "dev", "stg", "--dry-run", "-x", "web", check=DONE)
    assert rows(document)["api"]["state"] == "planned"


def test_init_never_overwrites(clones: Forge) -> None:
    """An existing multigit.toml stays as it is, even if it is not valid TOML."""
    (clones.shop / "multigit.toml").write_text("[stages\n")
    with untouched(clones):
        document = clones.json("init", check=REFUSED)
        done = clones.run("init", check=REFUSED)
    assert codes(document) == ["config_exists"]
    assert document["hint"]
    assert done.stdout == ""


IGNORED = ["/deployment.log", "/frontends/web/", "/services/api/"]


def test_init_tells_what_gitignore_lacks_and_adds_it_only_when_told_to(clones: Forge) -> None:
    """Without a terminal, --gitignore confirms it; the command in the hint does the same."""
    file, config = clones.shop / ".gitignore", clones.shop / "multigit.toml"
    hint = clones.run("init", check=DONE).stderr
    assert not file.exists()
    config.unlink()
    assert clones.json("init", check=DONE)["hint"] in hint
    config.unlink()
    assert in_shell(clones, hint.partition(": printf")[2].join(("printf", ""))).returncode == 0
    assert file.read_text().split() == IGNORED
    assert clones.json("init", check=DONE)["gitignore"] == []
    config.unlink()
    file.unlink()
    document = clones.json("init", "--dry-run", "--gitignore", check=DONE)
    assert (document["gitignore"], document["gitignore_written"]) == (IGNORED, False)
    assert not file.exists()
    document = clones.json("init", "--gitignore", check=DONE)
    assert (document["gitignore"], document["gitignore_written"]) == (IGNORED, True)
    assert file.read_text().split() == IGNORED


@pytest.mark.parametrize(
    ("keys", "lines", "exit_code"),
    [(("y", "enter"), IGNORED, DONE), (("enter",), [], DONE), (("ctrl-c",), [], 130)],
)
def test_init_asks_at_a_terminal_before_it_writes(
    keys: tuple[str, ...], lines: list[str], exit_code: int, clones: Forge
) -> None:
    """Yes adds the lines, the default does not, and Ctrl-C leaves no configuration behind.

    What was found is shown before the question.
    """
    with at_terminal(clones, "init") as terminal:
        terminal.expect("branches")
        terminal.expect(".gitignore? (y/N)")
        for key in keys:
            terminal.send_key(key)
        assert terminal.finish() == exit_code
    file = clones.shop / ".gitignore"
    assert (file.read_text().split() if file.exists() else []) == lines
    assert (clones.shop / "multigit.toml").exists() == (exit_code == DONE)


def test_init_where_there_is_nothing_says_what_to_do(forge: Forge) -> None:
    """No repository, no folder, or a file instead of a folder: a usage error with a hint."""
    (forge.shop / "file").touch()
    with untouched(forge):
        for arguments in ((), ("nowhere",), ("file",)):
            document = forge.json("init", *arguments, check=USAGE)
            assert document["hint"]


def test_init_leaves_credentials_out(clones: Forge) -> None:
    """A password in a clone's URL is neither in the file nor on the screen."""
    clones.repos["api"].git("config", "remote.origin.url", "https://ada:canary@example.org/x.git")
    done = clones.run("init", check=DONE)
    text = (clones.shop / "multigit.toml").read_text()
    assert "canary" not in text + done.stdout + done.stderr
    assert "https://example.org/x.git" in text


def test_config_check_tells_all_mistakes_or_that_all_is_fine(clones: Forge) -> None:
    """The example is valid; a broken copy has each mistake with its key, exit 2."""
    example = EXAMPLE.read_text()
    clones.write_config(example)
    with untouched(clones):
        assert clones.json("config", "check", check=DONE)["problems"] == []
        assert "fine" in clones.run("config", "check", check=DONE).stdout
    clones.write_config(example.replace("jobs = 8", "jobs = 0").replace("remote = ", "remot = "))
    document = clones.json("config", "check", check=USAGE)
    assert {part in told(document) for part in ("workspace.jobs", "workspace.remot")} == {True}


def test_config_schema_is_a_json_schema_and_needs_no_workspace(forge: Forge) -> None:
    """It prints one JSON document with every table."""
    schema = json.loads(forge.run("config", "schema", check=DONE).stdout)
    assert "json-schema.org" in schema["$schema"]
    assert {"workspace", "stages", "repos"} <= set(schema["properties"])


def test_demo_uses_no_folder_that_holds_something(forge: Forge) -> None:
    """A folder with a file in it is refused, and stays as it is."""
    (forge.shop / "mine.txt").write_text("1\n")
    with untouched(forge):
        done = forge.run("demo", ".")
    assert done.returncode in {USAGE, REFUSED}
    assert "Traceback" not in done.stderr


def test_completion_knows_stages_and_repositories(clones: Forge) -> None:
    """The shell's completion offers the names in the configuration."""
    clones.json("init", check=DONE)
    for words, expected in (("promote s", "stg"), ("status a", "api"), ("pull m", "main")):
        assert expected in completed(clones, words)


def test_completion_offers_only_targets_that_can_follow(clones: Forge) -> None:
    """Only the neighbors of the source, the next one first; all if the source is unknown."""
    clones.json("init", check=DONE)
    for words, expected in (
        ("promote dev ", ["stg"]),
        ("promote stg ", ["main", "dev"]),
        ("promote stg m", ["main"]),
        ("promote -n main ", ["stg"]),
        ("push dev --promote ", ["stg"]),
        ("push stg --promote m", ["main"]),
        ("promote nope ", ["dev", "stg", "main"]),
    ):
        assert completed(clones, words) == expected, words


def test_completion_offers_operations_releases_and_what_to_confirm(forge: Forge) -> None:
    """As the log has them, the newest first; a deployment offers only releases of its stage."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a": "1\n"})
    config = forge.write_config()
    config.write_text(f'{config.read_text()}groups = ["front"]\n')
    first = forge.json("promote", "dev", "stg", "--yes", "-r", "api", check=DONE)
    second = forge.json("promote", "dev", "stg", "--yes", "-r", "web", check=DONE)
    releases, ids = ([each[key] for each in (second, first)] for key in ("release", "operation"))
    log = forge.shop / "deployment.log"
    log.write_text(f'{log.read_text()}{{"operation": "$(reboot)", "release": "a b"}}\nno json\n')
    assert completed(forge, "undo ") == [*dict.fromkeys(releases), *ids]
    assert completed(forge, "watch ") == completed(forge, "approve ") == []
    assert completed(forge, "undo 2") == ids
    assert completed(forge, "deploy stg ") == [*dict.fromkeys(releases)]
    assert completed(forge, "deploy main ") == []
    assert completed(forge, "promote dev stg --confirm ") == ["stg"]
    assert completed(forge, "undo --confirm m") == ["main"]
    assert completed(forge, "status -g ") == ["front"]


def test_completion_knows_branches_and_the_stages_of_repositories(clones: Forge) -> None:
    """A branch is offered where no stage begins like that; it names its stage."""
    clones.json("init", check=DONE)
    file = clones.shop / "multigit.toml"
    text = file.read_text("utf-8") + 'branches = {dev = "trunk", main = "master"}\n'
    file.write_text(text + 'stages = ["dev", "main"]\n', encoding="utf-8")
    for words, expected in (
        ("pull m", ["main"]),
        ("pull t", ["trunk"]),
        ("promote trunk ", ["stg", "main"]),
        ("promote main ", ["stg", "dev"]),
    ):
        assert completed(clones, words) == expected, words


def completed(forge: Forge, words: str) -> list[str]:
    """Return what the shell would offer after these words."""
    script = (
        f"_MULTIGIT_COMPLETE=complete_bash COMP_WORDS='multigit {words}' "
        f"COMP_CWORD={len(words.split(' '))} $MULTIGIT"
    )
    return in_shell(forge, script).stdout.split()
