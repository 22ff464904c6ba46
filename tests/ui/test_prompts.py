"""Questions on narrow terminals: they break between words."""

from __future__ import annotations

import pytest

from multigit.ui import prompts
from multigit.ui.prompts import beside, broken, cut, in_columns, with_keys
from multigit.ui.screen import Screen


@pytest.mark.parametrize(
    ("text", "width", "room", "rows"),
    [
        ("Type main to promote:", 40, 5, ["Type main to promote:"]),
        ("Type europe-west to promote:", 14, 0, ["Type", "europe-west to", "promote:"]),
        ("Type main to promote:", 21, 5, ["Type main to", "promote:"]),
        ("promote:", 8, 5, ["promote:"]),
        ("a verylongword b", 6, 0, ["a", "verylo", "ngword", "b"]),
        ("ページを公開", 6, 0, ["ページ", "を公開"]),
        ("", 10, 0, [""]),
    ],
)
def test_text_breaks_between_words(text: str, width: int, room: int, rows: list[str]) -> None:
    """Only a word that is longer than a row is broken, and the answer has room if it can."""
    assert broken(text, width, room) == rows


@pytest.mark.parametrize(
    ("question", "keys", "width", "room", "rows"),
    [
        ("Deploy to main anyway?", "(y/N)", 40, 4, ["Deploy to main anyway? (y/N)"]),
        ("Deploy to main anyway?", "(y/N)", 31, 4, ["Deploy to main", "anyway? (y/N)"]),
        ("Deploy to main anyway?", "(y/N)", 14, 4, ["Deploy to main", "anyway? (y/N)"]),
        ("What and why", "(Enter to accept)", 22, 0, ["What and", "why (Enter to accept)"]),
        ("What and why", "(Enter to accept)", 18, 0, ["What and why", "(Enter to accept)"]),
        ("What and why", "(Enter to accept)", 12, 0, ["What and why", "(Enter to", "accept)"]),
    ],
)
def test_what_can_be_typed_stays_in_one_piece(
    question: str, keys: str, width: int, room: int, rows: list[str]
) -> None:
    """It is behind the last word of the question if it fits there, or else below."""
    assert with_keys(question, keys, width, room) == rows


def test_the_question_for_a_message_says_what_enter_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts a proposal; where there is none, it cancels."""
    asked = list[str]()

    def text(question: str, keys: str, proposal: str) -> str:
        asked.append(f"{question} {keys}")
        return proposal

    monkeypatch.setattr(prompts, "text", text)
    screen = Screen(color=False)
    for proposal in ("feat: orders", ""):
        screen.type_message("main", proposal)
    assert asked == [
        "Message for main: what changes and why (Enter to accept, Ctrl-C to cancel)",
        "Message for main: what changes and why (leave empty to cancel)",
    ]


RELEASES = (
    ("deploy-20250115-150130", "2h ago", "Ada Lovelace", "2 back", "deployed"),
    ("deploy-20250114-150130", "1d ago", "Bo", "12 back", "marked bad, a roll-back, failed"),
)


def test_a_text_beside_a_list_is_cut_to_fit() -> None:
    """Or left out, if it has no room, or if an item has several lines."""
    items, texts = [["deploy-1  2 back"], ["deploy-10  12 back"]], ["release: VAT on all", "二二"]
    assert beside(items, texts, 40) == [
        ["deploy-1  2 back    release: VAT on all"],
        ["deploy-10  12 back  二二"],
    ]
    assert beside(items, texts, 33)[0] == ["deploy-1  2 back    release: VAT…"]
    assert beside(items, texts, 32) == items
    assert beside([["deploy-1", "  2 back"]], ["x"], 80) == [["deploy-1", "  2 back"]]
    assert cut("二二", 3) == "二…"


def test_a_list_has_columns_where_they_have_room() -> None:
    """The last one may need several lines; on a narrow terminal all are below the first one."""
    assert in_columns(RELEASES, 80) == [
        ["deploy-20250115-150130  2h ago  Ada Lovelace  2 back   deployed"],
        [
            "deploy-20250114-150130  1d ago  Bo            12 back  marked bad, a roll-back,",
            f"{'':55}failed",
        ],
    ]
    assert in_columns(RELEASES, 40) == [
        ["deploy-20250115-150130", "  2h ago, Ada Lovelace, 2 back, deployed"],
        [
            "deploy-20250114-150130",
            "  1d ago, Bo, 12 back, marked bad, a",
            "  roll-back, failed",
        ],
    ]
