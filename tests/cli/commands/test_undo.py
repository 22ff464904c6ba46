"""Undo: which operations can be undone, by id or by the tag of the release."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, codes, hook, rows, states, told
from tests.support.forge import Forge, remotes_untouched, untouched


@pytest.fixture
def promoted(forge: Forge) -> Forge:
    """Return a workspace whose api was promoted to stg, and whose web had nothing to promote."""
    forge.add("web")
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    return forge


def test_operation_is_named_by_its_release_or_its_id(forge: Forge) -> None:
    """The tag in the log is enough; an unknown name is a usage error."""
    api = forge.add("api")
    forge.write_config()
    api.commit("dev", {"a.txt": "1\n"})
    before = api.tip("stg")
    first = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    middle = api.tip("stg")
    api.commit("dev", {"b.txt": "1\n"})
    second = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    with untouched(forge):
        document = forge.json("undo", "stg-deploy-1", "--yes", check=USAGE)
    assert codes(document) == ["unknown_operation"]
    assert "multigit log" in told(document)
    forge.json("undo", second["release"], "--yes", check=DONE)
    assert api.tip("stg") == middle
    forge.json("undo", first["operation"], "--yes", check=DONE)
    assert api.tip("stg") == before


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_what_was_undone_is_not_undone_again(promoted: Forge, options: tuple[str, ...]) -> None:
    """By any name, it says when and by whom it was undone, exits with 0, and adds no record."""
    first = promoted.json("log")["records"][0]
    promoted.json("undo", "--yes", check=DONE)
    for name in ((), (first["operation"],), (first["release"],)):
        with untouched(promoted):
            document = promoted.json("undo", *name, "--yes", *options, check=DONE)
        assert document["result"] == "nothing"
        assert codes(document) == ["undone_already"]
        assert "was already undone at 20" in document["message"]
        assert "by Ada Lovelace" in document["message"]
    said = promoted.run("undo", "--yes", *options, check=DONE).stdout
    assert "up to date" not in said
    assert "was already undone" in " ".join(said.split())
    assert len(promoted.json("log")["records"]) == 2


def test_an_undo_that_is_typed_twice_takes_back_one_release(halves: Forge) -> None:
    """The second undo changes nothing, even if the first one closed an unfinished operation."""
    halves.json("continue", "--yes", check=DONE)
    web = halves.repos["web"]
    web.commit("dev", {"c.txt": "1\n"})
    api = halves.repos["api"]
    api.commit("dev", {"c.txt": "1\n"})
    refusing = hook(web.bare / "hooks/pre-receive", "exit 1")
    last = halves.json("promote", "dev", "stg", "--yes", check=FAILED)
    refusing.unlink()
    halves.json("undo", "--yes", check=DONE)
    with untouched(halves):
        document = halves.json("undo", "--yes", check=DONE)
    assert codes(document) == ["undone_already"]
    assert last["operation"] in document["message"]


def test_what_somebody_took_back_by_hand_is_not_there(promoted: Forge) -> None:
    """Undo finds nothing left to do, and names no one."""
    (record,) = promoted.json("log")["records"]
    api, (row,) = promoted.repos["api"], (r for r in record["repos"] if r["repo"] == "api")
    api.remote_git("update-ref", "refs/heads/stg", row["before"])
    api.remote_git("update-ref", "-d", f"refs/tags/{row['tag']}")
    document = promoted.json("undo", "--yes", check=DONE)
    assert codes(document) == ["nothing_left"]


@pytest.mark.parametrize("options", [("--yes",), ("--dry-run",)])
def test_what_was_built_on_everywhere_is_refused(promoted: Forge, options: tuple[str, ...]) -> None:
    """The reason is given even if other repositories had no part in the operation."""
    promoted.repos["api"].commit("stg", {"b.txt": "1\n"})
    with remotes_untouched(promoted):
        document = promoted.json("undo", *options, check=REFUSED)
    assert document["result"] == "blocked"
    assert codes(document) == ["cannot_be_undone"]
    assert "cannot be undone: 1 built on." in document["message"]
    assert "revert this operation's work" in document["hint"]
    assert states(document) == {"web": "up_to_date", "api": "skipped"}
    assert codes(rows(document)["api"]) == ["not_undone"]
    records = promoted.json("log")["records"]
    assert [each["reason"] for each in records[1:]] == (
        [] if "--dry-run" in options else ["cannot_be_undone"]
    )


def test_the_refusal_is_one_sentence_under_the_reasons(promoted: Forge) -> None:
    """The output says what was skipped and why, and ends with one summary."""
    promoted.repos["api"].commit("stg", {"b.txt": "1\n"})
    said = " ".join(promoted.run("undo", "--yes", check=REFUSED).stdout.split())
    assert "! api: has new commits on stg," in said
    assert said.count("Nothing was changed.") == 1
    assert "Nothing to do" not in said


def test_what_is_left_after_an_undo_in_part_is_refused(promoted: Forge) -> None:
    """One repository was undone the first time, but the rest still cannot be undone."""
    web = promoted.repos["web"]
    promoted.repos["api"].commit("dev", {"c.txt": "1\n"})
    web.commit("dev", {"c.txt": "1\n"})
    promoted.json("promote", "dev", "stg", "--yes", check=DONE)
    web.commit("stg", {"d.txt": "1\n"})
    assert states(promoted.json("undo", "--yes", check=DONE)) == {
        "web": "skipped", "api": "published",
    }  # fmt: skip
    document = promoted.json("undo", "--yes", check=REFUSED)
    assert codes(document) == ["cannot_be_undone"]


def test_a_remote_that_does_not_answer_is_the_reason(promoted: Forge) -> None:
    """The error is that the remote is missing, not that it was deployed or built on."""
    api, web = promoted.repos["api"], promoted.repos["web"]
    for repo in (api, web):
        repo.commit("dev", {"c.txt": "1\n"})
    web.reject_pushes("refs/heads/stg")
    promoted.json("promote", "dev", "stg", "--yes", check=FAILED)
    url = api.url
    api.use_url("file:///nothing.git")
    document = promoted.json("undo", "--yes", check=REFUSED)
    assert codes(document) == []
    assert codes(rows(document)["api"]) == ["remote_missing"]
    assert "--skip-blocked" not in (document["hint"] or "")
    api.use_url(url)
    web.allow_pushes()
    promoted.json("undo", "--yes", check=DONE)


# --- After a continue


@pytest.fixture
def halves(forge: Forge) -> Forge:
    """Return a promotion whose api is published, and whose web was refused until now."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json("promote", "dev", "stg", "--yes", check=FAILED)
    forge.repos["web"].allow_pushes()
    return forge


