"""Fetching, and the refs and histories of both sides."""

from __future__ import annotations

import pytest

from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import PendingCommits
from multigit.core.values.git_answers import RefQuery, Signature
from multigit.core.values.refs import Branch
from multigit.core.values.work_tree import Outgoing
from multigit.errors import GitError
from tests.contract.scenes import Scene
from tests.support.fake_git import GRACE

DEV = RefQuery(("dev",))
STAGES = RefQuery(("dev", "stg", "main"))


def remote_tip(scene: Scene, branch: str) -> str:
    """Return the tip of a remote-tracking branch, or an empty string."""
    tip = scene.repository.refs(RefQuery((branch,))).branch(branch).remote
    return tip.sha if tip else ""


# --- Branches


def test_fetch_brings_the_branches_that_are_asked_for(scene: Scene) -> None:
    """Each remote tip is where the remote has it, with its tree."""
    tips = {branch: scene.remote_commit(branch, {branch: "1\n"}) for branch in ("dev", "main")}
    scene.repository.fetch(STAGES)
    assert {branch: remote_tip(scene, branch) for branch in tips} == tips
    refs = scene.repository.refs(STAGES)
    trees = {tip.tree for each in refs.branches.values() if (tip := each.remote)}
    assert set(refs.branches) == {"dev", "stg", "main"}
    assert len(trees) == 3


def test_refs_are_those_of_the_last_fetch(scene: Scene) -> None:
    """Reading refs does not ask the remote."""
    before = remote_tip(scene, "dev")
    after = scene.remote_commit("dev", {"a": "1\n"})
    assert remote_tip(scene, "dev") == before
    scene.repository.fetch(DEV)
    assert remote_tip(scene, "dev") == after


def test_a_branch_that_exists_nowhere_has_no_side(scene: Scene) -> None:
    """Asking for it does not prevent the others from being fetched."""
    query = RefQuery(("nowhere", "dev"))
    tip = scene.remote_commit("dev", {"a": "1\n"})
    scene.repository.fetch(query)
    assert remote_tip(scene, "dev") == tip
    assert scene.repository.refs(query).branch("nowhere") == Branch()


def test_a_deleted_branch_is_gone_after_the_fetch(scene: Scene) -> None:
    """Its remote side disappears; the local branch stays."""
    local = scene.repository.refs(DEV).branch("dev").local
    scene.remote_delete("refs/heads/dev")
    scene.repository.fetch(DEV)
    branch = scene.repository.refs(DEV).branch("dev")
    assert (branch.remote, branch.local) == (None, local)


def test_a_rewound_branch_is_read_as_rewound(scene: Scene) -> None:
    """The fetch does not require fast-forwards."""
    start = remote_tip(scene, "dev")
    scene.remote_commit("dev", {"a": "1\n"})
    scene.repository.fetch(DEV)
    scene.remote_delete("refs/heads/dev")
    again = scene.remote_commit("dev", {"b": "1\n"}, start="main")
    scene.repository.fetch(DEV)
    assert remote_tip(scene, "dev") == again != start


def test_names_with_a_common_prefix_are_kept_apart(scene: Scene) -> None:
    """Neither dev nor deev nor devel is mistaken for another one, even if one is gone."""
    names = ("dev", "devel", "dev2", "d", "deev", "de/v", "x", "release/1")
    tips = {"dev": remote_tip(scene, "dev")}
    tips |= {name: scene.remote_commit(name, {name: "1\n"}, start="main") for name in names[1:]}
    query = RefQuery(names[:3])
    scene.repository.fetch(query)
    scene.repository.fetch(RefQuery(names[3:]))
    assert {name: remote_tip(scene, name) for name in names} == tips
    scene.remote_delete("refs/heads/dev")
    scene.repository.fetch(query)
    assert {name: remote_tip(scene, name) for name in names} == tips | {"dev": ""}


def test_a_branch_can_become_a_folder_of_branches(scene: Scene) -> None:
    """The old tracking ref makes room for the new one."""
    scene.remote_delete("refs/heads/dev")
    tip = scene.remote_commit("dev/next", {"a": "1\n"}, start="main")
    scene.repository.fetch(RefQuery(("dev", "dev/next")))
    assert (remote_tip(scene, "dev"), remote_tip(scene, "dev/next")) == ("", tip)


