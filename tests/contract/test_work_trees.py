"""The checked-out side: its changes, committing them, and bringing it up to date."""

from __future__ import annotations

import pytest

from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.refs import branch_ref
from multigit.core.values.work_tree import Change
from multigit.errors import GitError
from tests.contract.scenes import Scene

SIGNATURE = Signature("feat: two things\n\nWith a body.", "1736500000 +0000")
DEV, MAIN = branch_ref("dev"), branch_ref("main")


def changes(scene: Scene) -> dict[str, tuple[str, bool]]:
    """Return the kind of each changed path, and whether it is staged."""
    return {each.path: (each.kind, each.staged) for each in scene.repository.work_tree().changes}


def test_a_clean_work_tree_has_nothing_to_tell(scene: Scene) -> None:
    """It returns only its branch and commit."""
    work = scene.repository.work_tree()
    assert (work.branch, work.head) == ("dev", scene.local_refs()[DEV])
    assert (work.changes, work.conflicted, work.unfinished) == ((), (), "")
    assert (work.ahead, work.behind) == (0, 0)


def test_changed_files_have_a_kind(scene: Scene) -> None:
    """Untracked, added, modified or deleted, and staged or not."""
    scene.local_commit({"m": "1\n", "d": "1\n", "sm": "1\n", "sd": "1\n", "sam": "1\n"})
    scene.write({"m": "2\n", "d": None, "sm": "2\n", "sd": None, "u": "1\n", "sa": "1\n"})
    for path in ("sm", "sd", "sa"):
        scene.stage(path)
    scene.write({"half": "1\n", "sam": "2\n"})
    scene.stage("half")
    scene.stage("sam")
    scene.write({"half": "2\n", "sam": "3\n"})
    assert changes(scene) == {
        "d": ("deleted", False),
        "half": ("added", True),
        "m": ("modified", False),
        "sa": ("added", True),
        "sam": ("modified", True),
        "sd": ("deleted", True),
        "sm": ("modified", True),
        "u": ("untracked", False),
    }


def test_sizes_are_returned_on_request(scene: Scene) -> None:
    """In bytes; a deleted file has none."""
    scene.write({"README.md": None, "ü": "ü\n"})
    sizes = {each.path: each.size for each in scene.repository.work_tree(sizes=True).changes}
    assert sizes == {"README.md": 0, "ü": 3}
    assert {each.size for each in scene.repository.work_tree().changes} == {0}


def test_new_folders_are_listed_in_short_or_in_full(scene: Scene) -> None:
    """File by file only if sizes are requested, as for a commit."""
    scene.local_commit({"old/a": "1\n"})
    scene.write({"old/b": "1\n", "new/a": "1\n", "new/deep/b": "1\n"})
    assert set(changes(scene)) == {"new/", "old/b"}
    full = scene.repository.work_tree(sizes=True).changes
    assert {each.path for each in full} == {"new/a", "new/deep/b", "old/b"}


def test_what_was_staged_and_reverted_is_not_a_change(scene: Scene) -> None:
    """A new file that is gone again, a changed one that was restored: only the disk counts."""
    scene.write({"new": "1\n", "README.md": "staged\n", "other": "1\n"})
    scene.stage("new")
    scene.stage("README.md")
    scene.write({"new": None, "README.md": "# api\n"})
    work = scene.repository.work_tree(sizes=True)
    assert [each.path for each in work.changes] == ["other"]
    made = scene.repository.commit(work.changes, SIGNATURE, verify=True)
    assert scene.commit_files(made.sha) == {"README.md": "# api\n", "other": "1\n"}
    assert scene.repository.work_tree(sizes=True).changes == ()


def test_a_detached_head_is_on_no_branch(scene: Scene) -> None:
    """The commit is still known; there is nothing that it could be ahead of."""
    scene.detach()
    work = scene.repository.work_tree()
    assert (work.branch, work.head) == ("", scene.local_refs()[DEV])
    assert (work.ahead, work.behind) == (None, None)


