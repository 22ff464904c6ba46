"""Examine: try out in every repository what publishing from it needs. Nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from multigit.core.records.tag_anchors import anchor_in
from multigit.core.reports.checkup import Checkup, DoctorRequest, LockTrial
from multigit.core.values.git_answers import Publication, RefQuery
from multigit.core.values.listener import Tell
from multigit.core.values.moment import tag_glob
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.workspace import Repo
from multigit.engine.fleet import Fleet
from multigit.engine.observe.looks import try_to_fetch
from multigit.engine.ports import Git, Repository
from multigit.engine.retry import patiently
from multigit.errors import MultigitError


def examine(git: Git, request: DoctorRequest, fleet: Fleet) -> Mapping[str, Checkup]:
    """Examine every repository at once; one that cannot be read says so in its snapshot.

    Takes two connections for each: a fetch and a push that sends nothing. Where a lock ref is
    tried it takes three. Raises KeyboardInterrupt when the user interrupts.
    """

    def look(repo: Repo, tell: Tell) -> Checkup:
        return check_up(git.repository(repo), repo, request, tell)

    seen = fleet.for_each(
        {repo.name: repo for repo in request.repos},
        look,
        phase="Examining",
        doing="fetching",
        told=lambda _: ("examined", ""),
        orderly=True,  # a lock that was set is released
    )
    if seen.interrupted:
        raise KeyboardInterrupt
    return seen.completed(lambda name, error: Checkup(Snapshot(name, error=Problem.of(error))))


def check_up(repository: Repository, repo: Repo, request: DoctorRequest, tell: Tell) -> Checkup:
    """Read the clone and its remote, then try a push without sending it, if one could succeed."""
    query = RefQuery(
        branches=tuple(stage.branch for stage in request.stages),
        tags=tuple(tag_glob(stage.tag) for stage in request.stages if stage.tag),
    )
    facts = repository.facts()
    stale = try_to_fetch(repository, query, tell)
    refs = repository.refs(query)
    told = repository.tag_messages(query.tags) if query.tags else {}
    tips = [branch.remote.sha for branch in refs.branches.values() if branch.remote]
    seen = Checkup(
        Snapshot(repo.name, facts=facts, refs=refs, stale=stale),
        newest=repository.newest(tips) if tips else 0,
        exposed=tuple(repository.exposed()),
        carried=tuple(repository.carried_files()),
        anchors=tuple(each for tag, text in told.items() if (each := anchor_in(tag, text))),
    )
    if stale or facts.push_urls > 1 or facts.detour or facts.mirror or not tips:
        return seen
    tell("trying a push")
    try:
        if repo.name == request.lock_repo:
            return replace(seen, lock=try_lock(repository, request.probe, tell))
        trial = Publication(request.probe, "", tips[0])
        patiently(lambda: repository.dry_run_push(trial), tell=tell)
    except MultigitError as error:
        return replace(seen, push=Problem.of(error))
    return seen


def try_lock(repository: Repository, ref: str, tell: Tell) -> LockTrial:
    """Push a lock ref that no one else uses and delete it again: hooks ignore a dry run.

    Raises MultigitError when nothing at all can be pushed.
    """
    lock = repository.store(f"A trial of the doctor: {ref}\n".encode())
    taking = Publication(ref, "", lock)
    refused = _push(repository, taking)
    # A refusal may be about this ref, about every push, or no refusal: only the answer was lost.
    if refused and not patiently(lambda: repository.dry_run_push(taking), tell=tell):
        return LockTrial(refused=refused)
    return LockTrial(stays=_push(repository, Publication(ref, lock, "")))


def _push(repository: Repository, publication: Publication) -> str:
    """Push one ref; return why that failed, or empty."""
    try:
        report = repository.push([publication])
    except MultigitError as error:
        return error.message
    return "" if report.accepted else report.reason or "no reason was given."
