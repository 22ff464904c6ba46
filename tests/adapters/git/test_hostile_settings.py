"""Git settings for manual work do not change what multigit's own git commands do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from multigit.core.values.git_answers import Publication, RefQuery, Signature
from multigit.core.values.work_tree import Change, Obstacle
from tests.adapters.git.clones import open_clone
from tests.conftest import isolate
from tests.support.forge import Forge

Setting = tuple[str, str]

ALL = RefQuery(("dev", "stg", "main", "side", "back"), ("deploy-*",))
DATE = "1736500000 +0000"
LINES = "".join(f"line {number}\n" for number in range(40))

SETTINGS: tuple[Setting, ...] = (
    ("advice.statusHints", "false"),
    ("branch.autoSetupMerge", "false"),
    ("branch.autoSetupMerge", "inherit"),
    ("branch.dev.mergeOptions", "--squash"),
    ("branch.dev.mergeOptions", "--no-commit"),
    ("branch.dev.mergeOptions", "--no-ff -s ours"),
    ("branch.dev.mergeOptions", "--verify-signatures --log --signoff"),
    ("branch.dev.mergeOptions", "--abort"),
    ("branch.dev.mergeOptions", "--no-such-option"),
    ("branch.dev.pushRemote", "elsewhere"),
    ("branch.dev.rebase", "true"),
    ("branch.sort", "-committerdate"),
    ("checkout.defaultRemote", "elsewhere"),
    ("checkout.guess", "true"),
    ("checkout.workers", "4"),
    ("clone.defaultRemoteName", "elsewhere"),
    ("color.advice", "always"),
    ("color.branch", "always"),
    ("color.diff", "always"),
    ("color.grep", "always"),
    ("color.push", "always"),
    ("color.remote", "always"),
    ("color.status", "always"),
    ("color.transport", "always"),
    ("color.ui", "always"),
    ("column.ui", "always"),
    ("commit.cleanup", "strip"),
    ("commit.status", "true"),
    ("commit.template", "/nothing/there"),
    ("commit.verbose", "2"),
    ("core.abbrev", "4"),
    ("core.commentChar", "W"),
    ("core.logAllRefUpdates", "false"),
    ("core.pager", "false"),
    ("core.quotePath", "true"),
    ("core.splitIndex", "true"),
    ("core.untrackedCache", "true"),
    ("diff.algorithm", "minimal"),
    ("diff.external", "false"),
    ("diff.ignoreSubmodules", "all"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.noprefix", "true"),
    ("diff.orderFile", "/nothing/there"),
    ("diff.relative", "true"),
    ("diff.renames", "false"),
    ("diff.renameLimit", "1"),
    ("diff.submodule", "log"),
    ("fetch.all", "true"),
    ("fetch.output", "compact"),
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("fetch.showForcedUpdates", "false"),
    ("fetch.writeCommitGraph", "true"),
    ("format.pretty", "oneline"),
    ("format.signOff", "true"),
    ("grep.column", "true"),
    ("grep.extendedRegexp", "true"),
    ("grep.fullName", "true"),
    ("grep.lineNumber", "true"),
    ("grep.patternType", "perl"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("log.abbrevCommit", "true"),
    ("log.date", "relative"),
    ("log.decorate", "full"),
    ("log.diffMerges", "first-parent"),
    ("log.follow", "true"),
    ("log.mailmap", "true"),
    ("log.showRoot", "false"),
    ("log.showSignature", "true"),
    ("merge.autoStash", "true"),
    ("merge.branchdesc", "true"),
    ("merge.conflictStyle", "zdiff3"),
    ("merge.default", "union"),
    ("merge.directoryRenames", "false"),
    ("merge.ff", "false"),
    ("merge.ff", "only"),
    ("merge.log", "true"),
    ("merge.renameLimit", "1"),
    ("merge.renames", "false"),
    ("merge.renormalize", "true"),
    ("merge.stat", "true"),
    ("merge.verbosity", "5"),
    ("merge.verifySignatures", "true"),
    ("notes.displayRef", "refs/notes/*"),
    ("pull.ff", "only"),
    ("pull.octopus", "ours"),
    ("pull.rebase", "true"),
    ("pull.twohead", "ours"),
    ("push.autoSetupRemote", "true"),
    ("push.default", "nothing"),
    ("push.followTags", "true"),
    ("push.negotiate", "true"),
    ("push.pushOption", "ci.skip"),
    ("push.recurseSubmodules", "check"),
    ("push.useForceIfIncludes", "true"),
    ("rebase.autoStash", "true"),
    ("rebase.updateRefs", "true"),
    ("remote.origin.fetch", "+refs/heads/*:refs/remotes/elsewhere/*"),
    ("remote.origin.fetch", "^refs/heads/bot/*"),
    ("remote.origin.prune", "false"),
    ("remote.origin.pruneTags", "true"),
    ("remote.origin.push", "refs/heads/*:refs/heads/*"),
    ("remote.origin.skipDefaultUpdate", "true"),
    ("remote.origin.skipFetchAll", "true"),
    ("remote.origin.tagOpt", "--tags"),
    ("remote.pushDefault", "elsewhere"),
    ("rerere.autoUpdate", "true"),
    ("rerere.enabled", "true"),
    ("status.aheadBehind", "false"),
    ("status.branch", "true"),
    ("status.relativePaths", "true"),
    ("status.renames", "copies"),
    ("status.short", "true"),
    ("status.showStash", "true"),
    ("status.showUntrackedFiles", "no"),
    ("status.submoduleSummary", "true"),
    ("submodule.propagateBranches", "true"),
    ("submodule.recurse", "true"),
    ("tag.forceSignAnnotated", "true"),
    ("tag.sort", "-version:refname"),
    ("transfer.hideRefs", "refs/heads/main"),
    ("uploadpack.hideRefs", "refs/heads"),
)


def in_groups() -> dict[str, list[Setting]]:
    """Return the settings by first letter; a second value of a key starts another group."""
    groups: dict[str, list[Setting]] = {}
    for key, value in SETTINGS:
        letter, number = key[0], 1
        while key in dict(groups.setdefault(f"{letter}-{number}", [])):
            number += 1
        groups[f"{letter}-{number}"].append((key, value))
    return groups


def play(  # noqa: PLR0915  (one story)
    root: Path, settings: Sequence[Setting], *, everywhere: bool = False
) -> dict[str, object]:
    """Do everything that multigit does in a repository, and return all results."""
    forge = Forge(root)
    first = {"README.md": "# api\n", "old/a": LINES, "old/b": f"b {LINES}", "Wörter.txt": "1\n"}
    api = forge.add("api", files=first)
    api.commit("side", {".gitattributes": "*.gen -diff\n", "s": "1\n"}, start="dev")
    moved = {"old/a": None, "old/b": None, "new/a": LINES, "new/b": f"b {LINES}"}
    api.commit("side", {"README.md": "3\n"}, message="feat: three")
    api.commit("back", {"README.md": "# api\n"}, message="Zurück", start="side")
    api.commit("dev", {**moved, "both": "a\nb\n"}, message="feat: möve\n\nWhat it does.")
    api.commit("main", {"old/a": f"{LINES}more\n", "old/c": "c\n", "both": "a\nc\n"})
    header = f"object {api.tip('main')}\ntype commit\ntag deploy-1\n"
    tag = api.remote_git("mktag", input=f"{header}tagger A <a@example.org> {DATE}\n\nm\n")
    api.remote_git("update-ref", "refs/tags/deploy-1", tag)
    api.remote_git("tag", "stray", "dev")
    api.git("tag", "mine")
    for key, value in settings:
        scope = ("--global",) if everywhere else ()
        api.git("config", *scope, "--add", key, value)
    repository, seen = open_clone(forge, api), dict[str, object]()

    repository.fetch(ALL)
    refs = repository.refs(ALL)
    seen["refs"] = {name: (each.remote, each.local) for name, each in refs.branches.items()}
    seen["tags"] = refs.tags
    remote = {name: each.remote for name, each in refs.branches.items() if each.remote}
    dev, main, side = remote["dev"], remote["main"], remote["side"]
    seen["waiting"] = repository.waiting(main.sha, dev.sha)
    back = remote["back"]
    seen["reversals"] = repository.reversals(side, back, back.tree)
    assert [each.paths for each in repository.reversals(side, back, back.tree)] == [("README.md",)]
    seen["conflict"] = repository.merge(main, dev, Signature("Merge", DATE))
    merged = repository.merge(main, side, Signature("#1 Wide\n\n#2 Word", DATE))
    seen["merged"] = merged
    made = repository.tag("deploy-2", merged.commit, Signature("#1 Wide\n\n#2 Word", DATE))
    seen["tag"] = api.git("cat-file", "tag", made)

    api.write({"new/a": "MINE\n"})
    head = repository.work_tree().head
    seen["obstacles"] = repository.obstacles(head, dev.sha)
    assert seen["obstacles"] == (Obstacle("new/a"),)
    (api.clone / "new/a").unlink()
    repository.update_work_tree("dev", dev.sha)
    seen["updated"] = (api.git("rev-parse", "HEAD"), api.git("status", "--porcelain"))
    repository.create_branch("stg")
    repository.switch("stg")
    repository.create_branch("main")
    repository.switch("dev")

    api.write({"new/a": None, "moved": LINES, "sub/ö": "1\n", "README.md": "2\n"})
    work = repository.work_tree(sizes=True)
    seen["work"] = replace(work, ahead=0, behind=0)  # the upstream depends on the fetch refspecs
    signature = Signature("#1 Wide\n\n#2 Word", DATE)
    seen["preview"] = repository.commit_preview(dev.sha, work.changes, signature)
    tip = repository.commit(work.changes, signature, verify=True)
    seen["commit"] = (tip, api.git("log", "-1", "--format=%B"))
    api.reject_pushes("refs/heads/main", "error: protected by the admin")
    to_main = Publication("refs/heads/main", main.sha, merged.commit)
    to_dev = Publication("refs/heads/dev", dev.sha, tip.sha)
    seen["refused"] = repository.push([to_main, to_dev])
    api.allow_pushes()
    seen["pushed"] = repository.push([to_main, to_dev, Publication("refs/tags/deploy-2", "", made)])
    seen["followed"] = repository.fast_forward("main", merged.commit)
    seen["remote"] = repository.remote_refs(["refs/heads/main", "refs/tags/deploy-2"])
    repository.export(tip.sha, _folder(root / "export"))
    seen["export"] = sorted(str(p.relative_to(root)) for p in (root / "export").rglob("*"))
    seen["theirs"] = api.remote_refs()
    seen["ours"] = api.local_refs()
    seen["files"] = sorted(
        str(path.relative_to(api.clone))
        for path in api.clone.rglob("*")
        if ".git" not in path.relative_to(api.clone).parts
    )
    seen["identity"] = repository.facts().identity
    return seen


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the results without any of the settings."""
    root = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch:
        isolate(monkeypatch, root / "home")
        return play(root, ())


