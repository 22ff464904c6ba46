"""A bug in multigit itself: exit 70, one error, and a report in a file that the error names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from multigit.errors import BUG, BugError
from tests.support.forge import Forge

# Raises an error that no command expects, before any of them starts.
BROKEN = """
import sys
from multigit.cli import app

def broken():
    raise RuntimeError("at https://ada:s3cr3t-canary@host/x")

app.interrupt_on_hangup_and_term = broken
sys.argv[0] = "multigit"
from multigit.__main__ import main
main()
"""


def run(forge: Forge, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run multigit with a bug in it, outside any workspace."""
    variables: Mapping[str, str] = {**forge.env, **environment}
    return subprocess.run(
        [sys.executable, "-P", "-c", BROKEN, *words],
        cwd=forge.root,
        env=variables,
        capture_output=True,
        check=False,
        text=True,
    )


def named(text: str) -> Path:
    """Return the file that a text names."""
    found = re.search(r"/\S*multigit-bug-[^\s;]+\.txt", re.sub(r"\n\s*", "", text))
    assert found, text
    return Path(found[0])


def test_the_report_is_named_and_says_where_it_happened(forge: Forge) -> None:
    """People see one error and one hint, not the lines of a traceback."""
    done = run(forge, "promote", "dev", "stg", "--message", "private words")
    assert done.returncode == BUG
    assert done.stdout == ""
    assert "RuntimeError" in done.stderr
    assert "Traceback" not in done.stderr
    assert (
        f"Hint: {BugError.request}" in done.stderr
    )  # on one line: the documents are searched for it
    [file] = (Path(forge.env["HOME"]) / ".local" / "state" / "multigit").iterdir()
    assert file.name in re.sub(r"\n\s*", "", done.stderr)
    text = file.read_text("utf-8")
    assert "in broken" in text
    assert "command    promote" in text
    for said in (text, done.stderr):
        assert "s3cr3t-canary" not in said
        assert "private words" not in said


def test_json_names_it_too(forge: Forge, tmp_path: Path) -> None:
    """One document on stdout, and nothing on stderr."""
    done = run(forge, "status", "--json", XDG_STATE_HOME=str(tmp_path / "state"))
    assert (done.returncode, done.stderr) == (BUG, "")
    document = json.loads(done.stdout)
    assert (document["command"], document["exit_code"]) == ("status", BUG)
    assert [each["code"] for each in document["problems"]] == ["bug"]
    assert named(document["hint"]).parent == tmp_path / "state" / "multigit"
    assert named(document["hint"]).is_file()


@pytest.mark.parametrize("nobody", ["/dev/null", ""])
def test_without_a_home_it_lies_among_temporary_files(
    nobody: str, forge: Forge, tmp_path: Path
) -> None:
    """A user without a home folder, as in some containers, finds the report in TMPDIR."""
    done = run(forge, "status", "--json", HOME=nobody, XDG_STATE_HOME="", TMPDIR=str(tmp_path))
    assert named(json.loads(done.stdout)["hint"]).parent == tmp_path


def test_where_nothing_can_be_written_it_is_shown(forge: Forge, tmp_path: Path) -> None:
    """The report is printed on stderr, without secrets."""
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "folder")
    script = "import tempfile; tempfile.gettempdir = lambda: sys.argv.pop(1)\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; {script}{BROKEN}", nowhere, "status"],
        cwd=forge.root,
        env={**forge.env, "XDG_STATE_HOME": nowhere},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == BUG
    assert "in broken" in done.stderr
    assert "s3cr3t-canary" not in done.stderr
