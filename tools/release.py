"""Make a release: the version, the changelog, a commit, a tag, and what is uploaded later.

`make release VERSION=1.2.3` runs it. Everything is checked first, and built before anything is
committed; nothing leaves this machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

BRANCH = "main"
MODULE = Path("multigit/__init__.py")
CHANGELOG = Path("CHANGELOG.md")
UNRELEASED = "## Unreleased\n"

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_ASSIGNED = re.compile(r'^__version__ = "(?P<version>[^"\n]+)"$', re.MULTILINE)


class RefusedError(Exception):
    """A reason not to release, as a sentence; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release to be made: its version, and the new text of each file that it changes."""

    version: str
    texts: Mapping[Path, str]

    @property
    def tag(self) -> str:
        """Return the name of its tag."""
        return f"v{self.version}"


def main(arguments: list[str]) -> int:
    """Make the release that the arguments name, in the current folder; return the exit code."""
    root = Path.cwd()
    try:
        release = prepared(root, arguments[0] if arguments else "")
        built = make(root, release)
    except RefusedError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"Released {release.version}: committed, tagged {release.tag}, and built:")
    for file in built:
        print(f"  {file.relative_to(root)}")
    print(f"Nothing was uploaded. Next: git push --atomic origin {BRANCH} {release.tag}")
    return 0


def prepared(root: Path, version: str) -> Release:
    """Check that the version can be released from the folder as it is.

    Raises:
        RefusedError: It cannot; nothing was changed.
    """
    if not _VERSION.fullmatch(version):
        shown = f"{version!r} is not a version" if version else "the version is missing"
        raise RefusedError(f"{shown}. Run make release VERSION=1.2.3, with three numbers.")
    if (branch := git(root, "branch", "--show-current")) != BRANCH:
        raise RefusedError(f"releases are made on {BRANCH}, not on {branch or 'no branch'}.")
    if changed := git(root, "status", "--porcelain"):
        raise RefusedError(f"the work tree is not clean. Commit or remove:\n{changed}")
    if git(root, "tag", "--list", f"v{version}"):
        raise RefusedError(f"the tag v{version} exists already.")
    texts = {file: (root / file).read_text(encoding="utf-8") for file in (MODULE, CHANGELOG)}
    today = datetime.now(UTC).date()
    return Release(
        version,
        {
            MODULE: with_version(texts[MODULE], version),
            CHANGELOG: with_section(texts[CHANGELOG], version, today),
        },
    )


def with_version(module: str, version: str) -> str:
    """Return the text of the module with a newer version.

    Raises:
        RefusedError: The module has none, or one that is not older.
    """
    found = _ASSIGNED.search(module)
    if found is None:
        raise RefusedError(f"{MODULE} assigns no __version__.")
    if _numbers(version) <= _numbers(found["version"]):
        raise RefusedError(f"{version} is not newer than {found['version']}, the last version.")
    return _ASSIGNED.sub(f'__version__ = "{version}"', module, count=1)


def with_section(changelog: str, version: str, today: date) -> str:
    """Return the changelog with what is unreleased as a section of the version.

    Raises:
        RefusedError: There is no such section, or nothing in it.
    """
    before, heading, after = changelog.partition(UNRELEASED)
    if not heading:
        raise RefusedError(f"{CHANGELOG} has no section “Unreleased”.")
    if not after.partition("\n## ")[0].strip():
        raise RefusedError(f"{CHANGELOG} says nothing under “Unreleased”.")
    return f"{before}{UNRELEASED}\n## {version} - {today.isoformat()}\n{after}"


def make(root: Path, release: Release) -> tuple[Path, ...]:
    """Write, build, commit and tag the release here; return the files that were built.

    Raises:
        RefusedError: It could not be built or committed, and the files are as before; or it is
            committed and could not be tagged.
    """
    files = [str(file) for file in release.texts]
    try:
        for file, text in release.texts.items():
            (root / file).write_text(text, encoding="utf-8")
        git(root, "add", "--", *files)
        built = build(root, release)
        git(root, "commit", "--quiet", "--message", f"Release {release.version}")
    except BaseException:
        git(root, "restore", "--staged", "--worktree", "--source=HEAD", "--", *files)
        raise
    tag = ["tag", "--annotate", "--message", f"multigit {release.version}", release.tag]
    try:
        git(root, *tag)
    except RefusedError as error:
        raise RefusedError(
            f"{release.version} is built and committed, but not tagged: {error}\n"
            f"Then: git tag --annotate --message 'multigit {release.version}' {release.tag}"
        ) from error
    return built


def build(root: Path, release: Release) -> tuple[Path, ...]:
    """Build the source distribution and the wheel of what is staged, and put them into dist/.

    They are built in a folder that holds only that: no ignored file gets in.
    """
    tree = git(root, "write-tree")
    exported = subprocess.run(["git", "archive", tree], cwd=root, check=True, capture_output=True)
    with tempfile.TemporaryDirectory(prefix="multigit-release-") as name:
        folder = Path(name)
        with tarfile.open(fileobj=BytesIO(exported.stdout)) as archive:
            archive.extractall(folder, filter="data")
        words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"]
        done = subprocess.run(words, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RefusedError(f"it could not be built:\n{done.stdout}{done.stderr}")
        made = sorted((folder / "dist").iterdir())
        if not all(f"-{release.version}" in file.name for file in made):
            raise RefusedError(f"what was built is not {release.version}: {made}")
        (root / "dist").mkdir(exist_ok=True)
        return tuple(_moved(file, root / "dist" / file.name) for file in made)


def git(root: Path, *words: str) -> str:
    """Run git in the folder and return what it prints.

    Raises:
        RefusedError: It fails.
    """
    done = subprocess.run(
        ["git", *words], cwd=root, check=False, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        raise RefusedError(f"git {words[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout.rstrip("\n")


def _moved(file: Path, to: Path) -> Path:
    to.write_bytes(file.read_bytes())
    return to


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
