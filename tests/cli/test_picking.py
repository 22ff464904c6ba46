"""A roll-back at a terminal: the release is picked from a list."""

from __future__ import annotations

import pytest

from tests.cli.answers import DONE, INTERRUPTED, QUESTION, REFUSED, at_terminal
from tests.cli.hosts import deployed, scripted
from tests.support.forge import Forge, remotes_untouched

PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def shop(forge: Forge) -> Forge:
    """Return two services of which a script deployed two releases to stg."""
    scripted(forge)
    forge.json(*PROMOTE, "-m", "release: shop", check=DONE)
    for repo in forge.repos.values():
        repo.commit("dev", {"a": "2\n"}, message="feat: pay")
    forge.json(*PROMOTE, check=DONE)
    return forge


@pytest.mark.parametrize("cols", [60, 120])
def test_the_newest_good_one_is_first(shop: Forge, cols: int) -> None:
    """Enter takes it; what the stage has now is below, and says so. A wide one has the message."""
    first, second = sorted(shop.repos["api"].remote_git("tag").split())
    wide = ["release: shop"] if cols > 100 else []
    with at_terminal(shop, "rollback", "stg", cols=cols) as terminal:
        for text in ("Roll stg back to", first, "2 back", *wide, second, "the stage"):
            terminal.expect(text)
        terminal.expect_keys()
        terminal.send_key("enter")
        terminal.expect(f"Roll back stg to {first}")
        terminal.expect(QUESTION)
        terminal.send_line("yes")
        assert terminal.finish() == DONE
    assert deployed(shop)["api"][-1] == first


@pytest.mark.parametrize(("key", "status"), [("ctrl-c", INTERRUPTED), ("ctrl-d", REFUSED)])
def test_nothing_is_picked(shop: Forge, key: str, status: int) -> None:
    """It is cancelled, says so as at any question, and changes nothing."""
    with remotes_untouched(shop), at_terminal(shop, "rollback", "stg") as terminal:
        terminal.expect("Roll stg back to")
        terminal.expect_keys()
        terminal.send_key(key)
        terminal.expect("Cancelled. Nothing was changed.")
        assert terminal.finish() == status
    assert "Error" not in terminal.text


def test_only_the_first_ones_are_listed(shop: Forge) -> None:
    """A sentence says how many more there are; the question stays in one line."""
    api = shop.repos["api"]
    for minute in range(10, 20):
        api.remote_git("tag", "-a", "-m", "old", f"stg-deploy-20250115-15{minute}00", "stg~1")
    with at_terminal(shop, "rollback", "stg") as terminal:
        terminal.expect("2 other releases are not listed, but can be named.")
        terminal.expect("Roll stg back to (arrow keys to move, Enter to pick, Ctrl-C to cancel)")
        terminal.expect_keys()
        terminal.send_key("ctrl-c")
        terminal.finish()
