"""Locks on the remote: what their objects contain, and which stages an operation locks."""

from __future__ import annotations

from dataclasses import replace

from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.steps import AdvanceStep
from multigit.core.progress.locks import (
    Holder,
    lock_kept,
    lock_left,
    lock_ref,
    lock_unknown,
    stages_changed,
)
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.problem import Severity
from tests.core.builders import WEB, plan, to_publish

HOLDER = Holder("n0nce", "op-1", "promote", "Ada", "build-7", 7, "2025-01-15T15:01:30Z", "release")


def test_the_sentence_says_who_holds_the_lock() -> None:
    """It also says where, since when, with which command, and why."""
    sentence = HOLDER.sentence("main")
    for part in ("main", "Ada", "build-7", HOLDER.since, "promote", "release"):
        assert part in sentence


def test_the_problems_name_the_stages_and_what_to_do() -> None:
    """They are warnings, since the operation itself is over."""
    found = [
        lock_left([lock_ref("stg"), lock_ref("main")], "n0nce"),
        lock_kept(["stg", "main"]),
        lock_unknown(["stg", "main"], "it does not answer"),
    ]
    assert [each.code for each in found] == ["lock_left", "lock_kept", "lock_unknown"]
    assert {each.severity for each in found} == {Severity.WARN}
    assert all("stg, main" in each.message and "multigit" in each.hint for each in found)
    assert "n0nce" in found[0].hint


def test_an_operation_locks_the_stages_that_it_moves_or_deploys() -> None:
    """Each stage is locked once, in the same order on every machine."""
    pushed = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(1))
    deployed = DeployStep("main", "prod", "master", "", CommandRunner(("true",)), 60.0)
    web = replace(to_publish(WEB), steps=(pushed, deployed))
    assert stages_changed(plan(to_publish(), web)) == ("dev", "main", "stg")
    assert stages_changed(plan()) == ()