def test_what_was_published_before_a_continue_goes_back_too(halves: Forge) -> None:
    """Branch and tag of every repository are undone; document and log agree with the remotes."""
    tips = {name: repo.remote_refs() for name, repo in halves.repos.items()}
    before = dict.fromkeys(halves.repos, tips["web"]["refs/heads/stg"])
    before["api"] = halves.repos["api"].remote_git("rev-parse", "stg^1")
    halves.json("continue", check=DONE)
    wrote = {name: repo.tip("stg") for name, repo in halves.repos.items()}
    dry = halves.json("undo", "--dry-run", check=DONE)
    assert dry["message"] == "2 repositories will be reset."
    document = halves.json("undo", "--yes", check=DONE)
    assert (document["result"], document["message"]) == ("done", "2 undone.")
    for name, repo in halves.repos.items():
        refs = repo.remote_refs()
        assert refs["refs/heads/stg"] == before[name]
        assert not any(ref.startswith("refs/tags/") for ref in refs)
    (record,) = (each for each in halves.json("log")["records"] if each["undoes"])
    told = {row["repo"]: (row["before"], row["after"]) for row in record["repos"]}
    assert told == {name: (wrote[name], before[name]) for name in halves.repos}


def test_what_was_undone_before_it_was_finished_was_undone_already(halves: Forge) -> None:
    """An unfinished operation that was undone is found by the tag of its release."""
    halves.json("undo", "--yes", check=DONE)
    (record, _) = halves.json("log")["records"]
    document = halves.json("undo", record["release"], "--yes", check=DONE)
    assert codes(document) == ["undone_already"]


