"""Which release is which to people: what the stage has, the last good one, the order of a list."""

from __future__ import annotations

import pytest

from multigit.core.records.release_results import ReleaseResult
from multigit.core.records.releases import Known, Release, Releases, Stood
from multigit.core.values.mark import Mark, Quality
from multigit.errors import UsageError

SUCCEEDED = ReleaseResult(whole=True, states={"api": "succeeded"})
FAILED = ReleaseResult(whole=True, states={"api": "failed"})


def mark(name: str, quality: Quality) -> Mark:
    """Return a mark of a release of main."""
    return Mark(name, "main", quality, "Ada", "desk", "2025-01-15T15:01:30Z", "It pays twice")


def made(name: str, result: ReleaseResult = SUCCEEDED, **more: object) -> Release:
    """Return a release of main; keywords replace its fields."""
    return Release(name, 1, result=result, **more)  # type: ignore[arg-type]


def main(*newest_first: Release, now: str = "") -> Releases:
    """Return the releases of main, of which it has the newest or `now`."""
    return Releases("main", newest_first, now or next((r.name for r in newest_first), ""))


def last_good(releases: Releases) -> str:
    """Return the name of the last good release, or empty."""
    found = releases.last_good()
    return found.name if found else ""


@pytest.mark.parametrize(
    ("result", "state", "succeeded"),
    [
        (ReleaseResult(), "", False),
        (ReleaseResult(whole=True), "", True),
        (ReleaseResult(whole=False), "", False),
        (ReleaseResult(whole=True, states={"api": "succeeded"}), "succeeded", True),
        (ReleaseResult(whole=True, states={"api": "skipped"}), "skipped", True),
        (ReleaseResult(whole=False, states={"api": "succeeded"}), "succeeded", False),
        (ReleaseResult(states={"api": "succeeded"}), "succeeded", True),
        (
            ReleaseResult(states={"api": "succeeded"}, missing=frozenset({"web"})),
            "succeeded",
            False,
        ),
        (
            ReleaseResult(whole=True, states={"api": "succeeded", "web": "not_started"}),
            "not_started",
            False,
        ),
        (
            ReleaseResult(whole=True, states={"api": "succeeded", "web": "unknown"}),
            "unknown",
            False,
        ),
        (
            ReleaseResult(whole=True, states={"api": "failed", "web": "unhealthy"}, unhealthy=True),
            "failed",
            False,
        ),
    ],
)
def test_a_release_succeeded_if_all_of_it_did(
    result: ReleaseResult,
    state: str,
    succeeded: bool,  # noqa: FBT001
) -> None:
    """What was released elsewhere, and not deployed here, is unknown."""
    assert (result.state, result.succeeded) == (state, succeeded)


@pytest.mark.parametrize(
    ("release", "good"),
    [
        (made("a"), True),
        (made("a", FAILED), False),
        (made("a", ReleaseResult()), False),
        (made("a", is_rollback=True), False),
        (made("a", rolled_back="b"), False),
        (made("a", mark=mark("a", Quality.BAD)), False),
        (made("a", FAILED, mark=mark("a", Quality.GOOD)), True),
        (made("a", ReleaseResult(), mark=mark("a", Quality.GOOD)), True),
        (made("a", rolled_back="b", mark=mark("a", Quality.GOOD)), True),
        (made("a", is_rollback=True, mark=mark("a", Quality.GOOD)), False),
    ],
)
def test_a_mark_counts_more_than_the_deployments(
    release: Release,
    good: bool,  # noqa: FBT001
) -> None:
    """A roll-back is never good: it is an earlier release under another name."""
    assert release.good is good


def test_the_last_good_one_is_older_than_what_the_stage_has() -> None:
    """The newest of the older ones, if the newest is there, or one of them."""
    three = (made("c"), made("b"), made("a"))
    assert last_good(main(*three)) == "b"
    assert last_good(main(*three, now="b")) == "a"
    assert last_good(main(*three, now="a")) == ""
    assert last_good(main(made("c"), made("b", FAILED), made("a"))) == "a"
    assert main(*three).last_good(before="b") == three[2]
    assert last_good(main()) == ""


def test_what_was_rolled_back_is_not_the_last_good_one() -> None:
    """Neither from the roll-back, which already has that one, nor from the release after it."""
    before = (made("bad", rolled_back="back"), made("b"), made("a"))
    back = made("back", is_rollback=True, back_to="b")
    assert last_good(main(back, *before)) == "b"
    assert last_good(main(*before, now="b")) == "b"
    assert last_good(main(made("fixed"), back, *before)) == "b"
    unknown = made("back", is_rollback=True)
    assert last_good(main(unknown, *before)) == "b"


def test_what_no_one_here_knows_is_offered_before_what_is_not_good() -> None:
    """As on a machine without the log; not what the stage has now, nor a roll-back."""
    nothing = ReleaseResult()
    old = made("b", nothing)
    releases = main(made("d", nothing), made("c", nothing, is_rollback=True), old)
    assert [each.name for each in releases.offered()] == ["b", "d", "c"]
    assert releases.unknown_before() == old


def test_good_ones_are_offered_first() -> None:
    """Each group newest first; what the stage has now is among the others."""
    releases = main(made("d"), made("c", FAILED), made("b"), made("a"))
    assert [each.name for each in releases.offered()] == ["b", "a", "d", "c"]


def test_a_release_is_found_by_its_name() -> None:
    """Otherwise the error names what is alike, or the newest."""
    newest = made("deploy-20250115-160130")
    releases = main(newest, *(made(f"deploy-202501{day:02}-100000") for day in range(14, 1, -1)))
    assert releases.find(newest.name) is newest
    told = {
        "deploy-20250115-160131": "Did you mean deploy-20250115-160130?",
        "0115": "Did you mean deploy-20250115-160130?",
        "202501": "Choose from: " + ", ".join(r.name for r in releases.known[:10]) + ".",
        "50103-": "Did you mean deploy-20250103-100000?",
        "2025010": "Choose from: " + ", ".join(r.name for r in releases.known[6:]) + ".",
        "x": "Choose from: " + ", ".join(r.name for r in releases.known[:10]) + ".",
        "": "Choose from: " + ", ".join(r.name for r in releases.known[:10]) + ".",
    }
    for name, hint in told.items():
        with pytest.raises(UsageError) as caught:
            releases.find(name)
        assert (caught.value.code, caught.value.hint) == ("unknown_release", hint)
    with pytest.raises(UsageError) as caught:
        main().find("x")
    assert (caught.value.code, caught.value.message) == ("unknown_release", "main has no release.")


def test_the_history_answers_for_what_nothing_else_knows() -> None:
    """With the deploy tag at that commit; what is known already stays."""
    known = Stood("w1", Known.TAG, "a")
    gone = Stood(missing="The remote has no branch main.")
    repos = {"api": Stood(), "web": known, "docs": Stood(), "old": gone, "late": Stood()}
    releases = Releases("main", (made("a", repos=repos),), "a", {"api": {"m1": "b"}})
    release = releases.known[0]
    assert release.unread() == ("api", "docs", "late")
    told = releases.with_history(release, {"api": "m1", "web": "x", "docs": "", "old": "x"})
    assert told.repos == {
        "api": Stood("m1", Known.HISTORY, "b"),
        "web": known,
        "docs": Stood(missing="main had no commit there yet."),
        "old": gone,
        "late": Stood(),
    }
    assert told.unread() == ("late",)
