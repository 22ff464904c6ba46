"""What the ref of a stage says: a lock, a hold, or a lock with a hold in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from multigit.core.progress.locks import Holder, lock_ref
from multigit.core.progress.marks import mark_bytes, mark_ref, read_mark
from multigit.core.progress.refusals import refusal
from multigit.core.progress.shared import local_holds, shared_in
from multigit.core.progress.stage_refs import StageRef, hold_bytes, lock_bytes, stage_ref
from multigit.core.values.hold import HeldRepo, Hold, SeenHold
from multigit.core.values.mark import Mark, Quality

NOON = "2025-01-15T12:00:00Z"
HOLDER = Holder("n0nce", "op-2", "promote", "Ada", "build-7", 7, NOON, "release")
HOLD = Hold(
    *("main", "op-1", "r-1", "r-2", "Grace", "laptop", NOON, "charges twice"),
    {"api": HeldRepo("old", "new")},
)
MARK = Mark("r-2", "main", Quality.BAD, "Grace", "laptop", NOON, "charges twice")
HELD = StageRef("1", None, HOLD, HOLD.document())
BOTH = StageRef("1", HOLDER, HOLD, HOLD.document())


def test_a_stage_ref_is_read_as_it_was_written() -> None:
    """With a lock, with a hold, and with both."""
    plain = stage_ref("main", "1", lock_bytes(HOLDER, {}))
    assert plain == StageRef("1", HOLDER)
    assert stage_ref("main", "1", hold_bytes(HOLD.document())) == HELD
    assert stage_ref("main", "1", lock_bytes(HOLDER, HOLD.document())) == BOTH
    assert plain.readable
    assert HELD.readable


def test_no_two_locks_are_the_same_object() -> None:
    """A second push of the same object would look like success."""
    assert lock_bytes(HOLDER, {}) != lock_bytes(replace(HOLDER, nonce="other"), {})


def test_what_a_later_version_wrote_into_a_hold_is_kept() -> None:
    """The hold is read as far as it is known, and written again as it was."""
    later = {**HOLD.document(), "until": "tomorrow"}
    read = stage_ref("main", "1", hold_bytes(later))
    assert read.hold == HOLD
    assert stage_ref("main", "2", lock_bytes(HOLDER, read.written)).written == later


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"not JSON", b"\xff", b"[]", b"7", b"{}", b'{"nonce": "n"}', b'{"surplus": 1}'),
        *(b'{"hold": {}}', b'{"hold": null}', b"[" * 100_000),
        hold_bytes({**HOLD.document(), "since": 7}),
        hold_bytes({**HOLD.document(), "repos": {"api": {"to": "old"}}}),
        hold_bytes({**HOLD.document(), "stage": "stg"}),
        lock_bytes(HOLDER, {"stage": "main"}),
        hold_bytes(HOLD.document())[:-20],
    ],
)
def test_what_multigit_did_not_write_cannot_be_read(content: bytes) -> None:
    """It blocks: anyone could have written it, or a hold was cut off."""
    read = stage_ref("main", "1", content)
    assert read == StageRef("1")
    assert not read.readable
    assert shared_in({lock_ref("main"): ("1", content)}).unreadable() == ("main",)


def test_the_sentence_of_a_hold_says_who_when_and_why() -> None:
    """If only this workspace knows of it, it says so."""
    sentence = HOLD.sentence()
    for part in ("main is held since", "Grace on laptop", "to r-1", "(charges twice)"):
        assert part in sentence
    assert "in this workspace" in replace(HOLD, local=True).sentence()
    assert "rolled it back (charges" in replace(HOLD, release="").sentence()


def test_a_plan_keeps_which_hold_it_saw() -> None:
    """While the stage is locked, its ref will have another object."""
    shared = shared_in(
        {
            lock_ref("main"): ("1", hold_bytes(HOLD.document())),
            lock_ref("dev"): ("2", lock_bytes(HOLDER, {})),
            "refs/multigit/tags/x": ("3", b""),
        }
    )
    assert shared.holds() == {"main": HOLD}
    assert shared.seen(["dev", "stg", "main"]) == {"main": SeenHold("op-1", "1")}
    assert shared.seen(["dev"]) == {}
    assert BOTH.seen() == SeenHold("op-1")


def test_holds_in_files_are_local() -> None:
    """A file that cannot be read names itself."""
    content = hold_bytes(HOLD.document())
    found = local_holds({"main": ("1", content), "stg": ("2", content[:9])})
    assert found.holds() == {"main": replace(HOLD, local=True)}
    assert found.unreadable() == ("stg",)
    assert found.seen(["main"]) == {"main": SeenHold("op-1")}
    error = refusal("stg", found.stages["stg"], None, operation="op-3", also="")
    assert error
    assert error.message.startswith(".multigit/holds/stg.json exists, but")


@pytest.mark.parametrize(
    ("found", "seen", "also", "code"),
    [
        (StageRef("1"), None, "", "lock_unreadable"),
        (StageRef("1"), None, "op-1", "lock_unreadable"),
        (StageRef("1", HOLDER), None, "", "locked_remotely"),
        (BOTH, SeenHold("op-1"), "", "locked_remotely"),
        (StageRef("1", HOLDER), None, "op-2", ""),
        (StageRef("1", replace(HOLDER, operation="op-3")), None, "", ""),
        (HELD, None, "", "held_since"),
        (HELD, SeenHold("op-0", "0"), "", "held_since"),
        (HELD, SeenHold("op-1", "0"), "", ""),  # it was narrowed meanwhile
        (HELD, None, "op-2", ""),  # an undo deploys nothing
        (replace(HELD, hold=replace(HOLD, operation="op-3")), None, "", ""),
    ],
)
def test_an_operation_takes_what_is_its_own_or_what_its_plan_saw(
    found: StageRef, seen: SeenHold | None, also: str, code: str
) -> None:
    """Anything else is refused, and the error says why."""
    error = refusal("main", found, seen, operation="op-3", also=also)
    assert (error.code if error else "") == code
    if error and code == "held_since":
        assert "Grace" in error.message
        assert "charges twice" in error.message
        assert error.message.endswith("Nothing was changed.")


def test_a_mark_is_read_as_it_was_written() -> None:
    """What is no mark, or one of another release, is known to be unreadable."""
    content = mark_bytes(MARK)
    assert read_mark("r-2", content) == MARK
    other = json.dumps({**json.loads(content), "quality": "ugly"}).encode()
    for wrong in (b"", b"[]", b"[" * 100_000, content[:-9], other):
        assert read_mark("r-2", wrong) is None
    assert read_mark("r-3", content) is None
    shared = shared_in({mark_ref("r-2"): ("1", content), mark_ref("a/b"): ("2", b"")})
    assert shared.marks == {"r-2": MARK}
    assert shared.unreadable_marks == ("a/b",)