def test_the_work_tree_counts_against_the_upstream(scene: Scene) -> None:
    """Just like the branch."""
    scene.local_commit({"a": "1\n"})
    scene.remote_commit("dev", {"b": "1\n"})
    scene.remote_commit("dev", {"b": "2\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    work = scene.repository.work_tree()
    assert (work.ahead, work.behind) == (1, 2)


# --- Committing


def test_a_commit_takes_the_files_as_they_are(scene: Scene) -> None:
    """On the checked-out branch, with message and date; afterwards there is nothing to commit."""
    head = scene.repository.work_tree().head
    scene.write({"README.md": None, "a": "1\n", "dir/b": "1\n"})
    work = scene.repository.work_tree(sizes=True)
    made = scene.repository.commit(work.changes, SIGNATURE, verify=True)
    assert scene.commit_files(made.sha) == {"a": "1\n", "dir/b": "1\n"}
    assert scene.parents(made.sha) == [head]
    assert scene.message(made.sha) == SIGNATURE.message
    assert scene.date(made.sha) == 1736500000
    assert scene.local_refs()[DEV] == made.sha
    assert scene.repository.work_tree().changes == ()


def test_a_commit_leaves_other_changes_as_they_are(scene: Scene) -> None:
    """They remain uncommitted."""
    scene.write({"a": "1\n", "b": "1\n"})
    made = scene.repository.commit([Change("a", "untracked")], SIGNATURE, verify=True)
    assert set(scene.commit_files(made.sha)) == {"README.md", "a"}
    assert changes(scene) == {"b": ("untracked", False)}


def test_what_is_staged_besides_stops_a_commit(scene: Scene) -> None:
    """It would be committed without having been shown."""
    head = scene.repository.work_tree().head
    scene.write({"a": "1\n", "staged": "1\n"})
    scene.stage("staged")
    with pytest.raises(GitError, match="staged"):
        scene.repository.commit([Change("a", "untracked")], SIGNATURE, verify=True)
    assert scene.local_refs()[DEV] == head


def test_a_hook_can_refuse_a_commit(scene: Scene) -> None:
    """Then nothing changes; without `verify` the hook does not run."""
    head = scene.repository.work_tree().head
    scene.refuse_commits()
    scene.write({"a": "1\n", "README.md": "staged\n"})
    scene.stage("README.md")
    work = scene.repository.work_tree(sizes=True)
    with pytest.raises(GitError, match="tests are red"):
        scene.repository.commit(work.changes, SIGNATURE, verify=True)
    assert scene.local_refs()[DEV] == head
    assert scene.repository.work_tree(sizes=True) == work
    made = scene.repository.commit(work.changes, SIGNATURE, verify=False)
    assert scene.local_refs()[DEV] == made.sha


# --- Branches and checkouts


def test_a_branch_begins_at_the_remote_one(scene: Scene) -> None:
    """The remote one is its upstream; the checked-out branch stays."""
    tip = scene.remote_commit("main", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("main",)))
    scene.repository.create_branch("main")
    assert scene.local_refs()[MAIN] == tip
    assert scene.repository.work_tree().branch == "dev"
    scene.remote_commit("main", {"a": "2\n"})
    scene.repository.fetch(RefQuery(("main",)))
    assert scene.repository.refs(RefQuery(("main",))).branch("main").behind == 1


def test_a_branch_that_exists_is_not_created_again(scene: Scene) -> None:
    """Nor is one that the remote does not have."""
    before = dict(scene.local_refs())
    for name in ("dev", "nowhere"):
        with pytest.raises(GitError):
            scene.repository.create_branch(name)
    assert scene.local_refs() == before


def test_switching_brings_the_files(scene: Scene) -> None:
    """The user's new files stay if they are not in the way."""
    scene.remote_commit("main", {"a": "1\n", "README.md": None})
    scene.repository.fetch(RefQuery(("main",)))
    scene.repository.create_branch("main")
    scene.write({"mine": "1\n"})
    scene.repository.switch("main")
    assert scene.repository.work_tree().branch == "main"
    assert scene.files() == {"a": "1\n", "mine": "1\n"}


def test_switching_overwrites_no_file(scene: Scene) -> None:
    """If a file is in the way, everything stays as it is."""
    scene.remote_commit("main", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("main",)))
    scene.repository.create_branch("main")
    scene.write({"a": "mine\n"})
    with pytest.raises(GitError):
        scene.repository.switch("main")
    assert scene.repository.work_tree().branch == "dev"
    assert scene.files()["a"] == "mine\n"


def test_switching_needs_a_local_branch(scene: Scene) -> None:
    """A remote branch of that name is not enough."""
    with pytest.raises(GitError):
        scene.repository.switch("stg")


def test_a_work_tree_follows_its_branch(scene: Scene) -> None:
    """Branch and files move forward together."""
    tip = scene.remote_commit("dev", {"a": "1\n", "README.md": None})
    scene.repository.fetch(RefQuery(("dev",)))
    scene.repository.update_work_tree("dev", tip)
    assert scene.local_refs()[DEV] == tip
    assert scene.files() == {"a": "1\n"}
    assert scene.repository.work_tree().changes == ()


def test_a_work_tree_that_went_another_way_stays(scene: Scene) -> None:
    """There is nothing to fast-forward to."""
    own = scene.local_commit({"own": "1\n"})
    tip = scene.remote_commit("dev", {"a": "1\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    with pytest.raises(GitError):
        scene.repository.update_work_tree("dev", tip)
    assert scene.local_refs()[DEV] == own


def test_updating_overwrites_no_file(scene: Scene) -> None:
    """If a changed file is in the way, everything stays as it is."""
    before = scene.local_refs()[DEV]
    tip = scene.remote_commit("dev", {"README.md": "theirs\n"})
    scene.repository.fetch(RefQuery(("dev",)))
    scene.write({"README.md": "mine\n"})
    with pytest.raises(GitError):
        scene.repository.update_work_tree("dev", tip)
    assert (scene.local_refs()[DEV], scene.files()) == (before, {"README.md": "mine\n"})


# --- Cloning


def test_a_missing_clone_is_cloned(scene: Scene) -> None:
    """All branches of the remote are known, and its default branch is checked out."""
    tip = scene.remote_commit("dev", {"a": "1\n"})
    scene.remove()
    assert not scene.repository.exists()
    scene.repository.clone()
    assert scene.repository.exists()
    work = scene.repository.work_tree()
    assert (work.branch, work.changes) == ("main", ())
    dev = scene.repository.refs(RefQuery(("dev",))).branch("dev")
    assert dev.local is None
    assert dev.remote
    assert dev.remote.sha == tip


def test_a_clone_that_fails_leaves_nothing(scene: Scene) -> None:
    """The next attempt starts from scratch."""
    scene.remove()
    scene.cut_off()
    with pytest.raises(GitError):
        scene.repository.clone()
    assert not scene.repository.exists()


def test_a_missing_clone_cannot_be_read(scene: Scene) -> None:
    """The error has a code, for scripts."""
    scene.remove()
    with pytest.raises(GitError) as caught:
        scene.repository.fetch(RefQuery(("dev",)))
    assert caught.value.code == "missing"
