"""Merges, commits and tags in the object database: nothing of the user's changes."""

from __future__ import annotations

import pytest

from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Merged, Publication, RefQuery, Signature
from multigit.core.values.merge import Skip
from multigit.core.values.refs import branch_ref
from multigit.core.values.work_tree import Change
from multigit.errors import GitError
from tests.contract.scenes import Scene

SIGNATURE = Signature("Merge dev into main", "1736500000 +0000")
STAGES = RefQuery(("dev", "stg", "main"))


def tips(scene: Scene) -> tuple[Tip, Tip]:
    """Fetch, and return the remote's main and dev: ours and theirs."""
    scene.repository.fetch(STAGES)
    refs = scene.repository.refs(STAGES)
    ours, theirs = refs.branch("main").remote, refs.branch("dev").remote
    assert ours
    assert theirs
    return ours, theirs


def merge(scene: Scene) -> Merged:
    """Merge dev into main, once with the forks and once without, which makes no difference."""
    ours, theirs = tips(scene)
    merged = scene.repository.merge(ours, theirs, SIGNATURE)
    forks = scene.repository.waiting(ours.sha, theirs.sha).forks
    assert scene.repository.merge(ours, theirs, SIGNATURE, forks) == merged
    return merged


def publish(scene: Scene, commit: str) -> None:
    """Push a merge to main."""
    before = scene.remote_refs()["refs/heads/main"]
    push = [Publication("refs/heads/main", before, commit)]
    assert scene.repository.push(push).accepted


def test_a_clean_merge_has_both_sides(scene: Scene) -> None:
    """A commit with two parents, target first, the given message and date."""
    scene.remote_commit("dev", {"a": "1\n", "b": "1\n"})
    scene.remote_commit("main", {"c": "1\n"})
    ours, theirs = tips(scene)
    merged = merge(scene)
    assert (merged.files, merged.conflicted, merged.unrelated) == (2, False, False)
    assert scene.parents(merged.commit) == [ours.sha, theirs.sha]
    assert set(scene.commit_files(merged.commit)) == {"README.md", "a", "b", "c"}
    assert scene.message(merged.commit) == SIGNATURE.message
    assert scene.date(merged.commit) == 1736500000


def test_what_could_be_fast_forwarded_is_merged_all_the_same(scene: Scene) -> None:
    """As with --no-ff; the tree is the source's."""
    scene.remote_commit("dev", {"a": "1\n", "README.md": None})
    _, theirs = tips(scene)
    merged = merge(scene)
    assert merged.tree == theirs.tree
    assert len(scene.parents(merged.commit)) == 2
    assert merged.files == 2


def test_the_same_merge_is_the_same_commit(scene: Scene) -> None:
    """So it can be repeated after a crash."""
    scene.remote_commit("dev", {"a": "1\n"})
    assert merge(scene) == merge(scene)


def test_a_conflict_names_its_files_and_makes_no_commit(scene: Scene) -> None:
    """Both sides changed them, differently; files that only one side changed are not named."""
    scene.remote_commit("dev", {"a": "dev\n", "README.md": "dev\n", "c": "dev\n"})
    scene.remote_commit("main", {"a": "main\n", "README.md": "main\n", "d": "main\n"})
    merged = merge(scene)
    assert (merged.commit, bool(merged.tree), merged.conflicted) == ("", True, True)
    assert sorted(merged.conflicts) == ["README.md", "a"]


def test_changed_on_one_side_and_deleted_on_the_other_is_a_conflict(scene: Scene) -> None:
    """Git does not choose."""
    scene.remote_commit("dev", {"README.md": None})
    scene.remote_commit("main", {"README.md": "main\n"})
    assert merge(scene).conflicts == ("README.md",)


