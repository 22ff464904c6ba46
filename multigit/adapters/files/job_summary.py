"""The file in which CI collects Markdown for the page of a job, if it has one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "GITHUB_STEP_SUMMARY"  # docs.github.com, "Workflow commands", "Adding a job summary"


def summary_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that the environment names; None outside of such a job."""
    named = environment.get(VARIABLE, "")
    return Path(named) if named else None


def append_summary(file: Path, text: str) -> str:
    """Append a text to the file; return why that was not possible, or empty."""
    try:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        return error.strerror or str(error)
    return ""
