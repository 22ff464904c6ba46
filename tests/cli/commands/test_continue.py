"""Continuing again and again while others change the remotes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, codes, hook, rows, states
from tests.cli.hosts import COMMAND, STAGES, deployed
from tests.hints.typing import follow
from tests.support import launch
from tests.support.forge import Forge, ForgeRepo, remotes_untouched
from tests.support.patience import until

PROMOTE = ("promote", "dev", "stg", "--yes")
SCRIPT = (
    'echo "$1" >> "$PLACE/$MULTIGIT_REPO"\nwhile test -e "$PLACE/../wait"; do sleep 0.05; done\n'
)


@pytest.fixture
def halves(forge: Forge) -> Forge:
    """Return a promotion whose api is published and deployed, and whose web was refused."""
    for name in ("api", "web"):
        repo = forge.add(name, files={"deploy.sh": SCRIPT})
        repo.commit("dev", {"a.txt": "1\n"}, message="feat: a")
    place = forge.root / "place"
    place.mkdir()
    forge.env["PLACE"] = str(place)
    repos = "".join(f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in forge.repos.items())
    forge.write_config(STAGES + COMMAND + repos)
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json(*PROMOTE, check=FAILED)
    forge.repos["web"].allow_pushes()
    return forge


def delete_tag(repo: ForgeRepo) -> None:
    """Delete the only tag of a remote."""
    (tag,) = (ref for ref in repo.remote_refs() if ref.startswith("refs/tags/"))
    repo.remote_git("update-ref", "-d", tag)


def force_away(repo: ForgeRepo) -> str:
    """Force-push a colleague's commit over what was published."""
    repo.remote_git("update-ref", "refs/heads/stg", "refs/heads/main")
    return repo.commit("stg", {"theirs.txt": "1\n"})


def set_back(repo: ForgeRepo) -> None:
    """Revert by hand what was published: delete the tag and reset the branch."""
    delete_tag(repo)
    repo.remote_git("update-ref", "refs/heads/stg", "refs/heads/main")


# --- Deployments


def test_what_was_deployed_is_not_deployed_again_where_its_tag_is_gone(halves: Forge) -> None:
    """Only the tag is published again."""
    delete_tag(halves.repos["api"])
    document = halves.json("continue", check=DONE)
    assert document["message"] == "2 published, 2 deployed."
    assert {name: len(runs) for name, runs in deployed(halves).items()} == {"api": 1, "web": 1}
    assert document["release"] in " ".join(halves.repos["api"].remote_refs())


def test_what_still_runs_is_watched_where_its_tag_is_gone(halves: Forge) -> None:
    """Multigit was killed during the deployment; continue watches it without starting it again."""
    wait = halves.root / "wait"
    wait.touch()
    running = launch.start("continue", cwd=halves.shop, env=halves.env)
    until((Path(halves.env["PLACE"]) / "web").exists)
    running.kill()
    running.communicate()
    delete_tag(halves.repos["web"])
    wait.unlink()
    halves.json("continue", check=DONE)
    assert {name: len(runs) for name, runs in deployed(halves).items()} == {"api": 1, "web": 1}


@pytest.mark.parametrize("tag_stays", [True, False])
def test_what_was_deployed_and_overwritten_is_left_to_a_person(
    halves: Forge,
    tag_stays: bool,  # noqa: FBT001
) -> None:
    """Planning it again would deploy the tag twice, or always fail at its own tag."""
    api = halves.repos["api"]
    theirs = force_away(api)
    if not tag_stays:
        delete_tag(api)
    with remotes_untouched(halves):
        document = halves.json("continue", "--yes", check=REFUSED)
    assert codes(rows(document)["api"]) == ["moved"]
    follow(halves, document, Hint.START_OVER, "multigit abandon")
    assert (api.tip("stg"), len(deployed(halves)["api"])) == (theirs, 1)
    halves.json(*PROMOTE, check=DONE)


# --- Skipped repositories


def with_docs(halves: Forge, more: str = "") -> Forge:
    """Start over with a third repository, after the remotes of web and docs refused once."""
    halves.json("abandon")
    halves.add("docs")
    repos = "".join(f'\n[repos.{name}]\nurl = "{r.url}"\n' for name, r in halves.repos.items())
    halves.write_config(STAGES + repos + more)
    for repo in halves.repos.values():
        repo.commit("dev", {"a.txt": "2\n"})
    for name in ("web", "docs"):
        halves.repos[name].reject_pushes("refs/heads/stg")
    halves.json(*PROMOTE, check=FAILED)
    for name in ("web", "docs"):
        halves.repos[name].allow_pushes()
    return halves


def test_what_comes_after_what_is_left_out_is_not_published(halves: Forge) -> None:
    """Docs comes after web, so it is skipped as well, although its commit was already made."""
    forge = with_docs(halves, 'after = ["web"]\n')
    forge.repos["web"].commit("stg", {"a.txt": "theirs\n"})
    before = forge.repos["docs"].remote_refs()
    blocked = forge.json("continue", check=REFUSED)
    assert states(blocked) == {"api": "published", "web": "blocked", "docs": "planned"}
    assert "--skip-blocked" not in blocked["hint"]
    document = forge.json("continue", "--skip-blocked", check=DONE)
    assert states(document) == {"api": "published", "web": "skipped", "docs": "skipped"}
    assert forge.repos["docs"].remote_refs() == before