@pytest.mark.parametrize("settings", in_groups().values(), ids=in_groups())
def test_settings_of_a_repository_change_nothing(
    home: Path, undisturbed: dict[str, object], settings: Sequence[Setting]
) -> None:
    """They are tried in the repository's configuration, those of a few sections at once."""
    found = play(home.parent, settings)
    assert {k: v for k, v in found.items() if undisturbed[k] != v} == {}


def test_all_settings_of_a_user_together_change_nothing(
    home: Path, undisturbed: dict[str, object]
) -> None:
    """All of them are set in ~/.gitconfig at once."""
    of_servers = ("transfer.", "uploadpack.")  # which a server on this machine reads, too
    common = [each for each in SETTINGS if not each[0].startswith((*of_servers, "remote.origin.f"))]
    found = play(home.parent, common, everywhere=True)
    assert {k: v for k, v in found.items() if undisturbed[k] != v} == {}


def test_branches_follow_where_no_remote_may_be_a_folder(forge: Forge) -> None:
    """Local branches move even if `protocol.file.allow` forbids folders as remotes."""
    api = forge.add("api")
    api.git("branch", "stg", "dev")
    tip = api.local_commit({"a": "1\n"})
    api.git("config", "protocol.file.allow", "never")
    assert open_clone(forge, api).fast_forward("stg", tip) == ""
    assert api.local_refs()["refs/heads/stg"] == tip


def test_a_clone_of_one_branch_gets_others_with_their_upstream(forge: Forge) -> None:
    """Branches outside the clone's own fetch refspec can still be created, with an upstream."""
    api = forge.add("api")
    api.git("config", "remote.origin.fetch", "+refs/heads/dev:refs/remotes/origin/dev")
    repository = open_clone(forge, api)
    repository.fetch(ALL)
    repository.create_branch("main")
    assert api.local_refs()["refs/heads/main"] == api.tip("main")
    assert api.git("config", "branch.main.merge") == "refs/heads/main"
    assert api.git("config", "branch.main.remote") == "origin"


def test_an_index_of_our_own_leaves_nothing_in_the_repository(forge: Forge) -> None:
    """A temporary index does not even leave the shared file of a split index."""
    api = forge.add("api")
    api.git("config", "core.splitIndex", "true")
    repository = open_clone(forge, api)
    tip = api.tip("dev")
    before = {path.name for path in (api.clone / ".git").iterdir()}
    api.write({"a": "1\n"})
    repository.commit_preview(tip, [Change("a", "untracked")], Signature("A", DATE))
    repository.export(tip, _folder(forge.root / "export"))
    assert {path.name for path in (api.clone / ".git").iterdir()} == before