@pytest.fixture
def half_undone(forge: Forge) -> Forge:
    """Return an undo that succeeded for api, which moved on since, and that web refused."""
    for name in ("api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    forge.repos["web"].reject_pushes("refs/heads/stg")
    forge.json("undo", "--yes", check=FAILED)
    forge.repos["api"].commit("stg", {"b.txt": "1\n"})
    forge.repos["web"].allow_pushes()
    return forge


def test_an_undo_is_continued_after_somebody_went_on(half_undone: Forge) -> None:
    """A new commit on the branch that was undone does not block continue."""
    plan = half_undone.run("continue", "--dry-run", check=DONE).stdout
    assert re.search(r"api +\w{7} → \w{7} .* undone", plan)
    document = half_undone.json("continue", "--yes", check=DONE)
    assert (document["message"], states(document)) == (
        "2 undone.",
        dict.fromkeys(("api", "web"), "published"),
    )
    assert half_undone.json("undo", "--yes", check=DONE)["result"] == "nothing"


def test_an_undo_that_is_abandoned_says_what_went_back(half_undone: Forge) -> None:
    """A new commit on the branch that was undone does not change its state."""
    document = half_undone.json("abandon", check=DONE)
    assert states(document) == {"api": "published", "web": "not_published"}
    assert "1 undone, 1 not undone." in document["message"]
    record = half_undone.json("log")["records"][-1]
    assert {row["repo"]: row["state"] for row in record["repos"]} == states(document)


def test_a_tag_that_alone_is_left_is_deleted_as_the_plan_says(promoted: Forge) -> None:
    """Someone reset the branch by hand, so only the tag is left to delete."""
    api = promoted.repos["api"]
    (tag,) = (ref for ref in api.remote_refs() if ref.startswith("refs/tags/"))
    made = api.remote_refs()[tag]
    api.remote_git("update-ref", "refs/heads/stg", "refs/heads/main")
    plan = promoted.run("undo", "--dry-run", check=DONE).stdout
    assert re.search(r"api .* delete tag", plan)
    document = promoted.json("undo", "--yes", check=DONE)
    assert rows(document)["api"]["steps"] == [
        {"type": "delete_tag", "name": tag.removeprefix("refs/tags/"), "before": made}
    ]
    assert tag not in api.remote_refs()


def test_progress_says_taken_back(promoted: Forge) -> None:
    """The progress says undone, not published."""
    said = promoted.run("undo", "--yes", check=DONE)
    assert re.search(r"^api: undone \w{7}$", said.stderr, re.MULTILINE)
    assert "published" not in said.stderr


def test_a_repository_that_is_left_out_at_last_is_named(halves: Forge) -> None:
    """It is shown with the reason, even if nothing else is left to do."""
    halves.repos["web"].commit("stg", {"a.txt": "2\n"})
    said = halves.run("continue", "--yes", "--skip-blocked", check=DONE).stdout
    assert re.search(r"web +\S +skipped: dev conflicts with stg in 1 file: a\.txt\.", said)
    assert "1 published, 1 left out." in said


def test_a_repository_that_was_merged_anew_goes_back_to_what_was_there_then(halves: Forge) -> None:
    """A colleague's commit that was made in between stays."""
    web = halves.repos["web"]
    theirs = web.commit("stg", {"b.txt": "1\n"})
    halves.json("continue", "--yes", check=DONE)
    halves.json("undo", "--yes", check=DONE)
    assert web.tip("stg") == theirs


def test_what_somebody_built_on_stays_and_is_named(halves: Forge) -> None:
    """The others are undone; the document says how many were left as is."""
    halves.json("continue", check=DONE)
    halves.repos["api"].commit("stg", {"b.txt": "1\n"})
    document = halves.json("undo", "--yes", check=DONE)
    assert states(document) == {"api": "skipped", "web": "published"}
    assert document["message"] == "1 undone, 1 left as is."


def test_an_undo_that_was_refused_is_continued_not_undone(halves: Forge) -> None:
    """No command suggests undoing the undo, and continue completes it."""
    halves.json("continue", check=DONE)
    halves.repos["api"].reject_pushes("refs/heads/stg")
    document = halves.json("undo", "--yes", check=FAILED)
    assert document["message"] == "1 undone, 1 failed."
    assert "multigit undo" not in document["hint"]
    assert "multigit continue" in document["hint"]
    assert "multigit undo" not in halves.run("status", check=DONE).stdout
    assert codes(halves.json("undo", "--yes", check=REFUSED)) == ["undo_of_undo"]
    halves.repos["api"].allow_pushes()
    halves.json("continue", check=DONE)
    assert not any("refs/tags/" in ref for ref in halves.repos["api"].remote_refs())


# --- Promoted further


def test_what_was_promoted_onwards_is_refused(promoted: Forge) -> None:
    """The hint undoes the later promotion first, and then this one can be undone."""
    first = promoted.json("log")["records"][0]["release"]
    onward = promoted.json("promote", "stg", "main", "--confirm", "main", check=DONE)["operation"]
    with remotes_untouched(promoted):
        document = promoted.json("undo", first, "--yes", check=REFUSED)
    assert codes(document) == ["cannot_be_undone"]
    (problem,) = rows(document)["api"]["problems"]
    assert problem["code"] == "promoted_onwards"
    assert f"multigit undo {onward}" in problem["hint"]
    promoted.json("undo", onward, "--confirm", "main", check=DONE)
    promoted.json("undo", first, "--yes", check=DONE)


def test_whoever_promoted_it_onwards(promoted: Forge) -> None:
    """The later branch is read, so a colleague's merge that is not in the log counts as well."""
    api = promoted.repos["api"]
    api.remote_git("update-ref", "refs/heads/main", api.tip("stg"))
    with remotes_untouched(promoted):
        document = promoted.json("undo", "--yes", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert problem["code"] == "promoted_onwards"
    assert "multigit" not in problem["hint"]


def squash(forge: Forge, tree: str) -> None:
    """Bring a tree to main of api like a host's squash merge."""
    api = forge.repos["api"]
    base, content = (api.remote_git("rev-parse", each).strip() for each in ("main", tree))
    made = api.remote_git("commit-tree", "-p", base, "-m", "Release (#3)", content).strip()
    api.remote_git("update-ref", "refs/heads/main", made)


def test_what_arrived_onwards_in_other_commits_stays(
    promoted: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the dates of its commits, it is known what main had before the promotion."""
    monkeypatch.setitem(promoted.env, "GIT_COMMITTER_DATE", "1000000000 +0000")
    squash(promoted, "stg^{tree}")
    monkeypatch.undo()
    document = promoted.json("undo", "--dry-run", check=REFUSED)
    assert codes(rows(document)["api"]) == ["promoted_onwards"]


def test_a_hotfix_that_a_later_stage_had_before_is_no_promotion(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the dates of its commits, a hotfix with the same content is not a promotion."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    monkeypatch.setitem(forge.env, "GIT_COMMITTER_DATE", "4000000000 +0000")
    squash(forge, "dev^{tree}")
    monkeypatch.undo()
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert codes(rows(forge.json("undo", "--dry-run", check=DONE))["api"]) == []


def test_what_is_promoted_onwards_while_an_undo_is_unfinished_stays(halves: Forge) -> None:
    """Continue does not undo what a colleague promoted since; abandon closes the undo."""
    halves.json("continue", check=DONE)
    web = halves.repos["web"]
    web.reject_pushes("refs/heads/stg")
    halves.json("undo", "--yes", check=FAILED)
    web.allow_pushes()
    web.remote_git("update-ref", "refs/heads/main", web.tip("stg"))
    with remotes_untouched(halves):
        document = halves.json("continue", check=REFUSED)
    assert states(document) == {"api": "published", "web": "blocked"}
    assert codes(rows(document)["web"]) == ["promoted_onwards"]
    halves.json("abandon", check=DONE)


def clone_anew(promoted: Forge) -> None:
    """Replace the clone of api with one that has no branch but dev."""
    api = promoted.repos["api"]
    shutil.rmtree(api.clone)
    promoted.repos["web"].git(
        "clone", "-q", "-b", "dev", "--single-branch", api.url, str(api.clone)
    )


def test_what_a_new_clone_does_not_know_is_read_from_the_remote(promoted: Forge) -> None:
    """Commits of a later stage that the clone never had are found on the remote."""
    first = promoted.json("log")["records"][0]["release"]
    promoted.json("promote", "stg", "main", "--confirm", "main", check=DONE)
    clone_anew(promoted)
    with remotes_untouched(promoted):
        document = promoted.json("undo", first, "--yes", check=REFUSED)
    assert codes(rows(document)["api"]) == ["promoted_onwards"]


def test_a_commit_that_is_nowhere_any_more_is_in_no_branch(promoted: Forge) -> None:
    """Someone reset the branch to another commit, and the new clone does not have the old one."""
    api = promoted.repos["api"]
    api.remote_git("update-ref", "refs/heads/stg", api.commit("dev", {"c.txt": "1\n"}))
    api.remote_git("update-ref", "-d", next(r for r in api.remote_refs() if "/tags/" in r))
    clone_anew(promoted)
    assert codes(promoted.json("undo", "--yes", check=DONE)) == ["nothing_left"]


# --- Nothing of it is published


@pytest.mark.parametrize("way", ["undo", "abandon"])
def test_closing_an_operation_of_which_nothing_is_published(halves: Forge, way: str) -> None:
    """Exit code 0 and the result `nothing`, in the document and in the log."""
    api = halves.repos["api"]
    operation = halves.json("continue", "--dry-run", check=DONE)["operation"]
    tag = next(ref for ref in api.remote_refs() if ref.startswith("refs/tags/"))
    api.remote_git("update-ref", "refs/heads/stg", api.remote_git("rev-parse", "stg^1"))
    api.remote_git("update-ref", "-d", tag)
    with remotes_untouched(halves):
        document = halves.json(way, *(["--yes"] if way == "undo" else []), check=DONE)
    assert (document["command"], document["result"]) == (way, "nothing")
    assert (document["operation"], document["exit_code"]) == (operation, 0)
    assert set(states(document).values()) == {"not_published"}
    assert document["message"].endswith("Nothing of it is published.")
    (record,) = halves.json("log")["records"]
    assert (record["result"], record["command"]) == ("nothing", "promote")


def test_abandoning_what_is_half_published(halves: Forge) -> None:
    """The result is done in the document and in the log, with the state of each repository."""
    document = halves.json("abandon", check=DONE)
    assert (document["command"], document["result"]) == ("abandon", "done")
    assert document["message"].endswith("1 published, 1 not published.")
    (record,) = halves.json("log")["records"]
    assert (record["command"], record["result"]) == ("promote", "done")
    assert codes(record) == ["abandoned"]
    assert states(record) == {"api": "published", "web": "not_published"}


def test_undoing_what_is_half_published(halves: Forge) -> None:
    """Both records say done: the one of the undo, and the one of the promotion that it closed."""
    document = halves.json("undo", "--yes", check=DONE)
    closed, undo = halves.json("log")["records"]
    assert document["result"] == closed["result"] == undo["result"] == "done"
    assert (codes(closed), codes(rows(closed)["api"])) == (["undone"], ["taken_back"])


def test_abandoning_what_is_on_the_remote_in_part(halves: Forge) -> None:
    """The push was interrupted between branch and tag, and document and log say so."""
    api = halves.repos["api"]
    tag = next(ref for ref in api.remote_refs() if ref.startswith("refs/tags/"))
    api.remote_git("update-ref", "-d", tag)
    document = halves.json("abandon", check=DONE)
    assert document["message"].endswith("1 published in part, 1 not published.")
    (record,) = halves.json("log")["records"]
    for each in (document, record):
        assert states(each) == {"api": "failed", "web": "not_published"}
        assert codes(rows(each)["api"]) == ["half_published"]
