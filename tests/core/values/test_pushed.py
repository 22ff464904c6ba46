"""What the message of a pushed commit tells a host that starts workflows."""

from __future__ import annotations

import pytest

from multigit.core.values.pushed import skip_instruction, without_instructions


@pytest.mark.parametrize(
    ("message", "found", "certain"),
    [
        ("docs: typo [skip ci]", "[skip ci]", True),
        ("[ci skip] docs", "[ci skip]", True),
        ("docs\n\nNothing to run: [no ci].", "[no ci]", True),
        ("[skip actions]", "[skip actions]", True),
        ("[actions skip]", "[actions skip]", True),
        ("docs\n\n\nskip-checks: true", "skip-checks: true", True),
        ("docs\n\n\nCloses: 7\nskip-checks:true\n", "skip-checks:true", False),
        ("docs\n\nskip-checks: true", "skip-checks: true", False),
        ("docs\n\n\nskip-checks: true\n\nMore.", "", False),
        ("skip-checks: true", "", False),
        ("docs: skip ci", "", False),
        ("docs [skip-ci]", "", False),
        ("", "", False),
    ],
)
def test_an_instruction_is_found_in_each_of_its_forms(
    message: str,
    found: str,
    certain: bool,  # noqa: FBT001
) -> None:
    """In brackets it may be anywhere; the trailer comes last, after two empty lines."""
    assert skip_instruction(message) == (found, certain)


def test_a_text_can_be_freed_of_instructions() -> None:
    """What is left has single blanks."""
    assert without_instructions("docs: [skip ci] typo [no ci]") == "docs: typo"
    assert without_instructions("fix: a [b] c") == "fix: a [b] c"
