"""Files whose content a filter stores outside git: no pointer is published without its content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multigit.adapters.git.workspace import GitRepositories
from multigit.core.values.workspace import Repo, Workspace
from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED, codes, hook, rows, states
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git

ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
SPEC = "version https://git-lfs.github.com/spec/v1"
# A small git-lfs: content below .git/lfs, a folder as the server, a hook that uploads what the
# pushed commits point to, and a smudge filter that downloads.
CLEAN = """\
f=$(mktemp); cat >$f; s=$(sha256sum <$f | cut -d' ' -f1)
d=$(git rev-parse --git-common-dir)/lfs/objects; mkdir -p $d; cp $f $d/$s; rm $f
printf '%s\\noid sha256:%s\\nsize 9\\n' '{spec}' $s
"""
SMUDGE = """\
s=$(sed -n s/^oid.sha256://p)
d=$(git rev-parse --git-common-dir)/lfs/objects
cat $d/$s 2>/dev/null || cat "{server}/$s"
"""
PRE_PUSH = """\
#!/bin/sh
echo "$1 $2" >>"{server}/../pushes"
while read -r _ sha _ _; do
  git grep -h -a "^oid sha256:" $sha -- | cut -d: -f2 |
    while read -r s; do cp "$(git rev-parse --git-common-dir)/lfs/objects/$s" "{server}/"; done
done
"""


class Depot:
    """A forge whose repository `api` has the filter `name`, with a server for the file contents."""

    def __init__(self, forge: Forge, *, name: str = "lfs") -> None:
        self.forge = forge
        self.server = forge.root / "contents"
        self.server.mkdir()
        self.api = forge.add("api", files={"README.md": "1\n"})
        self.name = name
        self.set_up(self.api.clone)
        self.hook = self.api.clone / ".git/hooks/pre-push"
        self.hook.write_text(PRE_PUSH.format(server=self.server))
        self.hook.chmod(0o755)
        self.config(hooks=False)

    def set_up(self, clone: Path, **settings: str) -> None:
        """Configure the filter in a clone."""
        scripts = {
            "clean": CLEAN.format(spec=SPEC),
            "smudge": SMUDGE.format(server=self.server),
            "required": "true",
            **settings,
        }
        for kind, script in scripts.items():
            git(clone, "config", f"filter.{self.name}.{kind}", script, env=self.forge.env)

    def config(self, *, hooks: bool, more: str = "") -> None:
        """Write the configuration."""
        self.forge.write_config(None)
        text = (self.forge.shop / "multigit.toml").read_text()
        self.forge.write_config(f"{text}hooks = true\n{more}" if hooks else text + more)

    def write(self, **files: str) -> None:
        """Write files whose attributes name the filter."""
        attributes = ATTRIBUTES.replace("lfs", self.name)
        self.api.write({".gitattributes": attributes, **{f"{k}.bin": v for k, v in files.items()}})

    def uploaded(self) -> list[str]:
        """Return the contents on the server."""
        return sorted(path.read_text() for path in self.server.iterdir())

    def pointed_at(self, branch: str) -> bool:
        """Return whether the file on the remote's branch is a pointer."""
        return SPEC in self.api.tree(branch).get("model.bin", "")


@pytest.fixture
def depot(forge: Forge) -> Depot:
    """Return a depot with git-lfs's filter."""
    return Depot(forge)


def test_pointers_without_their_content_are_not_published(depot: Depot) -> None:
    """The push is refused, and the setting in the hint publishes pointers and contents."""
    depot.write(model="BIGDATA\n", other="MORE\n")
    with untouched(depot.forge):
        document = depot.forge.json("push", "dev", "--yes", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["severity"]) == ("content_not_uploaded", "block")
    assert problem["files"] == ["model.bin", "other.bin"]
    assert problem["hint"] == "Add to multigit.toml below [repos.api]: hooks = true"

    depot.config(hooks=True)
    assert states(depot.forge.json("push", "dev", "--yes", check=DONE)) == {"api": "published"}
    assert depot.pointed_at("dev")
    assert depot.uploaded() == ["BIGDATA\n", "MORE\n"]
    assert (depot.api.clone / "model.bin").read_text() == "BIGDATA\n"
    assert depot.api.git("status", "--porcelain") == ""

    elsewhere = depot.forge.root / "elsewhere"
    git(depot.forge.root, "clone", "--quiet", "--no-checkout", depot.api.url, str(elsewhere))
    depot.set_up(elsewhere)
    git(elsewhere, "checkout", "--quiet", "dev", env=depot.forge.env)
    assert (elsewhere / "model.bin").read_text() == "BIGDATA\n"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_commits_that_were_made_by_hand_count_as_well(depot: Depot, *, elsewhere: bool) -> None:
    """They block whichever branch is checked out, even if a later commit deletes the file."""
    depot.write(model="BIGDATA\n")
    depot.api.git("add", "--all")
    depot.api.git("commit", "--quiet", "--message", "model")
    depot.api.local_commit({"model.bin": None, "a.txt": "1\n"})
    if elsewhere:
        depot.api.git("checkout", "--quiet", "-b", "feature/x", "origin/dev")
    with untouched(depot.forge):
        document = depot.forge.json("push", "dev", "--promote", "stg", "--yes", check=REFUSED)
    assert codes(rows(document)["api"]) == ["content_not_uploaded"]
    depot.config(hooks=True)
    depot.forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)


