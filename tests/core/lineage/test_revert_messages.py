"""What commit messages say about reverts."""

from __future__ import annotations

import pytest

from multigit.core.lineage.revert_messages import (
    Span,
    accepted_in,
    accepting,
    reapplied_in,
    reapplying,
    reverted_spans,
    rolled_back_to,
    rolling_back,
    says_revert,
)

SHA, OTHER = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    "message",
    [
        f'Revert "feat: pay"\n\nThis reverts commit {SHA}.',
        "Revert \"Merge branch 'pay' into 'main'\"\n\nThis reverts merge request !12",
        'Revert "pay" (#13)\n\nReverts acme/api#12',
        "Merge pull request #13 from acme/help\n\nRevert “pay”",
        "Back\n\nReverted pull request #12",
        'Merged PR 13: Revert "Merged PR 12: pay"',
        "Merge\n\nReverts !12",
        "revert: feat: pay",
        "revert(api)!: pay",
        "Help\n\nThis reverts commit 1234567 (feat: pay, 2025-01-01).",
        "Reverts: #12",
    ],
)
def test_what_calls_itself_a_revert(message: str) -> None:
    """Git, hosts and conventions all count, anywhere in the message."""
    assert says_revert(message)


@pytest.mark.parametrize(
    "message",
    [
        "fix: reverted colors of the chart",
        "feat: revert button",
        "Revert to the caller's locale",
        "Do not revert pull requests by hand",
        "docs: how to revert",
    ],
)
def test_what_only_mentions_reverts(message: str) -> None:
    """A message that only contains the word does not count."""
    assert not says_revert(message)


def test_a_revert_of_a_merge_names_two_commits() -> None:
    """It names the merge that is reverted and the parent that remains."""
    message = f"x\n\nThis reverts commit {SHA}, reversing\nchanges made to {OTHER}."
    assert reverted_spans(message) == (Span(OTHER, SHA),)
    assert reverted_spans(f"This reverts commit {SHA}.") == (Span(f"{SHA}^", SHA),)


def test_a_merge_says_what_was_accepted_with_it() -> None:
    """The trailer follows the message, and is replaced if there already is one."""
    once = accepting("Merge stg\n\nbody\n", [SHA])
    assert once == f"Merge stg\n\nbody\n\nAccepts-revert: {SHA}"
    assert accepted_in(once) == (SHA,)
    assert accepted_in(accepting(once, [OTHER])) == (OTHER,)
    assert accepting(once) == "Merge stg\n\nbody"


def test_trailers_are_found_whatever_ends_the_lines() -> None:
    """A host or an editor may write CR LF."""
    accepted, back, again = accepting("x", [SHA]), rolling_back("x", SHA), reapplying("b", [SHA])
    for end in ("\n", "\r\n"):
        assert accepted_in(accepted.replace("\n", end) + end) == (SHA,)
        assert rolled_back_to(back.replace("\n", end) + end) == SHA
        assert says_revert(back.replace("\n", end) + end)
        assert reapplied_in(again.replace("\n", end) + end) == (SHA,)