def test_the_same_change_on_both_sides_is_none(scene: Scene) -> None:
    """There is nothing to do if main already has the change, although the commits differ."""
    scene.remote_commit("dev", {"a": "1\n"})
    scene.remote_commit("main", {"a": "1\n"})
    ours, _ = tips(scene)
    assert merge(scene) == Merged(tree=ours.tree)


def test_content_that_main_has_among_more_is_nothing_to_do(scene: Scene) -> None:
    """The merge would have main's own tree: no commit, although the histories differ."""
    scene.remote_commit("dev", {"a": "1\n"})
    scene.remote_commit("main", {"a": "1\n", "b": "1\n"})
    ours, _ = tips(scene)
    assert merge(scene) == Merged(tree=ours.tree)


def test_a_branch_that_is_merged_already_is_nothing_to_do(scene: Scene) -> None:
    """Even if main has moved since."""
    scene.remote_commit("dev", {"a": "1\n"})
    publish(scene, merge(scene).commit)
    scene.remote_commit("main", {"hotfix": "1\n"})
    ours, _ = tips(scene)
    assert merge(scene) == Merged(tree=ours.tree)


def test_a_second_merge_brings_only_what_is_new(scene: Scene) -> None:
    """The first one is its merge base."""
    scene.remote_commit("dev", {"a": "1\n"})
    publish(scene, merge(scene).commit)
    scene.remote_commit("main", {"a": "hotfix\n"})
    scene.remote_commit("dev", {"b": "1\n"})
    merged = merge(scene)
    assert merged.files == 1
    assert scene.commit_files(merged.commit)["a"] == "hotfix\n"


def test_without_a_signature_no_commit_is_made(scene: Scene) -> None:
    """The result is only the tree that it would have, or the conflict."""
    scene.remote_commit("dev", {"a": "1\n"})
    ours, theirs = tips(scene)
    looked = scene.repository.merge(ours, theirs, None)
    assert (looked.commit, looked.tree) == ("", merge(scene).tree)
    scene.remote_commit("main", {"a": "2\n"})
    ours, theirs = tips(scene)
    assert scene.repository.merge(ours, theirs, None).conflicts == ("a",)


def test_a_merge_can_build_on_a_merge(scene: Scene) -> None:
    """The second hop of a back-merge uses a commit that no ref points to yet."""
    scene.remote_commit("main", {"hotfix": "1\n"})
    scene.remote_commit("stg", {"s": "1\n"})
    scene.remote_commit("dev", {"d": "1\n"})
    main, dev = tips(scene)
    stg = scene.repository.refs(STAGES).branch("stg").remote
    assert stg
    first = scene.repository.merge(stg, main, SIGNATURE)
    second = scene.repository.merge(dev, Tip(first.commit, first.tree), SIGNATURE)
    assert scene.parents(second.commit) == [dev.sha, first.commit]
    assert set(scene.commit_files(second.commit)) == {"README.md", "hotfix", "s", "d"}


def test_histories_without_a_common_commit_are_unrelated(scene: Scene) -> None:
    """That is a result of its own: neither a conflict nor a failure."""
    ours, theirs = tips(scene)
    root = scene.make_root({"README.md": "other\n"})
    assert scene.repository.merge(ours, root, SIGNATURE) == Merged(unrelated=True)
    assert scene.repository.merge(root, theirs, None) == Merged(unrelated=True)


def test_merging_moves_no_ref_and_no_file(scene: Scene) -> None:
    """A clean merge, a conflict, a tag: objects only."""
    scene.write({"README.md": "mine\n", "new": "1\n"})
    scene.remote_commit("dev", {"README.md": "dev\n"})
    scene.repository.fetch(STAGES)
    before = (scene.remote_refs(), scene.local_refs(), scene.files(), scene.repository.work_tree())
    scene.repository.tag("deploy-1", merge(scene).commit, SIGNATURE)
    after = (scene.remote_refs(), scene.local_refs(), scene.files(), scene.repository.work_tree())
    assert after == before


