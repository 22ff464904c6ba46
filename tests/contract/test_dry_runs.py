"""What the doctor reads of a repository: a push that is not sent, dates, and tag messages."""

from __future__ import annotations

import pytest

from multigit.core.values.git_answers import Publication, RefQuery
from multigit.errors import GitError
from tests.contract.scenes import Scene

PROBE = "refs/multigit/locks/doctor-1"


def test_a_dry_run_moves_nothing(scene: Scene) -> None:
    """Neither a new ref nor one that would be updated."""
    tip = scene.remote_commit("dev", {"a": "1\n"})
    before = scene.remote_refs()
    scene.repository.fetch(RefQuery(("dev", "stg")))
    assert scene.repository.dry_run_push(Publication(PROBE, "", tip)) is False
    update = Publication("refs/heads/stg", before["refs/heads/stg"], tip)
    assert scene.repository.dry_run_push(update) is False
    assert scene.remote_refs() == before


def test_a_dry_run_shows_what_already_exists(scene: Scene) -> None:
    """As after a push whose answer was lost."""
    lock = scene.repository.store(b"who holds it\n")
    taking = Publication(PROBE, "", lock)
    assert scene.repository.dry_run_push(taking) is False
    assert scene.repository.push([taking]).accepted
    assert scene.repository.dry_run_push(taking) is True
    assert scene.remote_refs()[PROBE] == lock


def test_a_dry_run_of_an_outdated_push_fails(scene: Scene) -> None:
    """The ref has someone else's value."""
    tip = scene.remote_refs()["refs/heads/dev"]
    other = scene.repository.store(b"someone else\n")
    assert scene.repository.push([Publication(PROBE, "", other)]).accepted
    with pytest.raises(GitError):
        scene.repository.dry_run_push(Publication(PROBE, "", tip))


def test_a_dry_run_needs_the_remote(scene: Scene) -> None:
    """If it is unreachable, the reason is raised."""
    tip = scene.remote_refs()["refs/heads/dev"]
    scene.cut_off()
    with pytest.raises(GitError):
        scene.repository.dry_run_push(Publication(PROBE, "", tip))


def test_the_same_bytes_are_stored_once(scene: Scene) -> None:
    """Their id depends only on their content; no ref appears."""
    refs = scene.local_refs()
    one = scene.repository.store(b"one\n")
    assert scene.repository.store(b"one\n") == one
    assert scene.repository.store(b"two\n") != one
    assert scene.local_refs() == refs


def test_what_a_branch_held_at_a_time(scene: Scene) -> None:
    """Before that time, not at it, along the first parents; nothing before its first commit."""
    older = scene.remote_commit("dev", {"a": "1\n"})
    newer = scene.remote_commit("dev", {"a": "2\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    time = scene.date(newer)
    assert scene.repository.as_of(newer, time + 1) == newer
    assert scene.repository.as_of(newer, time) == older
    assert scene.repository.as_of(newer, 1) == ""


def test_the_newest_of_some_commits(scene: Scene) -> None:
    """By its committer date, in any order."""
    older = scene.remote_refs()["refs/heads/main"]
    newer = scene.remote_commit("dev", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    assert scene.repository.newest([older]) == scene.date(older)
    assert scene.repository.newest([newer, older]) == scene.date(newer)
    assert scene.repository.newest([older, newer]) == scene.date(newer)


def test_an_ordinary_repository_exposes_nothing(scene: Scene) -> None:
    """Untracked files belong to it."""
    scene.write({"new.txt": "1\n"})
    assert tuple(scene.repository.exposed()) == ()


def test_messages_of_tags_as_of_the_last_fetch(scene: Scene) -> None:
    """Only those that match."""
    for name in ("deploy-1", "other-1"):
        scene.remote_tag(name, scene.remote_refs()["refs/heads/main"])
    scene.repository.fetch(RefQuery((), ("deploy-*",)))
    messages = scene.repository.tag_messages(["deploy-*"])
    assert {name: text.strip() for name, text in messages.items()} == {"deploy-1": "deploy-1"}
