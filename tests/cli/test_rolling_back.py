"""Back to a good release, and forward again: the whole way, on real remotes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.answers import DONE, REFUSED, codes, hook, rows, states
from tests.cli.hosts import STAGES, deployed, impatient
from tests.support.forge import Forge, ForgeRepo, remotes_untouched, untouched

COMMAND = """
[stages.main.deploy]
runner = "command"
command = ["sh", "deploy.sh"]
"""
SCRIPT = 'echo "$(cat version)" >> "$PLACE/$MULTIGIT_REPO"\n'
TO_MAIN = ("promote", "stg", "main", "--yes")
RELEASING = (*TO_MAIN, "--release-hold", "--reason", "it is fixed")
BACK = ("rollback", "main", "--last-good", "--yes", "--reason", "api is ill")
HELD = "refs/multigit/locks/main"

Changes = Mapping[str, Mapping[str, str | None]]


def set_up(forge: Forge, extra: str = COMMAND) -> tuple[ForgeRepo, ForgeRepo]:
    """Return two services that a script deploys to main; api is deployed after database."""
    database, api = (
        forge.add(name, files={"deploy.sh": SCRIPT, "version": "0\n"})
        for name in ("database", "api")
    )
    place = forge.root / "place"
    place.mkdir()
    forge.env |= {"PLACE": str(place), "PYTHONPATH": str(impatient())}
    repos = "".join(f'\n[repos.{name}]\nurl = "{repo.url}"\n' for name, repo in forge.repos.items())
    forge.write_config(STAGES + extra + repos + 'after = ["database"]\n')
    return database, api


def other_machine(forge: Forge) -> Path:
    """Return a copy of the workspace that knows only what the remotes tell."""
    folder = forge.root / "other"
    shutil.copytree(forge.shop, folder, ignore=shutil.ignore_patterns(".multigit", "*.log"))
    return folder


def release(forge: Forge, files: Changes, message: str) -> str:
    """Let colleagues bring commits to dev and stg, promote that to main, and return the release."""
    for name, changes in files.items():
        repo = forge.repos[name]
        tip = repo.commit("dev", changes, message=message)
        repo.remote_git("update-ref", "refs/heads/stg", tip)
    return str(forge.json(*TO_MAIN, check=DONE)["release"])


def to_stg(forge: Forge, version: str, message: str) -> None:
    """Let a colleague fix api on dev, and promote that to stg."""
    forge.repos["api"].commit("dev", {"version": f"{version}\n"}, message=message)
    forge.json("promote", "dev", "stg", "--yes", check=DONE)


def on(repo: ForgeRepo, branch: str) -> dict[str, str]:
    """Return the files of a branch, without the script."""
    return {path: text.strip() for path, text in repo.tree(branch).items() if path != "deploy.sh"}


def steps(document: Mapping[str, Any]) -> dict[str, tuple[str, str, int]]:
    """Return how each repository goes back, to which commit, and how many commits it loses."""
    found = {row["repo"]: row["steps"][0] for row in document["repos"] if row["steps"]}
    assert {step["type"] for step in found.values()} == {"rollback"}
    return {name: (step["how"], step["to"], step["commits"]) for name, step in found.items()}


def test_the_whole_way(forge: Forge) -> None:  # noqa: PLR0915 - one story
    """A bad release goes back on both machines, and forward again with its fix, losing nothing."""
    database, api = set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    other = other_machine(forge)
    first = release(forge, {"api": {"version": "1\n"}, "database": {"version": "1\n"}}, "feat: one")
    good = {repo.name: repo.tip("main") for repo in (database, api)}
    two = {"version": "2\n", "pay": "pay\n"}
    bad = release(forge, {"api": two, "database": {"version": "2\n"}}, "feat: two")
    assert deployed(forge) == {"api": ["1", "2"], "database": ["1", "2"]}
    branches = {repo.name: repo.tip("main") for repo in (database, api)}

    with untouched(forge):
        plan = forge.json(*BACK, "--dry-run", check=DONE)
    assert plan["release"] == first
    back = forge.json(*BACK, check=DONE)
    assert steps(back) == {name: ("redeploy", sha, 1) for name, sha in good.items()} == steps(plan)
    assert states(back) == {"api": "deployed", "database": "deployed"}
    assert deployed(forge) == {"api": ["1", "2", "1"], "database": ["1", "2", "1"]}
    assert {repo.name: repo.tip("main") for repo in (database, api)} == branches
    assert HELD in database.remote_refs()

    to_stg(forge, "3", "fix: three")
    with remotes_untouched(forge):
        alone = ("-r", "api")  # the lock repository takes no part
        blocked = forge.json(*TO_MAIN, *alone, cwd=other, check=REFUSED)
        (problem,) = rows(blocked)["api"]["problems"]
        assert problem["code"] == "held"
        assert f"rolled it back to {first} (api is ill)" in problem["message"]
        assert "in this workspace" not in problem["message"]
    onward = forge.json(*RELEASING, cwd=other, check=DONE)
    said = [problem["message"] for row in onward["repos"] for problem in row["problems"]]
    assert said.count("1 rolled-back commit goes out again: feat: two.") == 2
    assert [(note["code"], note["reason"]) for note in onward["accepted"]] == [
        ("held", "it is fixed")
    ]
    assert states(onward) == {"api": "published", "database": "deployed"}
    assert deployed(forge) == {"api": ["1", "2", "1", "3"], "database": ["1", "2", "1", "2"]}
    assert on(api, "main") == {"version": "3", "pay": "pay"}
    assert HELD not in database.remote_refs()

    api.commit("main", {"hot": "hot\n"}, message="fix: hot")
    forge.json("backmerge", "main", "--yes", check=DONE)
    assert on(api, "dev") == on(api, "stg") == {"version": "3", "pay": "pay", "hot": "hot"}

    restored = forge.json("rollback", "main", bad, "--how", "restore", "--yes", check=DONE)
    assert steps(restored) == {"api": ("restore", branches["api"], 2)}
    assert states(restored) == {"api": "published", "database": "up_to_date"}
    assert on(api, "main") == {"version": "2", "pay": "pay"}
    assert api.remote_git("rev-parse", f"{restored['release']}^{{commit}}") == api.tip("main")
    assert deployed(forge)["api"][-1] == "2"
    assert HELD not in database.remote_refs()

    to_stg(forge, "4", "fix: four")
    again = forge.json(*TO_MAIN, check=DONE)
    (problem,) = rows(again)["api"]["problems"]
    assert problem["message"].startswith("brings back 2 commits that ")
    everything = {"version": "4", "pay": "pay", "hot": "hot"}
    assert on(api, "main") == on(api, "stg") == everything
    forge.json("backmerge", "main", "--yes", check=DONE)
    assert on(api, "dev") == everything
    assert release(forge, {"api": {"pay": None}}, "feat: no pay")
    assert on(api, "main") == {"version": "4", "hot": "hot"}
    assert deployed(forge)["api"] == ["1", "2", "1", "3", "2", "4", "4"]


def test_a_hold_that_cannot_be_read_blocks(forge: Forge) -> None:
    """Whether its ref is of another kind, or the lock repository does not answer."""
    database, api = set_up(forge, f'{COMMAND}\n[lock]\nrepo = "database"\n')
    api.commit("stg", {"a": "a\n"})
    blob = database.remote_git("hash-object", "-w", "--stdin", input="what?")
    database.remote_git("update-ref", HELD, blob)
    with remotes_untouched(forge):
        blocked = forge.json(*TO_MAIN, "-r", "api", check=REFUSED)
        assert codes(rows(blocked)["api"]) == ["hold_unreadable"]
        database.use_url(str(forge.root / "gone"))
        for options in (("--yes",), ("--yes", "--release-hold", "--reason", "it is fixed")):
            forge.run(*TO_MAIN[:-1], *options, "-r", "api", check=REFUSED)
    assert deployed(forge) == {}


def test_files_are_restored_in_repositories_of_each_kind(forge: Forge) -> None:
    """With long ids, or with signed commits; a shallow clone is refused. Undo takes all back."""
    api = forge.add("api", object_format="sha256")
    web, docs = forge.add("web"), forge.add("docs")
    signs = 'echo >&2 "[GNUPG:] SIG_CREATED "; echo "-----BEGIN PGP SIGNATURE-----"'
    web.git("config", "gpg.program", str(hook(forge.root / "gpg", f"cat >/dev/null; {signs}")))
    web.git("config", "commit.gpgSign", "true")
    forge.write_config(
        STAGES + "".join(f'\n[repos.{n}]\nurl = "{r.url}"\n' for n, r in forge.repos.items())
    )
    every = (api, web, docs)
    first = release(forge, {repo.name: {"a": "1\n"} for repo in every}, "feat: one")
    old = {repo.name: repo.tip("main") for repo in every}
    release(forge, {repo.name: {"a": "2\n", "b": "2\n"} for repo in every}, "feat: two")
    before = forge.remotes_snapshot()
    (docs.clone / ".git/shallow").write_text(f"{docs.tip('main')}\n")
    with remotes_untouched(forge):
        refused = forge.json("rollback", "main", first, "--yes", check=REFUSED)
    assert states(refused)["docs"] == "blocked"
    (docs.clone / ".git/shallow").unlink()

    restored = forge.json("rollback", "main", first, "--yes", check=DONE)
    assert steps(restored) == {name: ("restore", sha, 1) for name, sha in old.items()}
    for repo in every:
        assert repo.tree("main") == repo.tree(old[repo.name])
        made = repo.remote_git("cat-file", "commit", "main")
        assert made.endswith(f"Rolls-back-to: {old[repo.name]}")
        assert ("\ngpgsig " in made) == (repo is web)
    forge.json("undo", "--yes", check=DONE)
    assert forge.remotes_snapshot() == before
