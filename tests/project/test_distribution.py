"""What an installer gets: its name, its files, and that it works once it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

import multigit
from tests.support.checkout import ROOT, copy_project, tracked

GENERATED = re.compile(r"PKG-INFO|setup\.cfg|[^/]+\.egg-info/.*")
# A name that is passed to an installer, or that has an extra.
NAMED = re.compile(
    r"""\b(?:pip|pipx|uv[ ]tool)[ ](?:install|inject|upgrade)(?:[ ]-\S+)*[ ]["']?(multigit[-\w]*)
    |\b(multigit[-\w]*)\[""",
    re.VERBOSE,
)
TEXTS = {".py", ".md", ".toml", ".yml", ".in", ""}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source distribution and the wheel built from it."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    program = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"]
    subprocess.run(program, cwd=project, check=True, capture_output=True)
    return project / "dist"


def test_the_source_distribution_holds_every_file_of_the_repository(built: Path) -> None:
    """Even tests, documents and requirements: it can be built and tested without the repository."""
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = [each.name.partition("/")[2] for each in files if each.isfile()]
    assert sorted(name for name in names if not GENERATED.fullmatch(name)) == sorted(tracked())


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    """Including files that are not Python."""
    [archive] = built.glob("*.whl")
    with zipfile.ZipFile(archive) as wheel:
        names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert sorted(names) == sorted(name for name in tracked() if name.startswith("multigit/"))


def test_the_metadata_says_what_it_is(built: Path) -> None:
    """It has the name on the package index, and this project's version, license and Pythons."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = metadata(built)
    assert found["Name"] == project["name"] == multigit.DISTRIBUTION
    assert found["Version"] == multigit.__version__
    assert found["License-Expression"] == "MIT"
    assert found.get_all("License-File") == ["LICENSE"]
    assert found["Author"] == project["authors"][0]["name"]
    assert found.get_all("Provides-Extra") == ["notify"]


def test_it_works_where_it_is_installed(built: Path, tmp_path: Path) -> None:
    """The command is `multigit`, and it runs what was installed, not this checkout."""
    [wheel] = built.glob("*.whl")
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "--isolated", "--quiet", "install", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--target", target, wheel], check=True)
    environment = {**os.environ, "PYTHONPATH": str(target)}

    def said(*words: str) -> str:
        return subprocess.run(
            words, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    where = said(sys.executable, "-P", "-c", "import multigit; print(multigit.__file__)")
    assert Path(where).is_relative_to(target)
    assert (
        said(str(target / "bin" / "multigit"), "--version")
        == f"multigit {metadata(built)['Version']}"
    )
    assert "promote" in said(str(target / "bin" / "multigit"), "--help")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip install multigit", ["multigit"]),
        ('Install it: pip install "multigit[notify]"', ["multigit"]),
        ("`pipx install multigit`, or uv tool install multigit-x.", ["multigit", "multigit-x"]),
        ("pipx inject multigit-promote apprise # for multigit", ["multigit-promote"]),
        ("needs multigit-promote[notify].", ["multigit-promote"]),
        ("~/.local/multigit/bin/pip install --no-deps . && multigit --version", []),
    ],
)
def test_names_are_found_where_an_installer_reads_them(text: str, names: list[str]) -> None:
    """The command and paths are not among them."""
    assert [plain or extra for plain, extra in NAMED.findall(text)] == names


def test_every_text_gives_installers_the_right_name() -> None:
    """In the package, the documents and the examples; `multigit` would be another project."""
    named = {
        (name, plain or extra)
        for name in tracked()
        if Path(name).suffix in TEXTS and not name.startswith("tests/")
        for plain, extra in NAMED.findall((ROOT / name).read_text("utf-8"))
    }
    assert {found for _, found in named} == {multigit.DISTRIBUTION}, named


def metadata(built: Path) -> Message:
    """Return the metadata in the wheel."""
    [archive] = built.glob("*.whl")
    with zipfile.ZipFile(archive) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return BytesParser().parsebytes(wheel.read(name))
