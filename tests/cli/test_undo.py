"""Undo: which operation is meant, by its id or by its release's tag."""

from __future__ import annotations

import pytest

from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, codes, rows, states, told
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
    """The tag that the log shows is enough; what no operation is called is a usage error."""
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
    """It says when and by whom, by any name; that is no failure, and no operation."""
    first = promoted.json("log")["records"][0]
    promoted.json("undo", "--yes", check=DONE)
    for name in ((), (first["operation"],), (first["release"],)):
        with untouched(promoted):
            document = promoted.json("undo", *name, "--yes", *options, check=DONE)
        assert document["result"] == "nothing"
        assert codes(document) == ["undone_already"]
        assert "was undone already, at 20" in document["message"]
        assert "by Ada Lovelace" in document["message"]
    said = promoted.run("undo", "--yes", *options, check=DONE).stdout
    assert "up to date" not in said
    assert "was undone already" in " ".join(said.split())
    assert len(promoted.json("log")["records"]) == 2


def test_what_somebody_took_back_by_hand_is_not_there(promoted: Forge) -> None:
    """Nobody is said to have undone it."""
    (record,) = promoted.json("log")["records"]
    api, (row,) = promoted.repos["api"], (r for r in record["repos"] if r["repo"] == "api")
    api.remote_git("update-ref", "refs/heads/stg", row["before"])
    api.remote_git("update-ref", "-d", f"refs/tags/{row['tag']}")
    document = promoted.json("undo", "--yes", check=DONE)
    assert codes(document) == ["nothing_left"]


@pytest.mark.parametrize("options", [("--yes",), ("--dry-run",)])
def test_what_was_built_on_everywhere_is_refused(promoted: Forge, options: tuple[str, ...]) -> None:
    """With the reason, also where other repositories had no part in the operation."""
    promoted.repos["api"].commit("stg", {"b.txt": "1\n"})
    with remotes_untouched(promoted):
        document = promoted.json("undo", *options, check=REFUSED)
    assert document["result"] == "blocked"
    assert codes(document) == ["cannot_be_undone"]
    assert "cannot be taken back: 1 built on." in document["message"]
    assert "built on it" in document["hint"]
    assert states(document) == {"web": "up_to_date", "api": "skipped"}
    assert codes(rows(document)["api"]) == ["not_undone"]
    records = promoted.json("log")["records"]
    assert [each["reason"] for each in records[1:]] == (
        [] if "--dry-run" in options else ["cannot_be_undone"]
    )


def test_the_refusal_is_one_sentence_under_the_reasons(promoted: Forge) -> None:
    """People see what was left out and why."""
    promoted.repos["api"].commit("stg", {"b.txt": "1\n"})
    said = " ".join(promoted.run("undo", "--yes", check=REFUSED).stdout.split())
    assert "! api: stg moved on since" in said
    assert said.count("Nothing was changed.") == 1
    assert "Nothing to do" not in said


def test_what_is_left_after_an_undo_in_part_is_refused(promoted: Forge) -> None:
    """What was taken back the first time is not a reason to call it undone."""
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
    """Neither that it was deployed, nor that it was built on, also for what is unfinished."""
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