def test_local_branches_show_their_side(scene: Scene) -> None:
    """Checked out, made by hand, or missing."""
    start = remote_tip(scene, "main")
    scene.make_branch("main", start)
    refs = scene.repository.refs(STAGES)
    locals_ = {name: each.local.sha for name, each in refs.branches.items() if each.local}
    assert locals_ == {"dev": start, "main": start}
    assert refs.branch("dev").checked_out
    assert not refs.branch("main").checked_out


def test_a_linked_work_tree_has_its_branch_checked_out(scene: Scene) -> None:
    """Its path is another one than the clone's own."""
    scene.make_branch("main", remote_tip(scene, "main"))
    scene.link("main")
    refs = scene.repository.refs(STAGES)
    assert refs.branch("main").checked_out != refs.branch("dev").checked_out != ""


def test_a_branch_counts_against_its_upstream(scene: Scene) -> None:
    """Its own commits are ahead, missing ones are behind; merges count like others."""
    scene.local_commit({"a": "1\n"})
    scene.local_commit({"a": "2\n"})
    scene.remote_commit("dev", {"b": "1\n"})
    scene.repository.fetch(DEV)
    branch = scene.repository.refs(DEV).branch("dev")
    assert (branch.ahead, branch.behind) == (2, 1)


def test_a_branch_without_upstream_counts_nothing(scene: Scene) -> None:
    """There is nothing to compare it with."""
    scene.make_branch("main", scene.local_commit({"a": "1\n"}))
    branch = scene.repository.refs(RefQuery(("main",))).branch("main")
    assert (branch.ahead, branch.behind) == (0, 0)


def test_fetch_leaves_the_users_own_refs_alone(scene: Scene) -> None:
    """Neither branches nor tags of the clone move or appear."""
    before = dict(scene.local_refs())
    scene.remote_commit("dev", {"a": "1\n"})
    scene.remote_tag("deploy-1", scene.remote_refs()["refs/heads/main"])
    scene.repository.fetch(RefQuery(("dev",), ("deploy-*",)))
    assert scene.local_refs() == before


def test_fetch_fails_when_the_remote_is_out_of_reach(scene: Scene) -> None:
    """What was fetched before can still be read."""
    tip = remote_tip(scene, "dev")
    scene.cut_off()
    with pytest.raises(GitError):
        scene.repository.fetch(DEV)
    with pytest.raises(GitError):
        scene.repository.remote_refs(["refs/heads/dev"])
    assert remote_tip(scene, "dev") == tip


# --- Tags


def tags(scene: Scene, *patterns: str) -> list[str]:
    """Fetch, and return the names of the tags that match."""
    query = RefQuery((), patterns)
    scene.repository.fetch(query)
    return [tag.name for tag in scene.repository.refs(query).tags]


def test_tags_come_by_pattern(scene: Scene) -> None:
    """Oldest first, and each only once even if two patterns match it."""
    main = scene.remote_refs()["refs/heads/main"]
    for name in ("deploy-2", "deploy-1", "stg-deploy-1", "v1"):
        scene.remote_tag(name, main)
    assert tags(scene, "deploy-*") == ["deploy-2", "deploy-1"]
    assert tags(scene, "deploy-1*", "deploy-*") == ["deploy-2", "deploy-1"]
    assert tags(scene, "stg-*") == ["stg-deploy-1"]


def test_tags_of_the_users_own_are_in_the_way_too(scene: Scene) -> None:
    """A tag that was never pushed could not be fetched over."""
    main = scene.remote_refs()["refs/heads/main"]
    scene.remote_tag("deploy-1", main)
    scene.local_tag("deploy-2", main)
    scene.local_tag("v1", main)
    assert set(tags(scene, "deploy-*")) == {"deploy-1", "deploy-2"}


