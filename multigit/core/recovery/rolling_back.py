"""The plan of a roll-back: each repository goes back to what it had at a release."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from multigit.core.lineage.revert_messages import rolling_back
from multigit.core.planning import checks
from multigit.core.planning.deploy import cannot_start, deploy_steps
from multigit.core.planning.merges import publishing
from multigit.core.planning.plan import (
    NOT_IN_RELEASE,
    STAYS_NEWER,
    Plan,
    RepoPlan,
    RollsBack,
    State,
    resolve_state,
)
from multigit.core.planning.steps import RedeployStep, RollBackStep, Step, TagStep
from multigit.core.planning.taking_part import plans_of
from multigit.core.records.releases import Known, Release, WayBack
from multigit.core.recovery.roll_back_request import How, Restore, RollBackRequest
from multigit.core.recovery.ways_back import accepted_in, in_the_way, way_of
from multigit.core.values.commits import PendingCommits, Tip
from multigit.core.values.deploy_config import Deploy
from multigit.core.values.hold import HeldRepo
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Tag
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import tag_name
from multigit.core.values.text import plural
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.hints import Hint


def restores(
    request: RollBackRequest,
    workspace: Workspace,
    snapshots: Mapping[str, Snapshot],
    ways: Mapping[str, WayBack],
) -> Mapping[str, Restore]:
    """Return the commits that a roll-back makes, by repository."""
    found: dict[str, Restore] = {}
    for repo in request.repos:
        own = request.in_repo(workspace, repo)
        way, seen = ways.get(repo.name), snapshots.get(repo.name)
        if isinstance(own, Problem) or way is None or seen is None or way.old is None:
            continue
        tip = seen.refs.branch(own.stage.branch).remote
        restored = way_of(own, workspace.deploy(repo, own.stage), way) is How.RESTORE
        if restored and tip and tip.tree != way.old.tree:
            message = rolling_back(request.message, way.old.sha)
            found[repo.name] = Restore(tip.sha, way.old.tree, message)
    return found


def plan_roll_back(
    request: RollBackRequest,
    workspace: Workspace,
    snapshots: Mapping[str, Snapshot],
    ways: Mapping[str, WayBack],
    made: Mapping[str, str],
) -> Plan:
    """Return the plan; `made` has the commit of each repository that is to be restored."""
    stage = request.stage
    taken = {tag.name for seen in snapshots.values() for tag in seen.refs.tags}
    tag = tag_name(stage.tag, request.start_time, taken) if stage.tag and made else ""

    def plan(own: RollBackRequest, repo: Repo) -> RepoPlan:
        seen, way = snapshots[repo.name], ways[repo.name]
        return _Repository(own, workspace, repo, seen, way, made.get(repo.name, ""), tag).plan()

    repos = plans_of(request, workspace, plan)
    return Plan(
        command="rollback",
        operation=request.start_time.operation("rollback", stage.name),
        time=request.start_time.utc,
        date=request.start_time.git_date,
        source="",
        target=stage.name,
        message=request.message,
        release=tag if any(repo.roll_backs() for repo in repos) and tag else request.release.name,
        confirm=stage.confirm,
        word=stage.name,
        skip_blocked=request.skip_blocked,
        pace=stage.pace,
        wait=request.wait,
        repos=repos,
        accepted=accepted_in(request, workspace, ways, repos),
        rolls_back=RollsBack(
            request.release.name,
            request.now,
            request.why,
            request.after,
            request.held,
            _there(request, workspace, snapshots, ways, repos),
        ),
    )


def _there(
    request: RollBackRequest,
    workspace: Workspace,
    snapshots: Mapping[str, Snapshot],
    ways: Mapping[str, WayBack],
    repos: Iterable[RepoPlan],
) -> Mapping[str, HeldRepo]:
    """Return what was published since where the stage has the old commit already."""
    found = dict[str, HeldRepo]()
    for plan in repos:
        if plan.state is not State.UP_TO_DATE or plan.repo not in request.since:
            continue
        repo = workspace.repo(plan.repo)
        deploy = workspace.deploy(repo, request.stage)
        tip = snapshots[plan.repo].refs.branch(plan.branch).remote
        redeployed = deploy and way_of(request, deploy, ways[plan.repo]) is How.REDEPLOY
        if redeployed and tip and tip.sha != plan.source_sha:
            newest = request.tags.get(plan.repo, {}).get(tip.sha, "")
            found[plan.repo] = HeldRepo(plan.source_sha, tip.sha, newest)
    return found


def staying(
    stage: Stage, release: Release, repos: Iterable[Repo], snapshots: Mapping[str, Snapshot]
) -> tuple[RepoPlan, ...]:
    """Return the repositories that were not chosen, and have something newer than the release.

    They were not fetched, so that is what they had when they last were.
    """

    def stays(repo: Repo) -> bool:
        tip = snapshots[repo.name].refs.branch(repo.branches.get(stage.name, stage.branch)).remote
        stood = release.repos.get(repo.name)
        return bool(tip and stood and stood.sha and stood.sha != tip.sha)

    message = f"is not part of this roll-back, though newer than {release.name} when last fetched."
    newer = Problem(STAYS_NEWER, message, severity=Severity.WARN)
    return tuple(
        RepoPlan(repo.name, repo.path, State.SKIPPED, problems=(newer,), wave=-repo.wave)
        for repo in repos
        if repo.name in snapshots and stays(repo)
    )


def _counted(lost: PendingCommits) -> PendingCommits:
    """Return the commits that are lost as a plan shows them."""
    return replace(lost, forks=())


@dataclass(frozen=True, slots=True)
class _Repository:
    """One repository of a roll-back; `made` is the commit that restores it, or empty."""

    request: RollBackRequest
    workspace: Workspace
    repo: Repo
    seen: Snapshot
    way: WayBack
    made: str
    tag: str

    def plan(self) -> RepoPlan:
        """Return what happens in the repository."""
        stage, old, tip = self.request.stage, self.way.old, self._tip
        absent = old is None and not (self.seen.error or self.way.error)
        steps = self._steps(old, tip) if old and tip else ()
        return resolve_state(
            RepoPlan(
                repo=self.repo.name,
                path=self.repo.path,
                state=State.SKIPPED if absent else State.PLANNED,
                steps=steps,
                problems=tuple(self._problems(steps, absent=absent)),
                branch=stage.branch,
                before=self.way.now,
                source_sha=old.sha if old else "",
                wave=-self.repo.wave,  # what depends on others goes back before them
                waits_for=(),
            ),
            skip_blocked=self.request.skip_blocked,
        )

    @property
    def _tip(self) -> Tip | None:
        return self.seen.refs.branch(self.request.stage.branch).remote

    @property
    def _deploy(self) -> Deploy | None:
        return self.workspace.deploy(self.repo, self.request.stage)

    @property
    def _restores(self) -> bool:
        return way_of(self.request, self._deploy, self.way) is How.RESTORE

    def _steps(self, old: Tip, tip: Tip) -> tuple[Step, ...]:
        stage, way, files = self.request.stage, self.way, len(self.way.paths)
        if self._restores:
            return self._restoring(old, tip) if self.made else ()
        there = way.now == old.sha and self.repo.name in self.request.settled
        deploys = deploy_steps(self.workspace, self.repo, stage, tag=way.stood.tag, sha=old.sha)
        if there or not deploys:
            return ()
        newest = self.request.tags.get(self.repo.name, {}).get(tip.sha, "")
        back = RedeployStep(
            stage.name, stage.branch, way.now, old.sha, tip.sha, _counted(way.lost), files, newest
        )
        return (back, *deploys)

    def _restoring(self, old: Tip, tip: Tip) -> tuple[Step, ...]:
        stage, request = self.request.stage, self.request
        lost, paths = self.way.loses(on_branch=True)
        back = RollBackStep(
            stage=stage.name,
            branch=stage.branch,
            before=tip.sha,
            to=old.sha,
            tree=old.tree,
            commit=self.made,
            message=rolling_back(request.message, old.sha),
            lost=_counted(lost),
            files=len(paths),
        )
        tagged = (TagStep(self.tag, stage.branch, back.message),) if self.tag else ()
        steps = publishing((back, *tagged), self.seen.refs)
        return (*steps, *deploy_steps(self.workspace, self.repo, stage, tag=self.tag))

    def _problems(self, steps: Collection[Step], *, absent: bool) -> Iterable[Problem]:
        request, remote = self.request, self.workspace.remote_of(self.repo)
        yield from checks.unreadable(self.seen)
        if self.seen.error:
            return
        if self.way.error:
            yield self.way.error
            return
        yield from checks.missing_branches(self.repo, self.seen, remote, [request.stage])
        if absent:
            message = f"had nothing on {request.stage.name} at {request.release.name}."
            yield Problem(NOT_IN_RELEASE, message, severity=Severity.WARN)
        if self._restores:
            yield from checks.unpublishable(self.repo, self.seen, remote)
        else:
            yield from self._not_redeployable()
        if steps:
            found = in_the_way(request, self.workspace, self.repo, self.way)
            yield from request.override.applied(self.repo.name, found)[0]
            yield from self._notes()

    def _not_redeployable(self) -> Iterable[Problem]:
        """Report why its old commit cannot be deployed again."""
        stage, stood, old = self.request.stage, self.way.stood, self.way.old
        if self._deploy is None:
            message = f"is not deployed to {stage.name} by multigit."
            yield Problem("no_deployment", message, Hint.HOW_RESTORE)
        elif old:
            tag = Tag(stood.tag, 0, old.sha) if stood.tag else None
            step = deploy_steps(self.workspace, self.repo, stage, sha=old.sha)[0]
            at_tip = self._tip is not None and self._tip.sha == old.sha
            for problem in cannot_start(step, stage, tag, at_tip=at_tip):
                yield replace(problem, hint=Hint.HOW_RESTORE)

    def _notes(self) -> Iterable[Problem]:
        """Report what a person should know about the commit to which it goes back."""
        way, release = self.way, self.request.release.name
        if way.stood.known is Known.HISTORY:
            yield Problem(
                "known_by_history",
                f"no tag and no record says what it had at {release}: {way.stood.sha[:7]} is its "
                f"last commit of before, by its date.",
                severity=Severity.WARN,
            )
        if way.besides.commits:
            yield Problem(
                "besides_release",
                f"{plural(way.besides.commits, 'commit')} pushed by hand before {release} "
                f"{'is' if way.besides.commits == 1 else 'are'} not part of it.",
                severity=Severity.WARN,
            )
