"""`make release`: everything is checked first, and a release is complete or did not happen."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import multigit
from tests.support.checkout import ROOT, copy_project, git
from tools.release import RefusedError, main, with_section, with_version

NEXT = "99.0.0"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project that has something to release."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    changelog = folder / "CHANGELOG.md"
    text = changelog.read_text("utf-8")
    changelog.write_text(text.replace("## Unreleased\n", "## Unreleased\n\n- New.\n", 1), "utf-8")
    git(folder, "commit", "--quiet", "--all", "--message", "Add something")
    return folder


@pytest.fixture
def project(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone of that copy as the current folder."""
    git(tmp_path, "clone", "--quiet", str(copied), "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def state(project: Path) -> tuple[str, ...]:
    """Return what a release changes: refs, index, files, and built distributions."""
    built = project / "dist"
    return (
        git(project, "for-each-ref"),
        git(project, "status", "--porcelain", "--untracked-files=all"),
        str(sorted(built.iterdir()) if built.exists() else []),
    )


def test_a_release(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One commit of two files, an annotated tag on it, and a wheel and a source distribution."""
    before = git(project, "rev-parse", "HEAD").strip()
    (project / "tests" / "core" / "build").mkdir()
    (project / "tests" / "core" / "build" / "stray.txt").touch()
    (project / ".git" / "info" / "exclude").write_text("stray.txt\n")
    assert main([NEXT]) == 0
    assert f"git push --atomic origin main v{NEXT}" in capsys.readouterr().out
    assert git(project, "rev-parse", "HEAD~1").strip() == before
    changed = git(project, "diff", "--name-only", "HEAD~1", "HEAD").split()
    assert changed == ["CHANGELOG.md", "multigit/__init__.py"]
    assert git(project, "cat-file", "-t", f"v{NEXT}").strip() == "tag"
    assert git(project, "rev-parse", f"v{NEXT}^{{}}") == git(project, "rev-parse", "HEAD")
    assert git(project, "status", "--porcelain") == ""
    name = multigit.DISTRIBUTION.replace("-", "_")
    files = sorted(file.name for file in (project / "dist").iterdir())
    assert files == [f"{name}-{NEXT}-py3-none-any.whl", f"{name}-{NEXT}.tar.gz"]
    listed = subprocess.run(
        ["tar", "-tzf", project / "dist" / files[1]], check=True, capture_output=True, text=True
    )
    assert "stray" not in listed.stdout
    assert main([NEXT]) == 1


@pytest.mark.parametrize(
    ("version", "words", "why"),
    [
        ("", [], "the version is missing"),
        ("v1.2.3", [], "'v1.2.3' is not a version"),
        ("1.2", [], "'1.2' is not a version"),
        ("0.0.1", [], "0.0.1 is not newer than"),
        (multigit.__version__, [], "is not newer than"),
        (NEXT, ["switch", "--quiet", "-c", "topic"], "are made on main, not on topic"),
        (NEXT, ["switch", "--quiet", "--detach"], "are made on main, not on no branch"),
        (NEXT, ["mv", "LICENSE", "LICENCE"], "the work tree is not clean"),
        (NEXT, ["tag", f"v{NEXT}"], f"the tag v{NEXT} exists already"),
    ],
)
def test_refusals(
    project: Path, version: str, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says why, and nothing has changed."""
    if words:
        git(project, *words)
    before = state(project)
    assert main([version]) == 1
    out, err = capsys.readouterr()
    assert why in err
    assert out == ""
    assert state(project) == before


def test_a_build_that_fails_leaves_everything_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The builder's output is shown."""
    (project / "pyproject.toml").write_text("[build-system]\nrequires = 1\n")
    git(project, "commit", "--quiet", "--all", "--message", "Break the build")
    before = state(project)
    assert main([NEXT]) == 1
    assert "could not be built" in capsys.readouterr().err
    assert state(project) == before


def test_a_commit_that_is_refused_leaves_the_files_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hook's output is shown."""
    monkeypatch.setattr("tools.release.build", lambda *_: ())
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    before = state(project)
    assert main([NEXT]) == 1
    assert "not today" in capsys.readouterr().err
    assert state(project) == before


def test_a_tag_that_cannot_be_made_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commit stays, and the command that is left to run is shown."""
    monkeypatch.setattr("tools.release.build", lambda *_: ())
    git(project, "config", "tag.gpgSign", "true")
    git(project, "config", "gpg.program", "false")
    assert main([NEXT]) == 1
    said = capsys.readouterr().err
    assert f"git tag --annotate --message 'multigit {NEXT}' v{NEXT}" in said
    assert git(project, "log", "-1", "--format=%s").strip() == f"Release {NEXT}"


def test_the_changelog_opens_a_new_section() -> None:
    """Unreleased changes belong to the new version, and older versions stay as they are."""
    text = "# Changes\n\n## Unreleased\n\n- New.\n\n## 0.1.0 - 2026-01-02\n\n- Old.\n"
    assert with_section(text, "0.2.0", date(2026, 11, 30)) == (
        "# Changes\n\n## Unreleased\n\n## 0.2.0 - 2026-11-30\n\n- New.\n\n"
        "## 0.1.0 - 2026-01-02\n\n- Old.\n"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# Changes\n\n## 0.1.0 - 2026-01-02\n", "has no section"),
        ("# Changes\n\n## Unreleased\n\n## 0.1.0 - 2026-01-02\n\n- Old.\n", "says nothing"),
        ("# Changes\n\n## Unreleased\n", "says nothing"),
    ],
)
def test_a_release_without_changes(text: str, why: str) -> None:
    """If there is nothing to tell users, there is nothing to release."""
    with pytest.raises(RefusedError, match=why):
        with_section(text, "0.2.0", datetime.now(UTC).date())


def test_a_module_without_a_version() -> None:
    """The version is not added just anywhere."""
    with pytest.raises(RefusedError, match="assigns no __version__"):
        with_version('"""A package."""\n', "0.2.0")


def test_make_hands_on_the_version() -> None:
    """The recipe uses the version of `make release VERSION=…`."""
    words = ["make", "--dry-run", "--silent", "release", f"VERSION={NEXT}"]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    assert f'tools/release.py "{NEXT}"' in done.stdout