def test_the_time_of_a_tag_is_when_it_was_made(scene: Scene) -> None:
    """It is not the time of its commit."""
    main = scene.remote_refs()["refs/heads/main"]
    scene.remote_tag("v1", main)
    query = RefQuery((), ("v*",))
    scene.repository.fetch(query)
    (tag,) = scene.repository.refs(query).tags
    assert tag.time > scene.date(main)


def test_a_tag_has_its_commit_and_who_made_it(scene: Scene) -> None:
    """If the user has another tag of that name, the remote's counts; a name alone has no maker."""
    first = scene.remote_refs()["refs/heads/main"]
    second = scene.remote_commit("main", {"a": "1\n"})
    scene.remote_tag("deploy-1", second)
    scene.local_tag("deploy-1", first)
    scene.local_tag("deploy-2", first)
    query = RefQuery(("main",), ("deploy-*",))
    scene.repository.fetch(query)
    found = {tag.name: (tag.commit, tag.who) for tag in scene.repository.refs(query).tags}
    assert found == {"deploy-1": (second, GRACE), "deploy-2": (first, "")}


def test_a_deleted_tag_is_gone_after_the_fetch(scene: Scene) -> None:
    """Others that match stay."""
    for name in ("deploy-1", "deploy-2"):
        scene.remote_tag(name, scene.remote_refs()["refs/heads/main"])
    assert tags(scene, "deploy-*") == ["deploy-1", "deploy-2"]
    scene.remote_delete("refs/tags/deploy-1")
    assert tags(scene, "deploy-*") == ["deploy-2"]


# --- Facts and histories


def test_facts_of_an_ordinary_clone(scene: Scene) -> None:
    """It is complete, pushes to one URL, and has a committer."""
    expected = CloneFacts(shallow=False, push_urls=1, identity="Ada Lovelace <ada@example.org>")
    assert scene.repository.facts() == expected


def test_waiting_counts_what_the_other_side_lacks(scene: Scene) -> None:
    """It also returns the newest one, with its author and subject."""
    main = remote_tip(scene, "main")
    scene.remote_commit("dev", {"a": "1\n"})
    tip = scene.remote_commit("dev", {"a": "2\n"}, message="feat: two\n\nWith a body.")
    scene.repository.fetch(DEV)
    waiting = scene.repository.waiting(main, tip)
    newest = waiting.newest
    assert waiting.commits == 2
    assert newest
    assert (newest.sha, newest.author, newest.subject) == (tip, "Grace Hopper", "feat: two")
    assert newest.time == scene.date(tip)
    assert [fork.sha for fork in waiting.forks] == [main]
    assert waiting.subjects == ("feat: two", "Change")


def test_the_work_of_a_stage_is_without_what_took_it_back_or_brought_it_back(
    scene: Scene,
) -> None:
    """As trailers say it; a message that only quotes one is work."""
    main = remote_tip(scene, "main")
    quoted = f"fix: text\n\nIt said:\n\n  Reapplies: {main}\n\nand that was wrong."
    said = ("feat: two", f"Back\n\nRolls-back-to: {main}", f"Again\n\nReapplies: {main}", quoted)
    for number, message in enumerate(said):
        tip = scene.remote_commit("dev", {"a": f"{number}"}, message=message)
    scene.repository.fetch(DEV)
    found = scene.repository.work_since(main, tip)
    assert (found.commits, found.subjects) == (2, ("fix: text", "feat: two"))
    assert [fork.sha for fork in found.forks] == [main]
    assert scene.repository.work_since(tip, main) == PendingCommits()
    assert scene.repository.waiting(main, tip).commits == 4


def test_waiting_names_only_the_newest(scene: Scene) -> None:
    """All are counted, and ten are named."""
    main = remote_tip(scene, "main")
    tips = [scene.remote_commit("dev", {"a": f"{n}\n"}, message=f"feat: {n}") for n in range(12)]
    scene.repository.fetch(DEV)
    waiting = scene.repository.waiting(main, tips[-1])
    assert waiting.commits == 12
    assert waiting.subjects == tuple(f"feat: {n}" for n in range(11, 1, -1))