def test_what_a_hook_has_uploaded_is_promoted_without_one(depot: Depot) -> None:
    """Once the content is uploaded, promote, backmerge and push work without the hook."""
    depot.write(model="BIGDATA\n")
    depot.config(hooks=True)
    depot.forge.json("push", "dev", "--yes", check=DONE)
    depot.config(hooks=False)
    depot.forge.json("promote", "dev", "stg", "--yes", check=DONE)
    depot.api.commit("main", {"fix.txt": "1\n"})
    depot.forge.json("backmerge", "--yes", check=DONE)
    depot.api.git("fetch", "--quiet")
    depot.api.git("checkout", "--quiet", "-B", "main", "origin/main")
    depot.api.git("merge", "--quiet", "--no-ff", "--no-edit", "origin/stg")
    depot.api.write({"a.txt": "1\n"})
    depot.forge.json("push", "main", "--confirm", "main", check=DONE)
    assert depot.pointed_at("stg")
    assert depot.pointed_at("main")
    assert len((depot.forge.root / "pushes").read_text().splitlines()) == 1


def test_other_files_of_the_repository_are_published(depot: Depot) -> None:
    """Only files that the filter applies to need the hook, and a deleted file does not."""
    depot.write(model="BIGDATA\n")
    depot.config(hooks=True)
    depot.forge.json("push", "dev", "--yes", check=DONE)
    depot.config(hooks=False)
    depot.api.write({"a.txt": "1\n", "model.bin": None})
    depot.forge.json("push", "dev", "--yes", check=DONE)


def test_without_a_hook_nobody_would_upload(depot: Depot) -> None:
    """Without a hook the push is refused, and the hint `git lfs install` creates it."""
    lfs = hook(depot.forge.root / "bin/git-lfs", f"mv {depot.hook}.away {depot.hook}")
    depot.forge.env["PATH"] = f"{lfs.parent}:{depot.forge.env['PATH']}"
    depot.hook.rename(f"{depot.hook}.away")
    depot.write(model="BIGDATA\n")
    for hooks in (False, True):
        depot.config(hooks=hooks)
        with untouched(depot.forge):
            document = depot.forge.json("push", "dev", "--yes", check=REFUSED)
        (problem,) = rows(document)["api"]["problems"]
        assert problem["code"] == "content_not_uploaded"
        assert problem["hint"].startswith("Run: git -C api lfs install")
    follow(depot.forge, document, Hint.LFS_INSTALL, "git -C api lfs install")
    depot.forge.json("push", "dev", "--yes", check=DONE)


@pytest.mark.parametrize(
    ("settings", "hook", "code"),
    [
        ({"required": "true"}, True, ["content_not_uploaded"]),
        ({"required": "false"}, True, []),
        ({"required": "true"}, False, []),
    ],
)
def test_any_filter_may_need_the_hook(
    forge: Forge, settings: dict[str, str], code: list[str], *, hook: bool
) -> None:
    """A required filter blocks if there is a pre-push hook, whatever the hook is for."""
    depot = Depot(forge, name="vault")
    depot.set_up(depot.api.clone, **settings)
    if not hook:
        depot.hook.unlink()
    depot.write(model="BIGDATA\n")
    document = forge.json("push", "dev", "--yes", "--dry-run")
    assert codes(rows(document)["api"]) == code


def test_a_hook_of_the_users_own_folder_counts(depot: Depot) -> None:
    """A hook in core.hooksPath counts; one that is not executable does not."""
    depot.hook.chmod(0o644)
    depot.write(model="BIGDATA\n")
    (problem,) = rows(depot.forge.json("push", "dev", "--yes", check=REFUSED))["api"]["problems"]
    assert "lfs install" in problem["hint"]
    folder = depot.api.clone / ".githooks"
    folder.mkdir()
    depot.hook.rename(folder / "pre-push").chmod(0o755)
    depot.api.git("config", "core.hooksPath", ".githooks")
    (problem,) = rows(depot.forge.json("push", "dev", "--yes", check=REFUSED))["api"]["problems"]
    assert problem["hint"].startswith("Add to multigit.toml")
    depot.config(hooks=True)
    depot.forge.json("push", "dev", "--yes", check=DONE)
    assert depot.uploaded() == ["BIGDATA\n"]


