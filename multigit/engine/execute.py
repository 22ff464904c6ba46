"""Execute: prepare everything in every repository, then publish; never the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from multigit.core.planning.plan import Plan, RepoPlan, State
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.journal import Entry, EntryKind
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.progress.state import NOTHING_YET, OperationState, Progress
from multigit.core.reports import leaving
from multigit.core.values.flight import Flight
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Objects, branch_ref
from multigit.core.values.workspace import Workspace
from multigit.engine.deploy import Deployer, Deployments
from multigit.engine.fleet import Fleet
from multigit.engine.follow import follow
from multigit.engine.ports import FORGETFUL, Git, JournalWriter, Repository
from multigit.engine.prepare import prepare
from multigit.engine.publish import Push
from multigit.engine.run_all import AfterRemote, Results
from multigit.errors import MultigitError
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs one plan. `trailer` is what every tag message ends with.

    With `again` the plan was started before, and `state` is how far it got: objects that were made
    then are used if they still exist, and made again if not. The state's flights are pushes that
    may still be running.
    """

    git: Git
    workspace: Workspace
    plan: Plan
    fleet: Fleet
    trailer: str = ""
    journal: JournalWriter = FORGETFUL
    again: bool = False
    deployer: Deployer | None = None
    state: OperationState = NOTHING_YET

    def run(self) -> Report:
        """Prepare all repositories; only when all are ready, publish and deploy wave by wave."""
        prepared = self._prepare()
        ready = prepared.results
        if prepared.interrupted or len(ready) < len(self.plan.planned()):
            found = prepared.ended
            outcomes = [self._stopped(repo, found.get(repo.repo)) for repo in self.plan.planned()]
            return ended(self.plan, outcomes, self.state, interrupted=prepared.interrupted)
        self.journal.write(Entry(EntryKind.PUBLISHING, made=ready))
        ended_so_far, interrupted = self._waves(ready)
        everything = [
            ended_so_far.get(repo.repo) or self._not_started(repo, ready[repo.repo])
            for repo in self.plan.planned()
        ]
        return ended(self.plan, everything, self.state, interrupted=interrupted)

    def _prepare(self) -> Results[Objects]:
        """Prepare all repositories; those that follow submodules come after them."""
        planned = self.plan.planned()
        left = {repo.repo: repo for repo in planned if not self._progress(repo).published}
        self.fleet.listener.phase("Preparing", tuple(left))
        made = {repo.repo: self._progress(repo).made for repo in self.plan.repos}
        found: dict[str, Objects | MultigitError] = {
            repo.repo: made[repo.repo] for repo in planned if repo.repo not in left
        }
        while left:
            now = {name: repo for name, repo in left.items() if not left.keys() & set(repo.follows)}
            done = self._prepare_these(now, made)
            found |= done.ended
            made |= done.results
            if done.interrupted or done.errors:
                return Results(found, done.interrupted)
            left = {name: repo for name, repo in left.items() if name not in now}
        return Results(found)

    def _prepare_these(
        self, plans: Mapping[str, RepoPlan], others: Mapping[str, Objects]
    ) -> Results[Objects]:
        def work(repo: RepoPlan, _: ShowActivity) -> Objects:
            return prepare(
                self._repository(repo.repo),
                repo,
                self.plan.date,
                self.trailer,
                earlier=self._progress(repo).made,
                again=self.again,
                others=others,
            )

        return self.fleet.for_each(
            plans,
            work,
            doing="preparing",
            summarize=lambda _: ("prepared", ""),
            leaving=leaving.preparing,
        )

    def _waves(self, ready: Mapping[str, Objects]) -> tuple[dict[str, Outcome], bool]:
        """Publish and deploy one wave after the other, up to the first that does not succeed."""
        outcomes: dict[str, Outcome] = {}
        for number in sorted({repo.wave for repo in self.plan.planned()}):
            wave = {repo.repo: repo for repo in self.plan.planned() if repo.wave == number}
            published = self._publish(wave, ready)
            outcomes |= published.all()
            done = {o.repo: (o.plan, o.made) for o in outcomes.values() if is_deployable(o, wave)}
            deployed = Deployments({})
            if not published.interrupted and self.deployer:
                deployed = self.deployer.wave(done)
            for name, (repo, _) in done.items():
                left = known_deployments(repo, self._progress(repo).deployments)
                deployments = deployed.by_repo.get(name, left)
                outcomes[name] = replace(outcomes[name], deployments=deployments)
            interrupted = published.interrupted or deployed.interrupted
            if interrupted or len(done) < len(wave) or not deployed.good:
                return outcomes, interrupted
        return outcomes, False

    def _publish(
        self, plans: Mapping[str, RepoPlan], ready: Mapping[str, Objects]
    ) -> Results[Outcome]:
        """Push what must be pushed; what was published before, or is only deployed, is ready."""
        pushed = {
            name: repo
            for name, repo in plans.items()
            if repo.updates() and not self._progress(repo).published
        }

        def work(repo: RepoPlan, show: ShowActivity) -> AfterRemote[Outcome]:
            name, repository = repo.repo, self._repository(repo.repo)
            announce = partial(self._announce, name, repository)
            push = Push(repository, repo, ready[name], announce, show)
            outcome = push.publish(self.state.flights.get(name))
            return AfterRemote(partial(self._finish_push, repository, outcome))

        back = any(repo.is_undo for repo in plans.values())
        done = self.fleet.for_each(
            pushed,
            work,
            phase="Undoing" if back else "Publishing",
            doing="pushing",
            summarize=in_brief,
            leaving=leaving.pushing,
        )
        rest = {name: repo for name, repo in plans.items() if name not in pushed}
        ready_now = {name: self._ready_to_deploy(repo, ready[name]) for name, repo in rest.items()}
        found = {**ready_now, **done.ended}
        return Results({name: found[name] for name in plans if name in found}, done.interrupted)

    def _finish_push(self, repository: Repository, outcome: Outcome) -> Outcome:
        """Note the result of a push, and let the local branches follow it."""
        with suppress(MultigitError):  # it is done; without the note, continue reads the remote
            repos, flight = (outcome.repo,), outcome.flight
            self.journal.write(
                Entry(EntryKind.SETTLED, repos=repos, state=outcome.state, flight=flight)
            )
        if outcome.state is State.PUBLISHED:
            return follow(repository, outcome, self.workspace)
        return outcome

    def _announce(self, name: str, repository: Repository) -> None:
        """Note that a push starts; raises MultigitError if that is not possible."""
        self.journal.write(Entry(EntryKind.PUSHING, repos=(name,), flight=repository.flight()))

    def _repository(self, name: str) -> Repository:
        return self.git.repository(self.workspace.repo(name))

    def _progress(self, repo: RepoPlan) -> Progress:
        return self.state.of(repo.repo)

    def _stopped(self, repo: RepoPlan, prepared: Objects | MultigitError | None) -> Outcome:
        if isinstance(prepared, MultigitError):
            problems = (*repo.problems, Problem.of(prepared))
            failed = Outcome(repo, State.FAILED, problems=problems)
            return with_unknown_result(failed, self.state.flights.get(repo.repo))
        return self._not_started(repo, prepared or {})

    def _not_started(self, repo: RepoPlan, made: Objects) -> Outcome:
        if self._progress(repo).published:  # by an earlier attempt
            return self._ready_to_deploy(repo, made)
        return with_unknown_result(not_started(repo, made), self.state.flights.get(repo.repo))

    def _ready_to_deploy(self, repo: RepoPlan, made: Objects) -> Outcome:
        """Return the outcome of a repository that has nothing left to publish."""
        state = State.PUBLISHED if repo.updates() else State.DEPLOYED
        left = known_deployments(repo, self._progress(repo).deployments)
        return Outcome(repo, state, made, repo.problems, deployments=left)


