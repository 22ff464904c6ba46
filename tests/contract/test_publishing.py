"""Pushing, asking the remote, and letting local branches follow."""

from __future__ import annotations

import pytest

from multigit.core.values.git_answers import Publication, RefQuery, Signature
from multigit.core.values.refs import branch_ref, tag_ref
from multigit.errors import GitError
from tests.contract.scenes import Scene

MAIN, DEV, TAG = branch_ref("main"), branch_ref("dev"), tag_ref("deploy-1")
SIGNATURE = Signature("Release", "1736500000 +0000")


def release(scene: Scene) -> list[Publication]:
    """Return what a promotion publishes: a commit for main, and a tag that names it."""
    commit = scene.local_commit({"a": "1\n"})
    tag = scene.repository.tag("deploy-1", commit, SIGNATURE)
    before = scene.remote_refs()[MAIN]
    return [Publication(MAIN, before, commit), Publication(TAG, "", tag)]


def after(publications: list[Publication]) -> dict[str, str]:
    """Return the refs as they are once everything is published."""
    return {each.ref: each.after for each in publications}


def refused(scene: Scene, publications: list[Publication]) -> str:
    """Push, check that it is refused for good and that nothing moved, and return the reason."""
    before = dict(scene.remote_refs())
    report = scene.repository.push(publications)
    assert not report.accepted
    assert report.final
    assert scene.remote_refs() == before
    return report.reason


def test_a_push_publishes_branch_and_tag(scene: Scene) -> None:
    """And nothing else; the clone's remote-tracking branch moves at once."""
    publications = release(scene)
    before = dict(scene.remote_refs())
    report = scene.repository.push(publications)
    assert (report.accepted, report.reason) == (True, "")
    assert scene.remote_refs() == before | after(publications)
    tip = scene.repository.refs(RefQuery(("main",))).branch("main").remote
    assert tip
    assert tip.sha == publications[0].after


def test_a_push_leaves_local_branches_and_tags_alone(scene: Scene) -> None:
    """They follow in a separate step, or not at all."""
    publications = release(scene)
    before = dict(scene.local_refs())
    scene.repository.push(publications)
    assert scene.local_refs() == before


def test_a_broken_lease_refuses_everything(scene: Scene) -> None:
    """A colleague was faster: neither the branch nor the tag moves."""
    publications = release(scene)
    scene.remote_commit("main", {"b": "1\n"})
    assert refused(scene, publications)


def test_a_lease_holds_against_a_rewound_branch(scene: Scene) -> None:
    """Even where git could fast-forward."""
    start = scene.remote_refs()[MAIN]
    known = scene.remote_commit("main", {"b": "1\n"})
    scene.repository.fetch(RefQuery(("main",)))
    scene.remote_delete(MAIN)
    scene.remote_commit("main", {"c": "1\n"}, start="stg")
    assert start != known
    assert refused(scene, [Publication(MAIN, known, scene.local_commit({"a": "1\n"}))])


def test_a_deleted_branch_breaks_the_lease(scene: Scene) -> None:
    """It is not created again behind its owner's back."""
    publications = release(scene)
    scene.remote_delete(MAIN)
    assert refused(scene, publications)


def test_a_taken_tag_refuses_everything(scene: Scene) -> None:
    """The branch stays, too."""
    publications = release(scene)
    scene.remote_tag("deploy-1", scene.remote_refs()[MAIN])
    assert refused(scene, publications)


def test_a_new_branch_must_not_exist_yet(scene: Scene) -> None:
    """An empty `before` creates, and never overwrites."""
    commit = scene.local_commit({"a": "1\n"})
    new = [Publication(branch_ref("new"), "", commit)]
    assert scene.repository.push(new).accepted
    assert scene.remote_refs()[branch_ref("new")] == commit
    assert refused(scene, [Publication(branch_ref("stg"), "", commit)])


def test_a_protected_ref_refuses_everything(scene: Scene) -> None:
    """The reason is the server's message."""
    publications = release(scene)
    scene.reject("refs/tags/*", "GH006: Protected")
    assert "GH006: Protected" in refused(scene, publications)


def test_pushing_again_what_is_there_is_accepted(scene: Scene) -> None:
    """With the old lease, as after a lost answer."""
    publications = release(scene)
    assert scene.repository.push(publications).accepted
    assert scene.repository.push(publications).accepted


def test_a_lease_does_not_ask_for_a_fast_forward(scene: Scene) -> None:
    """A branch can be moved back; so the pusher has to know what the commit builds on."""
    start = scene.remote_refs()[MAIN]
    known = scene.remote_commit("main", {"b": "1\n"})
    assert scene.repository.push([Publication(MAIN, known, start)]).accepted
    assert scene.remote_refs()[MAIN] == start


def test_refs_can_be_deleted_while_they_hold_what_is_known(scene: Scene) -> None:
    """An empty `after` deletes, with the same lease and together with the others."""
    publications = release(scene)
    assert scene.repository.push(publications).accepted
    main, tag = publications
    back = [Publication(MAIN, main.after, main.before), Publication(TAG, tag.after, "")]
    moved = [back[0], Publication(TAG, main.after, "")]
    assert refused(scene, moved)
    assert scene.repository.push(back).accepted
    assert TAG not in scene.remote_refs()
    assert scene.remote_refs()[MAIN] == main.before


def test_what_is_not_there_cannot_be_pushed(scene: Scene) -> None:
    """The object got lost since the plan was made."""
    before = scene.remote_refs()[MAIN]
    assert refused(scene, [Publication(MAIN, before, "1" * 40)])