def test_a_tag_object_names_its_commit(scene: Scene) -> None:
    """It also has the message; no ref points to it until it is pushed."""
    commit = scene.remote_refs()["refs/heads/main"]
    tag = scene.repository.tag("deploy-1", commit, Signature("Release\n\nWhat: x", "1 +0000"))
    assert scene.target(tag) == commit
    assert scene.message(tag) == "Release\n\nWhat: x"
    assert tag not in scene.local_refs().values()


def test_a_tag_needs_its_commit(scene: Scene) -> None:
    """A missing object cannot be tagged."""
    with pytest.raises(GitError):
        scene.repository.tag("deploy-1", "1" * 40, SIGNATURE)


def test_commit_preview_is_the_commit_that_follows(scene: Scene) -> None:
    """The same id and tree, for new, changed, deleted and staged files."""
    scene.local_commit({"old": "1\n", "gone": "1\n", "dir/a": "1\n"})
    scene.write({"old": "2\n", "gone": None, "new": "1\n", "dir/staged": "1\n"})
    scene.stage("dir/staged")
    work = scene.repository.work_tree()
    preview = scene.repository.commit_preview(work.head, work.changes, SIGNATURE)
    assert scene.repository.work_tree() == work
    made = scene.repository.commit(work.changes, SIGNATURE, verify=True)
    assert (made.sha, made.tree) == (preview.sha, preview.tree)
    assert scene.local_refs()[branch_ref("dev")] == made.sha
    assert scene.repository.work_tree().changes == ()


def test_commit_preview_takes_only_the_given_changes(scene: Scene) -> None:
    """Other changes in the work tree are left out, even staged ones."""
    scene.write({"a": "1\n", "b": "1\n", "c": "1\n"})
    scene.stage("b")
    head = scene.repository.work_tree().head
    only = [Change("a", "untracked")]
    preview = scene.repository.commit_preview(head, only, SIGNATURE)
    assert set(scene.commit_files(preview.sha)) == {"README.md", "a"}
    assert scene.parents(preview.sha) == [head]


def test_a_revert_names_the_work_that_it_takes_back(scene: Scene) -> None:
    """But only if the other side has that work."""
    shared = scene.remote_commit("dev", {"a": "1\n"}, message="feat: a")
    scene.remote_commit("later", {"b": "1\n"}, start="dev")
    message = f'Revert "feat: a"\n\nThis reverts commit {shared}.'
    revert = scene.remote_commit("later", {"a": None}, message=message)
    query = RefQuery(("dev", "main", "later"))
    scene.repository.fetch(query)
    refs = scene.repository.refs(query)
    dev, main, later = (refs.branch(name).remote for name in query.branches)
    assert dev
    assert main
    assert later

    def lost(earlier: Tip, later: Tip) -> list[tuple[str, str, int]]:
        tree = scene.repository.merge(earlier, later, None).tree
        found = scene.repository.reversals(earlier, later, tree)
        return [(each.sha, each.subject, each.lost) for each in found]

    assert lost(dev, later) == [(revert, 'Revert "feat: a"', 1)]
    assert lost(main, later) == []
    assert lost(later, dev) == []


def dev_and_later(scene: Scene) -> tuple[Tip, Tip]:
    """Return the tips of dev and of a stage after it, fetched."""
    query = RefQuery(("dev", "later"))
    scene.repository.fetch(query)
    refs = scene.repository.refs(query)
    dev, later = (refs.branch(name).remote for name in query.branches)
    assert dev
    assert later
    return dev, later


