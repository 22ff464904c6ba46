"""The releases of a stage on real remotes, in each way in which a commit can be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from multigit.adapters.config.load import load
from multigit.adapters.files.folder import WorkspaceFiles
from multigit.adapters.git.workspace import GitRepositories
from multigit.core.records.record import Record
from multigit.core.records.release_history import releases_of
from multigit.core.records.releases import Known, Releases, Stood, WayBack
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Workspace
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import observe
from multigit.engine.observe.releases import (
    ReleaseObservation,
    Standpoint,
    commits_back,
    look_back,
)
from tests.engine.operations import Listening
from tests.support.forge import COLLEAGUE, Forge, untouched

TO_STG = ("promote", "dev", "stg", "--yes")
FLEET = Fleet(Listening(), 2)


def space_of(forge: Forge) -> Workspace:
    """Return the workspace as its configuration says."""
    return load(forge.shop / "multigit.toml")


def observed(forge: Forge, stage: str = "stg") -> Mapping[str, Snapshot]:
    """Observe a stage."""
    space = space_of(forge)
    look = ReleaseObservation(space.stage(stage))
    return observe(GitRepositories(space), space.repos, look.of, FLEET)


def releases(forge: Forge, *, log: bool = True) -> Releases:
    """Return the releases of stg; without the log as on another machine."""
    space, records = space_of(forge), list[Record]()
    if log:
        lower = {each.name: [s.name for s in space.chain_down(each)[1:]] for each in space.stages}
        records += WorkspaceFiles(space).history.last(0, "stg", lower)[0]
    seen = observed(forge)
    return releases_of(dict.fromkeys(seen, space.stage("stg")), seen, records)


def ways(forge: Forge, known: Releases, name: str) -> Mapping[str, WayBack]:
    """Look back to a release from where stg is."""
    space = space_of(forge)
    points = [Standpoint(repo, forge.repos[repo.name].tip("stg")) for repo in space.repos]
    git, release = GitRepositories(space), known.find(name)
    counts = commits_back(git, points, [release], FLEET)[name]
    found = look_back(git, points, known, release, FLEET)
    assert counts == {n: w.lost.commits for n, w in found.items() if w.old and w.old.sha != w.now}
    return found


def test_each_repository_has_its_commit_by_tag_by_log_or_by_history(forge: Forge) -> None:
    """A release moved api, a back-merge before it web, and docs was never touched."""
    api, web, docs = (forge.add(name) for name in ("api", "web", "docs"))
    forge.write_config()
    begun = docs.commit("stg", {"early": "1\n"})
    web.commit("main", {"hotfix": "1\n"})
    forge.run("backmerge", "main", "--yes", check=0)
    merged = web.tip("stg")
    api.commit("dev", {"a": "1\n"})
    first = forge.json(*TO_STG, check=0)
    name, released = first["release"], api.tip("stg")
    api.commit("dev", {"b": "1\n"}, message="feat: b")
    web.commit("dev", {"c": "1\n"}, message="feat: c")
    second = forge.json(*TO_STG, check=0)["release"]
    with untouched(forge):
        known = releases(forge)
        release = known.find(name)
        assert [each.name for each in known.known] == [second, name]
        assert known.now == second
        assert release.operation == first["operation"]
        assert release.repos == {
            "api": Stood(released, Known.TAG, name),
            "web": Stood(merged, Known.LOG),
            "docs": Stood(),
        }
        assert release.good
        back = ways(forge, known, name)
        elsewhere = releases(forge, log=False)
        told = ways(forge, elsewhere, name)
        assert not any(each.tag_messages for each in observed(forge, "dev").values())
    assert {n: way.stood for n, way in back.items()} == {
        **release.repos,
        "docs": Stood(begun, Known.HISTORY),
    }
    lost = {n: (way.lost.subjects, way.paths) for n, way in back.items()}
    assert lost == {"api": (("feat: b",), ("b",)), "web": (("feat: c",), ("c",)), "docs": ((), ())}
    assert all(not way.besides.commits and not way.error for way in back.values())
    assert back["api"].old
    assert back["api"].old.tree == api.remote_git("rev-parse", f"{released}^{{tree}}")
    assert told["web"].stood.known == Known.HISTORY
    assert {n: told[n].stood for n in ("api", "docs")} == {
        n: back[n].stood for n in ("api", "docs")
    }
    other = elsewhere.find(name)
    assert (other.operation, other.good) == (release.operation, False)
    assert release.who
    assert replace(other, who=release.who, result=release.result, repos=release.repos) == release


def test_an_undone_release_is_gone_even_if_a_clone_has_its_tag(forge: Forge) -> None:
    """The user fetched it before; a colleague's commit before the next release is told."""
    api, web = forge.add("api"), forge.add("web")
    forge.write_config()
    web.commit("dev", {"w": "1\n"})
    first = forge.json(*TO_STG, check=0)["release"]
    tagged = web.tip("stg")
    api.commit("dev", {"a": "1\n"})
    undone = forge.json(*TO_STG, check=0)["release"]
    api.git("fetch", "origin", f"refs/tags/{undone}:refs/tags/{undone}")
    forge.run("undo", "--yes", check=0)
    by_hand = web.commit("stg", {"h": "1\n"}, message="fix: by hand")
    api.commit("dev", {"b": "1\n"})
    last = forge.json(*TO_STG, check=0)["release"]
    with untouched(forge):
        known = releases(forge)
        assert [each.name for each in known.known] == [last, first]
        way = ways(forge, known, last)["web"]
    assert (way.stood, way.now) == (Stood(tagged, Known.TAG, first), by_hand)
    assert (way.besides.subjects, way.paths) == (("fix: by hand",), ("h",))
    newest = way.besides.newest
    assert newest
    assert (newest.sha, newest.author) == (by_hand, COLLEAGUE.partition(" <")[0])


def test_a_roll_back_leaves_what_it_rolled_back_out(forge: Forge) -> None:
    """Deployed again or restored: the stage has the old one, and what was newer is not good."""
    api = forge.add("api")
    config = forge.write_config()
    runner = '\n[stages.stg.deploy]\nrunner = "command"\ncommand = ["true"]\n'
    config.write_text(config.read_text(encoding="utf-8") + runner, encoding="utf-8")
    names = []
    for content in ("1\n", "2\n", "3\n"):
        api.commit("dev", {"a": content})
        names.append(forge.json(*TO_STG, check=0)["release"])
    first, second, third = names
    again = forge.json("rollback", "stg", "--last-good", "--yes", check=0)["operation"]
    known = releases(forge)
    assert (known.now, known.last_good()) == (second, known.find(second))
    assert {each.name: each.rolled_back for each in known.known} == {
        third: again,
        second: "",
        first: "",
    }
    restore = ("rollback", "stg", first, "--how", "restore", "--yes")
    restored = forge.json(*restore, check=0)["release"]
    known, elsewhere = releases(forge), releases(forge, log=False)
    assert (known.now, known.last_good()) == (restored, known.find(first))
    for each in (known, elsewhere):
        newest, *older = each.known
        assert (newest.name, newest.is_rollback, newest.back_to) == (restored, True, first)
        assert [bool(release.rolled_back) for release in older] == [True, True, False]
