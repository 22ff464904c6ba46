"""The pictures in the documents show what the program shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.docs.sandboxes import normalised
from tests.docs.stories import ROOT

NAMESPACE = "http://www.w3.org/2000/svg"
PICTURES = ("plan.svg", "status.svg")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with freshly drawn pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    program = [sys.executable, str(ROOT / "docs" / "picture.py"), str(folder)]
    subprocess.run(program, check=True, cwd=ROOT)
    return folder


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_up_to_date(drawn: Path, name: str) -> None:
    """It has the text that is drawn now; if not, run make picture."""
    assert texts(ROOT / "docs" / name) == texts(drawn / name)


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_needs_no_network(drawn: Path, name: str) -> None:
    """It names no host, loads nothing, and runs nothing."""
    for file in (drawn / name, ROOT / "docs" / name):
        text = file.read_text(encoding="utf-8").replace(NAMESPACE, "")
        assert "//" not in text
        assert not re.search(r"@import|@font-face|url\((?!#)|<script|href", text)


def test_the_plan_is_drawn_the_same_each_time(drawn: Path) -> None:
    """Its commits, tags and dates are fixed."""
    assert (drawn / "plan.svg").read_bytes() == (ROOT / "docs" / "plan.svg").read_bytes()


def texts(file: Path) -> str:
    """Return the text in a picture, from left to right and top to bottom."""
    found = [
        (float(each.get("y", "0")), float(each.get("x", "0")), "".join(each.itertext()))
        for each in ET.parse(file).iter(f"{{{NAMESPACE}}}text")
    ]
    return normalised(" ".join(text for _, _, text in sorted(found)).replace("\xa0", " "))