def test_a_push_without_a_remote_is_not_accepted(scene: Scene) -> None:
    """The report says why."""
    publications = release(scene)
    scene.cut_off()
    report = scene.repository.push(publications)
    assert (report.accepted, report.final) == (False, True)
    assert report.reason


def test_remote_refs_are_those_of_the_remote_now(scene: Scene) -> None:
    """Exactly the requested refs; missing ones are left out."""
    tip = scene.remote_commit("dev", {"a": "1\n"})
    scene.remote_commit("feature/dev", {"a": "1\n"}, start="main")
    scene.remote_tag("deploy-1", tip)
    there = scene.remote_refs()
    asked = [DEV, branch_ref("nowhere"), TAG]
    assert scene.repository.remote_refs(asked) == {DEV: tip, TAG: there[TAG]}
    assert there[TAG] != tip
    assert scene.repository.remote_refs([]) == {}


# --- Local branches follow


def published(scene: Scene) -> str:
    """Move the remote's main forward, and fetch it."""
    commit = scene.remote_commit("main", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("main",)))
    return commit


def test_a_branch_that_is_not_checked_out_follows(scene: Scene) -> None:
    """It moves, and the answer is empty; the second time there is nothing to move."""
    scene.make_branch("main", scene.remote_refs()[MAIN])
    commit = published(scene)
    assert scene.repository.fast_forward("main", commit) == ""
    assert scene.local_refs()[MAIN] == commit
    assert scene.repository.fast_forward("main", commit) == ""


def test_a_branch_with_commits_of_its_own_stays(scene: Scene) -> None:
    """The answer says why."""
    own = scene.local_commit({"own": "1\n"})
    scene.make_branch("main", own)
    assert scene.repository.fast_forward("main", published(scene))
    assert scene.local_refs()[MAIN] == own


def test_a_checked_out_branch_stays(scene: Scene) -> None:
    """Its files would no longer match."""
    before = scene.local_refs()[DEV]
    commit = scene.remote_commit("dev", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    assert scene.repository.fast_forward("dev", commit)
    assert scene.local_refs()[DEV] == before


def test_a_branch_of_a_linked_work_tree_stays(scene: Scene) -> None:
    """It is checked out there."""
    start = scene.remote_refs()[MAIN]
    scene.make_branch("main", start)
    scene.link("main")
    assert scene.repository.fast_forward("main", published(scene))
    assert scene.local_refs()[MAIN] == start


def test_a_local_branch_can_be_set_back(scene: Scene) -> None:
    """If it is where it is expected to be; it is deleted if it was new."""
    start = scene.remote_refs()[MAIN]
    commit = scene.local_commit({"a": "1\n"})
    scene.make_branch("main", commit)
    scene.make_branch("new", commit)
    assert scene.repository.move_back("main", before=commit, after=start) == ""
    assert scene.repository.move_back("new", before=commit, after="") == ""
    assert scene.local_refs() == {DEV: commit, MAIN: start}


def test_a_local_branch_that_went_on_is_not_set_back(scene: Scene) -> None:
    """Nor is one that does not exist: both are as they should be."""
    start = scene.remote_refs()[MAIN]
    commit = scene.local_commit({"a": "1\n"})
    scene.make_branch("main", commit)
    before = dict(scene.local_refs())
    assert scene.repository.move_back("main", before=start, after=start) == ""
    assert scene.repository.move_back("nowhere", before=commit, after=start) == ""
    assert scene.local_refs() == before


def test_a_checked_out_branch_is_not_set_back(scene: Scene) -> None:
    """The answer says why, in the clone and in another work tree."""
    start = scene.remote_refs()[MAIN]
    commit = scene.local_commit({"a": "1\n"})
    scene.make_branch("main", commit)
    scene.link("main")
    before = dict(scene.local_refs())
    for branch in ("dev", "main"):
        assert scene.repository.move_back(branch, before=commit, after=start)
    assert scene.local_refs() == before


def test_bytes_can_be_kept_and_published(scene: Scene) -> None:
    """As an object that a ref of the remote points at: the same bytes are the same object."""
    first, second = scene.repository.store(b"one\0"), scene.repository.store(b"two")
    assert len({first, second}) == 2
    assert scene.repository.store(b"one\0") == first
    assert scene.repository.holds([first, second])
    lock = "refs/multigit/lock"
    assert scene.repository.push([Publication(lock, "", first)]).accepted
    assert not scene.repository.push([Publication(lock, "", second)]).accepted
    assert scene.repository.remote_refs([lock]) == {lock: first}


def test_what_all_machines_share_is_read_after_a_fetch(scene: Scene) -> None:
    """By its ref, with its bytes; what is deleted there is forgotten, and a commit has no bytes."""
    repository = scene.repository
    lock, mark, other = (f"refs/multigit/{name}" for name in ("locks/stg", "marks/a/b", "other/c"))
    kept = repository.store(b"one\0\n")
    tip = scene.remote_refs()[MAIN]
    assert repository.push([Publication(ref, "", kept) for ref in (lock, other)]).accepted
    assert repository.push([Publication(mark, "", tip)]).accepted
    assert repository.shared_refs() == {}
    assert not repository.shared_fetched
    repository.fetch_shared()
    assert repository.shared_refs() == {lock: (kept, b"one\0\n"), mark: (tip, b"")}
    assert repository.shared_fetched
    assert repository.push([Publication(lock, kept, "")]).accepted
    repository.fetch_shared()
    assert repository.shared_refs() == {mark: (tip, b"")}
    scene.cut_off()
    with pytest.raises(GitError):
        repository.fetch_shared()
    assert repository.shared_refs() == {mark: (tip, b"")}