def test_waiting_counts_no_merges(scene: Scene) -> None:
    """Commits that a merge brings count; the merge itself does not, and is never the newest."""
    refs = STAGES
    start = remote_tip(scene, "main")
    tip = scene.remote_commit("dev", {"a": "1\n"})
    scene.remote_commit("main", {"b": "1\n"})
    scene.repository.fetch(refs)
    seen = scene.repository.refs(refs)
    ours, theirs = seen.branch("main").remote, seen.branch("dev").remote
    assert ours
    assert theirs
    merged = scene.repository.merge(ours, theirs, Signature("Merge", "1800000000 +0000"))
    waiting = scene.repository.waiting(ours.sha, merged.commit)
    assert waiting.commits == 1
    assert waiting.newest
    assert waiting.newest.sha == tip
    assert scene.repository.waiting(start, merged.commit).commits == 2
    only_merge = scene.repository.waiting(tip, merged.commit)
    assert only_merge.commits == 1


def test_what_was_picked_is_not_lacking(scene: Scene) -> None:
    """Commits that were cherry-picked or are empty do not count; the remaining ones are named."""
    start = remote_tip(scene, "dev")
    fork = scene.repository.tip(start)
    scene.remote_commit("dev", {"a": "1\n"}, "feat: picked")
    scene.remote_commit("dev", {}, "chore: empty")
    tip = scene.remote_commit("dev", {"b": "1\n"}, "feat: new")
    scene.remote_commit("stg", {"h": "1\n"}, "fix: on staging")
    scene.remote_commit("stg", {"a": "1\n"}, "feat: picked, with another id")
    scene.repository.fetch(STAGES)
    dev, stg = (scene.repository.tip(remote_tip(scene, name)) for name in ("dev", "stg"))
    lacking = scene.repository.lacking(stg, dev)
    assert (lacking.commits, lacking.subjects, lacking.forks) == (1, ("feat: new",), (fork,))
    assert lacking.newest
    assert lacking.newest.sha == tip
    assert scene.repository.lacking(fork, dev).commits == 2
    assert scene.repository.waiting(start, tip).commits == 3
    back = scene.repository.lacking(dev, stg)
    assert (back.commits, back.subjects) == (1, ("fix: on staging",))


def test_where_all_was_picked_all_is_returned(scene: Scene) -> None:
    """Only the merge can then show whether it brings anything."""
    scene.remote_commit("dev", {"a": "1\n"}, "feat: picked")
    scene.remote_commit("stg", {"h": "1\n"}, "fix: on staging")
    scene.remote_commit("stg", {"a": "1\n"}, "feat: picked, with another id")
    scene.repository.fetch(STAGES)
    dev, stg = (scene.repository.tip(remote_tip(scene, name)) for name in ("dev", "stg"))
    lacking = scene.repository.lacking(stg, dev)
    assert lacking.commits == 1
    assert scene.repository.merge(stg, dev, None, lacking.forks).tree == stg.tree


def test_outgoing_is_what_no_branch_of_the_remote_has(scene: Scene) -> None:
    """Every path that a commit adds or changes, even if deleted since, at its largest size."""
    scene.remote_commit("feature", {"theirs.txt": "1\n"}, start="dev")
    scene.repository.fetch(RefQuery(("feature",)))
    scene.local_commit({"a.txt": "12345\n", "gone.txt": "1\n", "line\nbreak": "1\n"})
    tip = scene.local_commit({"a.txt": "1\n", "gone.txt": None, "README.md": None})
    assert sorted(scene.repository.outgoing(tip), key=lambda each: each.path) == [
        Outgoing("a.txt", 6),
        Outgoing("gone.txt", 2),
        Outgoing("line\nbreak", 2),
    ]
    assert scene.repository.paths([tip]) == {"a.txt", "line\nbreak"}
    before = scene.remote_refs()["refs/heads/dev"]
    assert not scene.repository.outgoing(before)
    assert scene.repository.paths([tip, before]) == {"a.txt", "line\nbreak", "README.md"}


def test_waiting_is_empty_between_a_commit_and_itself(scene: Scene) -> None:
    """And between a commit and its ancestor."""
    main = remote_tip(scene, "main")
    tip = scene.local_commit({"a": "1\n"})
    for base in (main, tip):
        waiting = scene.repository.waiting(tip, base)
        assert (waiting.commits, waiting.newest) == (0, None)