def test_what_is_left_out_is_left_to_do_for_a_look(halves: Forge) -> None:
    """It says which repository it skips, and the hint closes the operation without it."""
    halves.repos["web"].commit("stg", {"a.txt": "theirs\n"})
    said = halves.json("continue", "--skip-blocked", "--dry-run", check=DONE)
    assert said["message"].endswith("is left to do without web.")
    follow(halves, said, Hint.CLOSE_WITHOUT, "multigit continue --skip-blocked")
    assert halves.json("status")["unfinished"] is None


def test_a_remote_that_is_gone_is_left_out_where_nothing_was_begun(halves: Forge) -> None:
    """As the hint suggests, --skip-blocked skips the repository whose remote is gone."""
    bare = with_docs(halves).repos["web"].bare
    bare.rename(bare.with_suffix(".away"))
    blocked = halves.json("continue", check=REFUSED)
    assert blocked["hint"].endswith("continue with the other one: --skip-blocked")
    document = halves.json("continue", "--skip-blocked", check=DONE)
    assert states(document) == {"api": "published", "web": "skipped", "docs": "published"}


# --- What the remote has


def test_what_was_set_back_since_is_published_again(forge: Forge) -> None:
    """Continue compares with the remote, so a branch that was reset is published again."""
    api, web = _refused_twice(forge)
    set_back(api)
    web.allow_pushes()
    document = forge.json("continue", check=DONE)
    assert api.remote_refs()["refs/heads/stg"] == rows(document)["api"]["after"]


def test_what_was_overwritten_since_blocks(forge: Forge) -> None:
    """It blocks, and no confirmation is asked for."""
    api, web = _refused_twice(forge)
    force_away(api)
    web.allow_pushes()
    document = forge.json("continue", check=REFUSED)
    assert codes(rows(document)["api"]) == ["moved"]
    assert document["problems"] == []


def _refused_twice(forge: Forge) -> tuple[ForgeRepo, ForgeRepo]:
    """Return api, which a promotion published, and web, which its remote refused twice."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json(*PROMOTE, check=FAILED)
    forge.json("continue", check=FAILED)
    return forge.repos["api"], forge.repos["web"]


# --- Work that was confirmed


def _killed_while_it_commits(forge: Forge, *args: str) -> ForgeRepo:
    """Push, and kill multigit in the hook, before there is a commit."""
    api = forge.add("api")
    api.write({"a.txt": "agreed\n"})
    forge.write_config()
    told = forge.shop / ".multigit/lock.json"
    multigit = f"$(sed 's/.*\"pid\": \"//; s/\".*//' '{told}')"
    stops = hook(api.clone / ".git/hooks/pre-commit", f"kill -KILL {multigit}; exit 1")
    forge.run("push", "dev", *args, "--yes", check=-signal.SIGKILL)
    stops.unlink()
    return api


def test_files_that_changed_since_they_were_agreed_to_are_not_committed(forge: Forge) -> None:
    """Nothing is pushed, and the hint is a new push."""
    api = _killed_while_it_commits(forge, "--promote", "stg")
    api.write({"a.txt": "half done\n"})
    with remotes_untouched(forge):
        document = forge.json("continue", check=FAILED)
    assert codes(rows(document)["api"]) == ["work_changed"]
    follow(forge, document, Hint.PUSH_CHANGED, "multigit push dev", "--yes")


def test_files_that_did_not_change_are_committed_without_a_question(forge: Forge) -> None:
    """Files that were confirmed and are unchanged need no new confirmation."""
    api = _killed_while_it_commits(forge, "--promote", "stg")
    forge.json("continue", check=DONE)
    assert api.tree("stg")["a.txt"] == "agreed\n"


def test_files_of_which_only_the_names_were_agreed_to_are_asked_for_again(forge: Forge) -> None:
    """A push without --promote does not record the content, so continue asks again."""
    forge_stages = STAGES.replace('branch = "dev"\n', 'branch = "dev"\nconfirm = "yes"\n', 1)
    api = _killed_while_it_commits(forge)
    forge.write_config(f'{forge_stages}\n[repos.api]\nurl = "{api.url}"\n')
    api.write({"a.txt": "half done\n"})
    with remotes_untouched(forge):
        document = forge.json("continue", check=REFUSED)
    assert [each["code"] for each in document["problems"]] == ["confirmation_needed"]


# --- Changes since then


def test_watching_tells_what_was_taken_back_since(halves: Forge) -> None:
    """The journal says published, but the log says undone."""
    config = halves.shop / "multigit.toml"
    config.write_text(config.read_text() + '\n[repos.web.deploy.stg]\nrunner = "none"\n')
    halves.json("abandon")
    for repo in halves.repos.values():
        repo.commit("dev", {"a.txt": "2\n"})
    halves.json(*PROMOTE, check=DONE)
    halves.json("undo", "--yes", check=DONE)
    document = halves.json("watch", check=DONE)
    assert document["message"] == "1 published, 1 undone, 1 deployed."
    assert states(document) == {"api": "published", "web": "not_published"}


def test_what_was_abandoned_half_published_can_be_undone(forge: Forge) -> None:
    """The branch was published, even if its tag is gone, so undo reverts it."""
    api, _ = _refused_twice(forge)
    delete_tag(api)
    forge.json("abandon")
    document = forge.json("undo", "--yes", check=DONE)
    assert document["message"] == "1 undone."
    assert api.remote_refs()["refs/heads/stg"] == api.remote_refs()["refs/heads/main"]