def test_a_revert_is_a_commit_of_the_line_that_does_nothing_else(scene: Scene) -> None:
    """Or something else in other files, which are told apart."""
    work = scene.remote_commit("dev", {"a": "1\n", "b": "1\n"})
    scene.remote_commit("later", {"own": "1\n"}, start="dev")
    message = f"Revert\n\nThis reverts commit {work}."
    revert = scene.remote_commit("later", {"a": None, "b": None}, message=message)
    scene.remote_commit("later", {"hot": "1\n"})
    dev, later = dev_and_later(scene)
    tree = scene.repository.merge(later, dev, None).tree
    (found,) = scene.repository.reversals(dev, later, tree)
    assert (found.sha, found.step, found.lost) == (revert, revert, 1)
    assert (found.paths, found.back) == (("a", "b"), ("a", "b"))
    assert (found.rest, found.mixed, found.exposed, found.undone) == ((), (), (), False)
    folded = scene.repository.fold(dev, later, [Skip(revert)])
    assert folded.own == {"own", "hot"}
    assert scene.repository.differing(folded.tree, dev.tree) == ("hot", "own")


def test_what_a_merge_brought_to_a_line_is_not_its_own(scene: Scene) -> None:
    """Unless it brought it from a branch that the earlier stage lacks."""
    scene.remote_commit("dev", {"a": "1\n"})
    publish(scene, merge(scene).commit)
    revert = scene.remote_commit("main", {"a": None}, "Revert")
    scene.remote_commit("dev", {"b": "1\n"})
    publish(scene, merge(scene).commit)
    later, earlier = tips(scene)
    folded = scene.repository.fold(earlier, later, [Skip(revert)])
    assert (folded.tree, folded.own) == (earlier.tree, frozenset())
    scene.remote_commit("fix", {"hot": "1\n"}, start="stg")
    query = RefQuery(("main", "fix"))
    scene.repository.fetch(query)
    fix = scene.repository.refs(query).branch("fix").remote
    assert fix
    publish(scene, scene.repository.merge(later, fix, SIGNATURE).commit)
    later, earlier = tips(scene)
    assert scene.repository.fold(earlier, later, [Skip(revert)]).own == {"hot"}


def test_a_stage_is_seen_without_some_of_its_commits(scene: Scene) -> None:
    """Whole, in some paths, or not at all: then the commit that conflicts is named."""
    scene.remote_commit("dev", {"a": "1\n", "b": "1\n"})
    release = scene.remote_commit("later", {"own": "1\n"}, start="dev")
    message = f"Quick help\n\nReapplies: {release}"
    back = scene.remote_commit("later", {"a": None, "b": None, "c": "1\n"}, message=message)
    hot = scene.remote_commit("later", {"hot": "1\n"})
    dev, later = dev_and_later(scene)

    def files(skip: Skip) -> set[str]:
        tree = scene.repository.fold(dev, later, [skip]).tree
        made = scene.repository.commit_tree(tree, later.sha, SIGNATURE)
        assert (scene.parents(made), scene.message(made)) == ([hot], SIGNATURE.message)
        assert scene.repository.commit_tree(tree, later.sha, SIGNATURE) == made
        assert scene.repository.differing(tree, made) == ()
        return {*scene.commit_files(made)}

    assert files(Skip(back)) == {"README.md", "a", "b", "own", "hot"}
    assert files(Skip(back, ("a", "b"))) == {"README.md", "a", "b", "c", "own", "hot"}
    assert scene.repository.fold(dev, later, [Skip(release)]).own >= {"hot"}
    assert scene.repository.roll_backs(dev.sha, later.sha) == {back, release}
    assert scene.repository.roll_backs(later.sha, dev.sha) == frozenset()


def test_a_commit_that_builds_on_what_is_left_out_is_named(scene: Scene) -> None:
    """With the files in which it conflicts."""
    work = scene.remote_commit("main", {"README.md": "work\n"})
    hot = scene.remote_commit("main", {"README.md": "hot\n"}, message="fix: hot")
    later, earlier = tips(scene)
    folded = scene.repository.fold(earlier, later, [Skip(work)])
    assert (folded.tree, folded.conflicts) == ("", ("README.md",))
    assert folded.stuck
    assert (folded.stuck.sha, folded.stuck.subject) == (hot, "fix: hot")