def test_large_files_of_a_filter_are_not_large(depot: Depot) -> None:
    """The size limit applies to the pointer in the commit, and to other files as usual."""
    depot.config(hooks=True, more='\n[push]\nmax_file_size = "1KB"\n')
    depot.write(model="x" * 5000)
    depot.api.write({"big.txt": "x" * 5000})
    document = depot.forge.json("push", "dev", "--yes", check=REFUSED)
    assert [p["files"] for p in rows(document)["api"]["problems"]] == [["big.txt"]]
    (depot.api.clone / "big.txt").unlink()
    depot.forge.json("push", "dev", "--yes", check=DONE)
    assert depot.pointed_at("dev")


def test_doctor_warns_of_it(depot: Depot) -> None:
    """Doctor warns before anything is pushed, and is silent once the hook is enabled."""

    def found() -> dict[str, str]:
        document = depot.forge.json("doctor", check=DONE)
        return {each["code"]: each["state"] for each in document["findings"]}

    depot.write(model="BIGDATA\n")
    assert found()["content_not_uploaded"] == "warning"
    depot.config(hooks=True)
    assert "content_not_uploaded" not in found()


def test_without_such_a_filter_nothing_more_is_asked(forge: Forge) -> None:
    """Without a configured filter no additional git process runs."""
    api = forge.add("api", files={".gitattributes": "*.bin filter=lfs\n"})
    api.write({"a.bin": "1\n"})
    forge.write_config()
    forge.json("push", "dev", "--yes", check=DONE)
    (transcript,) = (forge.shop / ".multigit/operations").glob("*/api.log")
    assert (
        set(re.findall(r"^\$ git (check-attr|log|read-tree)", transcript.read_text(), re.MULTILINE))
        == set()
    )


# --- Files that a deployment command gets


DEPLOY = """
[stages.stg.deploy]
runner = "command"
command = ["true"]
"""


def plan_of(depot: Depot) -> dict[str, list[str]]:
    """Return the files of each problem in the plan of a promotion, by code."""
    document = depot.forge.json("promote", "dev", "stg", "--dry-run")
    assert document["result"] == "planned"
    return {p["code"]: p["files"] for p in rows(document)["api"]["problems"]}


def test_pointers_that_a_command_would_get_are_named(depot: Depot) -> None:
    """Pointers are listed if the filter is not set up on this machine, or skips the download."""
    depot.config(hooks=True)
    depot.write(model="BIGDATA\n", other="MORE\n")
    depot.forge.json("push", "dev", "--yes", check=DONE)
    depot.config(hooks=True, more=DEPLOY.replace('["true"]', '["sh", "-c", "cat *.bin"]'))
    assert plan_of(depot) == {}
    depot.set_up(depot.api.clone, smudge="cat")
    assert plan_of(depot) == {"pointers_exported": ["model.bin", "other.bin"]}
    depot.set_up(depot.api.clone, smudge="git-lfs smudge --skip -- %f")
    assert plan_of(depot) == {"pointers_exported": ["model.bin", "other.bin"]}
    for kind in ("clean", "smudge", "required"):
        depot.api.git("config", "--unset", "filter.lfs." + kind)
    assert plan_of(depot) == {"pointers_exported": ["model.bin", "other.bin"]}

    depot.set_up(depot.api.clone)
    assert plan_of(depot) == {}
    depot.forge.json("promote", "dev", "stg", "--yes", check=DONE)
    (output,) = (depot.forge.shop / ".multigit/operations").glob("*/api/1/output.log")
    assert output.read_text() == "BIGDATA\nMORE\n"


def test_submodules_that_a_command_would_not_get_are_named(forge: Forge) -> None:
    """The plan warns that the folders of submodules are empty in the export."""
    api, lib = forge.add("api"), forge.add("lib")
    api.git("submodule", "--quiet", "add", lib.url, "vendor/lib")
    api.git("commit", "--quiet", "--message", "lib")
    api.git("push", "--quiet", "origin", "dev")
    text = forge.write_config().read_text()
    forge.write_config(text + DEPLOY)
    document = forge.json("promote", "dev", "stg", "-r", "api", "--dry-run")
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["severity"]) == ("submodules_not_exported", "warn")
    assert problem["files"] == ["vendor/lib"]


def test_what_an_export_lacks_is_read_from_the_commit_alone(forge: Forge, api: ForgeRepo) -> None:
    """Pointers are found by the attributes in the commit, not by those in the work tree."""
    pointer = f"{SPEC}\noid sha256:0\nsize 1\n"
    files = {"a.bin": pointer, "b.bin": "content\n", "c.bin": f"{pointer}{'x' * 2000}"}
    old = api.commit("dev", files)
    new = api.commit("dev", {"sub/.gitattributes": "*.bin filter=lfs\n", "sub/a.bin": pointer})
    new = api.commit("dev", {".gitattributes": "*.bin filter=lfs\n"}) or new
    api.git("fetch", "--quiet")
    api.write({".gitattributes": "a.bin -filter\n"})
    repo = Repo("api", "api", url=api.url)
    repository = GitRepositories(Workspace(forge.shop, (), (repo,))).repository(repo)
    assert repository.gaps(old).pointers == ()
    assert repository.gaps(new).pointers == ("a.bin", "sub/a.bin")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a plain repository."""
    return forge.add("api")
