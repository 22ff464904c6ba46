"""Marks on a remote: set, replaced only if no one else did that, and never guessed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.adapters.git.shared.marks import RemoteMarks
from multigit.core.progress.marks import mark_ref
from multigit.core.progress.shared import shared_in
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.mark import Mark, Quality
from multigit.errors import RefusedError
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo

BAD = Mark("r-2", "main", Quality.BAD, "Ada", "laptop", "2025-01-15T12:00:00Z", "charges twice")
GOOD = replace(BAD, quality=Quality.GOOD, who="Grace", reason="it was the network")


@pytest.fixture
def clone(forge: Forge, api: ForgeRepo) -> GitRepository:
    """Return a clone of the repository whose remote has the marks."""
    return open_clone(forge, api)


def marks(clone: GitRepository) -> dict[str, Mark]:
    """Return the marks on the remote."""
    clone.fetch_shared()
    return dict(shared_in(clone.shared_refs()).marks)


def refused(clone: GitRepository, mark: Mark) -> RefusedError:
    """Return why a release cannot be marked."""
    with pytest.raises(RefusedError) as caught:
        RemoteMarks(clone).replace(mark)
    return caught.value


def test_a_mark_replaces_the_one_before(clone: GitRepository) -> None:
    """Everyone who fetches sees the last one; the same mark again changes nothing."""
    RemoteMarks(clone).replace(BAD)
    assert marks(clone) == {"r-2": BAD}
    for _ in range(2):
        RemoteMarks(clone).replace(GOOD)
        assert marks(clone) == {"r-2": GOOD}


def test_a_mark_that_someone_else_set_meanwhile_stays(
    forge: Forge, api: ForgeRepo, clone: GitRepository
) -> None:
    """The error says who, how and why; after a fetch it can be replaced."""
    RemoteMarks(open_clone(forge, api)).replace(GOOD)
    api.git("update-ref", "-d", mark_ref("r-2"))
    error = refused(clone, BAD)
    assert error.code == "mark_changed"
    assert "Grace marked it good (it was the network)" in error.message
    assert marks(clone) == {"r-2": GOOD}
    RemoteMarks(clone).replace(BAD)
    assert marks(clone) == {"r-2": BAD}


def test_a_remote_that_refuses_or_is_gone_is_told(clone: GitRepository, api: ForgeRepo) -> None:
    """Nothing is marked."""
    api.reject_pushes("refs/multigit/*", "no such refs here")
    error = refused(clone, BAD)
    assert error.code == "mark_refused"
    assert "no such refs here" in error.message
    api.allow_pushes()
    assert marks(clone) == {}
    shutil.move(api.bare, api.bare.with_name("moved"))
    assert refused(clone, BAD).code == "mark_unreachable"


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_was_lost_is_read_from_the_remote(
    *, arrived: bool, clone: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is marked, or it is said that it may not be."""
    push = clone.push

    def lost(publications: Sequence[Publication]) -> PushReport:
        if arrived:
            push(publications)
        return PushReport(accepted=False, reason="the remote end hung up", final=False)

    monkeypatch.setattr(clone, "push", lost)
    if arrived:
        RemoteMarks(clone).replace(BAD)
        assert marks(clone) == {"r-2": BAD}
    else:
        assert refused(clone, BAD).code == "mark_unreachable"
        assert marks(clone) == {}
