"""Check: try in every repository what publishing from it requires. Nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from multigit.core.records.tag_anchors import anchor_in
from multigit.core.reports import leaving
from multigit.core.reports.checkup import Checkup, DoctorRequest, LockTrial
from multigit.core.values.git_answers import Publication
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo
from multigit.engine.fleet import Fleet
from multigit.engine.observe.observation import of_stages, try_to_fetch
from multigit.engine.ports import Git, Repository
from multigit.engine.retry import with_retry
from multigit.errors import MultigitError


def check_repositories(git: Git, request: DoctorRequest, fleet: Fleet) -> Mapping[str, Checkup]:
    """Check every repository at once; one that cannot be read has an error in its snapshot.

    Takes two connections for each: a fetch and a push that sends nothing; three if a lock ref
    is tried. Raises KeyboardInterrupt when the user interrupts.
    """
    results = fleet.for_each(
        {repo.name: repo for repo in request.repos},
        partial(check_repository, git, request),
        phase="Checking",
        doing="fetching",
        summarize=lambda _: ("checked", ""),
        leaving=leaving.checking,  # a lock that was taken is released
    )
    if results.interrupted:
        raise KeyboardInterrupt
    return results.completed(lambda name, error: Checkup(Snapshot(name, error=Problem.of(error))))


def check_repository(git: Git, request: DoctorRequest, repo: Repo, show: ShowActivity) -> Checkup:
    """Read the clone and its remote, then try a push without sending it, if one could succeed."""
    repository = git.repository(repo)
    query = of_stages(request.workspace.stages_of(repo))
    facts = repository.facts()
    stale = try_to_fetch(repository, query, show)
    refs = repository.refs(query)
    messages = repository.tag_messages(query.tags) if query.tags else {}
    tips = [branch.remote.sha for branch in refs.branches.values() if branch.remote]
    checkup = Checkup(
        Snapshot(repo.name, facts=facts, refs=refs, stale=stale),
        newest=repository.newest(tips) if tips else 0,
        exposed=tuple(repository.exposed()),
        carried=tuple(repository.carried_files()),
        anchors=tuple(each for tag, text in messages.items() if (each := anchor_in(tag, text))),
    )
    if stale or facts.push_urls > 1 or facts.detour or facts.mirror or not tips:
        return checkup
    show("trying a push")
    try:
        if repo.name == request.lock_repo:
            return replace(checkup, lock=try_lock(repository, request.probe, show))
        trial = Publication(request.probe, "", tips[0])
        with_retry(lambda: repository.dry_run_push(trial), show=show)
    except MultigitError as error:
        return replace(checkup, push=Problem.of(error))
    return checkup


def try_lock(repository: Repository, ref: str, show: ShowActivity) -> LockTrial:
    """Push a lock ref that no one else uses and delete it again: hooks ignore a dry run.

    Raises MultigitError when nothing at all can be pushed.
    """
    lock = repository.store(f"A trial of the doctor: {ref}\n".encode())
    taking = Publication(ref, "", lock)
    refused = _push(repository, taking)
    # A refusal may be about this ref, about every push, or no refusal: only the answer was lost.
    if refused and not with_retry(lambda: repository.dry_run_push(taking), show=show):
        return LockTrial(refused=refused)
    return LockTrial(stays=_push(repository, Publication(ref, lock, "")))


def _push(repository: Repository, publication: Publication) -> str:
    """Push one ref; return why it failed, or empty."""
    try:
        report = repository.push([publication])
    except MultigitError as error:
        return error.message
    return "" if report.accepted else report.reason or "no reason was given."