def test_waiting_without_a_base_is_what_no_remote_branch_has(scene: Scene) -> None:
    """This is used when a branch is pushed for the first time."""
    main = remote_tip(scene, "main")
    assert scene.repository.waiting("", main).commits == 0
    tip = scene.local_commit({"a": "1\n"})
    waiting = scene.repository.waiting("", tip)
    assert waiting.commits == 1
    assert waiting.newest
    assert waiting.newest.sha == tip


def test_divergence_counts_both_sides(scene: Scene) -> None:
    """Ahead first, then behind."""
    ours = scene.local_commit({"a": "1\n"})
    scene.remote_commit("dev", {"b": "1\n"})
    theirs = scene.remote_commit("dev", {"b": "2\n"})
    scene.repository.fetch(DEV)
    assert scene.repository.divergence(theirs, ours) == (1, 2)
    assert scene.repository.divergence(ours, ours) == (0, 0)


def test_a_tip_is_a_commit_with_its_tree(scene: Scene) -> None:
    """It is the same as in the refs."""
    tip = scene.repository.refs(DEV).branch("dev").local
    assert tip
    assert scene.repository.tip(tip.sha) == tip


def test_a_commit_that_is_not_here_has_no_tip(scene: Scene) -> None:
    """That is an error of git."""
    with pytest.raises(GitError):
        scene.repository.tip("1" * 40)


def test_objects_are_held_or_not(scene: Scene) -> None:
    """All of them have to exist; an empty name means no object, which always exists."""
    commit = scene.local_commit({"a": "1\n"})
    tag = scene.repository.tag("v1", commit, Signature("v1", "1 +0000"))
    assert scene.repository.holds([commit, tag, ""])
    assert scene.repository.holds([])
    assert not scene.repository.holds([commit, "1" * 40])


def test_a_subject_is_the_first_paragraph(scene: Scene) -> None:
    """On one line, as git shows it."""
    base = remote_tip(scene, "main")
    tip = scene.remote_commit("dev", {"a": "1\n"}, message="feat: one\nand two\n\nbody")
    scene.repository.fetch(DEV)
    newest = scene.repository.waiting(base, tip).newest
    assert newest
    assert newest.subject == "feat: one and two"


def test_what_differs_is_listed_with_both_names(scene: Scene) -> None:
    """A file that is changed, new or gone; a file under another name is two paths."""
    moved = "1\n2\n3\n"
    before = scene.remote_commit("dev", {"a": "1\n", "b/c": "1\n", "old": moved, "same": "1\n"})
    after = scene.remote_commit("dev", {"a": "2\n", "b/c": None, "old": None, "x y": moved})
    scene.repository.fetch(DEV)
    assert scene.repository.differing(before, after) == ("a", "b/c", "old", "x y")
    assert scene.repository.differing(after, before) == ("a", "b/c", "old", "x y")
    assert scene.repository.differing(after, after) == ()


def test_several_commits_are_behind_a_tip(scene: Scene) -> None:
    """Each is counted for itself, without merges; one that is not here is left out."""
    first = remote_tip(scene, "main")
    dev = [scene.remote_commit("dev", {f"d{n}": "1\n"}) for n in range(3)]
    main = scene.remote_commit("main", {"hotfix": "1\n"})
    scene.repository.fetch(STAGES)
    tips = scene.repository.tip(main), scene.repository.tip(dev[2])
    merged = scene.repository.merge(*tips, Signature("Merge dev into main", "1736500000 +0000"))
    behind = scene.repository.behind
    counts = {first: 4, main: 3, dev[0]: 3, dev[2]: 1, merged.commit: 0}
    assert behind(merged.commit, [*counts]) == counts
    assert behind(merged.commit, [first, "1" * 40, main]) == {first: 4, main: 3}
    assert behind(first, [main, dev[1]]) == {main: 0, dev[1]: 0}
    assert behind(first, [first]) == {first: 0}
    assert behind(first, []) == {}
    root = scene.make_root({"r": "1\n"})
    assert behind(main, [root.sha, first]) == {root.sha: 2, first: 1}