def is_deployable(outcome: Outcome, wave: Mapping[str, RepoPlan]) -> bool:
    """Return whether a repository of this wave is ready to be deployed."""
    return outcome.repo in wave and outcome.state in {State.PUBLISHED, State.DEPLOYED}


def in_brief(outcome: Outcome) -> tuple[str, str]:
    """Return an outcome in brief for a listener: its state, and the reason or the new commit."""
    blocking = [problem.message for problem in outcome.problems if problem.blocks]
    return outcome.state, blocking[-1] if blocking else outcome.after[:7]


def with_unknown_result(outcome: Outcome, earlier: Flight | None) -> Outcome:
    """Return the outcome of a repository that was not pushed now, but may be by an earlier push."""
    if earlier is None:
        return outcome
    problem = Problem("outcome_unknown", "an earlier push may still succeed.", Hint.CONTINUE_SOON)
    problems = (*outcome.problems, problem)
    return replace(outcome, state=State.UNKNOWN, problems=problems, flight=earlier)


def not_started(repo: RepoPlan, made: Objects) -> Outcome:
    """Return the outcome of a repository whose publication never started."""
    notes = [
        Problem(
            "committed_locally",
            f"{step.branch} has the commit {made[branch_ref(step.branch)][:7]}, not pushed yet.",
            Hint.PUSH_LATER.format(stage=step.stage),
            Severity.WARN,
        )
        for step in repo.commits()
        if branch_ref(step.branch) in made
    ]
    return Outcome(repo, State.NOT_PUBLISHED, made, (*repo.problems, *notes))
