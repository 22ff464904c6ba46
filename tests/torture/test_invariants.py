"""The checker notices what is wrong with a remote, the log or the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.torture import invariants
from tests.torture.cases import Workshop
from tests.torture.deployed import deployed
from tests.torture.objects import Remote
from tests.torture.world import World


@pytest.fixture
def done(workshop: Workshop) -> Iterator[World]:
    """Return a world in which the promotion has been made."""
    with workshop.world("promote") as world:
        ran = world.run(*world.goal.command)
        assert ran.status == 0, ran.told()
        assert invariants.complete(world) == []
        assert invariants.lies(world, ran, world.at_first) == []
        yield world


def _git(world: World, *args: str) -> str:
    return world.repos["api"].remote_git(*args)


def _tag(world: World) -> str:
    return _git(world, "tag", "--list", "stg-deploy-*")


def _amend(world: World) -> None:
    tree = _git(world, "rev-parse", "stg^{tree}")
    made = _git(world, "commit-tree", "-p", "stg^1", "-p", "stg^2", "-m", "again", tree)
    _git(world, "update-ref", "refs/heads/stg", made)


def _other_tree(world: World) -> None:
    made = _git(world, "commit-tree", "-p", "stg^1", "-p", "stg^2", "-m", "x", "stg^1^{tree}")
    tag = _tag(world)
    _git(world, "update-ref", "refs/heads/stg", made)
    _git(world, "tag", "--force", "-a", "-m", "x", tag, made)


def _record_again(world: World) -> None:
    log = world.shop / "deployment.log"
    log.write_bytes(log.read_bytes() * 2)


def _reopen(world: World) -> None:
    closed = next(world.shop.glob(".multigit/operations/*/journal.jsonl"))
    closed.rename(closed.parent.with_suffix(".jsonl"))


def _lock(world: World) -> None:
    blob = _git(world, "rev-parse", "stg:a.txt")
    _git(world, "update-ref", "refs/multigit/locks/stg", blob)


DAMAGES: dict[str, tuple[Callable[[World], object], str]] = {
    "tag deleted": (lambda w: _git(w, "tag", "--delete", _tag(w)), "0 tags instead of 1"),
    "tag is light": (
        lambda w: _git(w, "update-ref", f"refs/tags/{_tag(w)}", "refs/heads/stg"),
        "wanted an annotated tag",
    ),
    "second tag": (
        lambda w: _git(w, "tag", "-a", "-m", "x", "stg-deploy-20250101-000000", "stg"),
        "2 tags instead of 1",
    ),
    "branch moved back": (
        lambda w: _git(w, "update-ref", "refs/heads/stg", "stg^1"),
        "stg is not published",
    ),
    "merged anew": (_amend, "written 2 times"),
    "merged otherwise": (_other_tree, "the merge's tree is"),
    "commit on top": (
        lambda w: w.repos["api"].commit("stg", {"z": "1"}),
        "has the parents",
    ),
    "another branch rewound": (
        lambda w: _git(w, "update-ref", "refs/heads/main", "main^"),
        "is lost",
    ),
    "another branch moved": (
        lambda w: w.repos["api"].commit("main", {"z": "1"}),
        "is too much",
    ),
    "lock left": (_lock, "refs/multigit/locks/stg is left"),
    "git's lock left": (
        lambda w: (w.repos["api"].bare / "refs/heads/stg.lock").touch(),
        "refs/heads/stg.lock is left",
    ),
    "recorded twice": (_record_again, "2 records of"),
    "not recorded": (
        lambda w: (w.shop / "deployment.log").write_bytes(b""),
        "published 0 times",
    ),
    "journal open": (_reopen, ".jsonl is left"),
    "scratch left": (lambda w: (w.shop / ".multigit/clones").mkdir(), "clones is left"),
    "file changed": (
        lambda w: (w.repos["web"].clone / "a.txt").write_text("changed"),
        "shop/web/a.txt",
    ),
    "branch switched": (
        lambda w: w.repos["web"].git("symbolic-ref", "HEAD", "refs/heads/x"),
        "shop/web/.git/HEAD",
    ),
    "log for all": (
        lambda w: (w.shop / "deployment.log").chmod(0o644),
        "has the mode 0o100644",
    ),
}


def test_checker_sees_every_damage(done: World) -> None:
    """Each damage has a message of its own, and there is none once the damage is repaired."""
    for name, (damage, words) in DAMAGES.items():
        with done.saved():
            damage(done)
            found = invariants.complete(done)
        assert any(words in text for text in found), f"{name}: {found}"
    assert invariants.complete(done) == []


def test_checker_sees_a_part(done: World) -> None:
    """A branch without its tag is reported."""
    with done.saved():
        _git(done, "tag", "--delete", _tag(done))
        assert any("only a part" in text for text in invariants.together(done))
    assert invariants.together(done) == []


def test_checker_sees_how_often_something_was_started(workshop: Workshop) -> None:
    """Starts that were doubled, lost or never requested, also compared with the log."""
    with workshop.world("command") as world:
        ran = world.run(*world.goal.command)
        assert [*invariants.complete(world), *invariants.lies(world, ran, world.at_first)] == []
        runs = world.root / "runs"
        known = runs.read_text("utf-8")
        for text, words in {
            f"{known}api/nrt\n": "api/nrt was started 2 times instead of 1",
            known.replace("web/fra\n", ""): "web/fra was started 0 times instead of 1",
            f"{known}api/syd\n": "api/syd was started, and nobody asked for it",
        }.items():
            runs.write_text(text, encoding="utf-8")
            assert words in deployed(world)
        world.in_doubt = frozenset({"db/fra"})
        runs.write_text(known.replace("db/fra\n", ""), encoding="utf-8")
        assert any("wanted" in text and "unknown" in text for text in deployed(world))
        assert any("called succeeded" in t for t in invariants.lies(world, ran, world.at_first))


def test_checker_sees_lies(done: World) -> None:
    """What is called published is there, and what is called failed is not."""
    before = {name: Remote(repo.bare) for name, repo in done.repos.items()}
    ran = done.run("continue")
    assert ran.codes == [invariants.NOTHING_UNFINISHED]
    told = done.records()[-1]
    rows = [{**row, "steps": _steps(done, row)} for row in told["repos"]]
    said = {"exit_code": 0, "message": "", "hint": None, "problems": []}
    for state, lies in (("published", 0), ("failed", 2), ("unknown", 1)):
        document = {**said, "repos": [{**rows[0], "state": state}]}
        assert len(invariants.lies(done, ran.saying(document), before)) == lies, state
    with done.saved():
        _git(done, "update-ref", "refs/heads/stg", "stg^1")
        document = {**said, "repos": rows}
        assert invariants.lies(done, ran.saying(document), before)
        document = {**said, "repos": [], "message": "Nothing was published."}
        assert invariants.lies(done, ran.saying(document), before)


def _steps(world: World, row: dict[str, str]) -> list[dict[str, str]]:
    assert world.goal.moves
    return [{"type": "merge", "branch": row["branch"], "after": row["after"]}]
