"""Operations that read: the log, its verification, and doctor."""

from __future__ import annotations

import pytest

from multigit.core.records.chain import BadLine, Head
from multigit.operation.checking import check
from multigit.operation.reading import read_log, verify_log
from tests.operation.desk import Desk


def cut(desk: Desk) -> None:
    """Remove the last line of the log."""
    file = desk.session().files.log.file
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))


def test_the_log_shows_what_was_done(desk: Desk) -> None:
    """It shows all records, or only the newest of a stage."""
    desk.promote()
    desk.git["api"].remote.commit("dev", {"more.txt": "1"})
    desk.promote()
    session = desk.session()
    assert len(read_log(session, None, 0).records) == 2
    seen = read_log(session, "stg", 1)
    assert (len(seen.records), seen.hidden, seen.verified) == (1, 1, None)
    assert read_log(session, "main", 0).records == ()


def test_a_sound_log_is_sound(desk: Desk) -> None:
    """The tags on the remotes agree."""
    desk.promote()
    seen = read_log(desk.session(), None, 0, remote=True)
    assert isinstance(seen.verified, Head)
    assert seen.compared is not None
    assert (seen.compared.own, seen.unread) == (2, {})


def test_a_log_that_was_cut_is_found_against_the_tags(desk: Desk) -> None:
    """The file alone looks sound."""
    desk.promote()
    desk.git["api"].remote.commit("dev", {"more.txt": "1"})
    desk.promote()
    cut(desk)
    alone = read_log(desk.session(), None, 0, verify=True)
    assert isinstance(alone.verified, Head)
    assert isinstance(read_log(desk.session(), None, 0, remote=True).verified, BadLine)


def test_a_log_that_was_edited_is_found_without_the_tags(desk: Desk) -> None:
    """The next line has the hash of the original."""
    desk.promote()
    desk.git["api"].remote.commit("dev", {"more.txt": "1"})
    desk.promote()
    file = desk.session().files.log.file
    file.write_bytes(file.read_bytes().replace(b"promote", b"PROMOTE", 1))
    assert isinstance(verify_log(desk.session(), ()), BadLine)
    assert isinstance(read_log(desk.session(), None, 0, remote=True).verified, BadLine)


def test_a_log_that_cannot_be_read_is_a_problem(desk: Desk) -> None:
    """It is returned as a problem instead of raising an error."""
    file = desk.session().files.log.file
    file.mkdir()
    found = verify_log(desk.session(), ())
    assert not isinstance(found, BadLine | Head)


@pytest.mark.parametrize("jobs", [None, 3])
def test_doctor_finds_what_would_stop_multigit(desk: Desk, jobs: int | None) -> None:
    """It finds problems of the repositories and of the workspace, and changes nothing."""
    with desk.killed("web"):
        desk.promote()
    before, [operation] = desk.git.remote_refs(), desk.unfinished
    desk.git["web"].remote.reachable = False
    session = desk.session()
    codes = {each.code for each in check(session, session.workspace.repos, jobs=jobs)}
    assert {"unreachable", "unfinished_operation"} <= codes
    assert desk.git.remote_refs() == before
    assert desk.unfinished == (operation,)
