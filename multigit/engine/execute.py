"""Execute: prepare everything in every repository, then publish; never the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from multigit.core.planning.plan import (
    Plan,
    RepoPlan,
    State,
)
from multigit.core.progress.deployments import known_deployments
from multigit.core.progress.journal import Entry, Kind
from multigit.core.progress.outcome import Outcome, Report, ended
from multigit.core.values.deployment import Deployment
from multigit.core.values.flight import Flight
from multigit.core.values.listener import Listener
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import branch_ref
from multigit.core.values.workspace import Workspace
from multigit.engine.deploy import Deployer, Deployments
from multigit.engine.fleet import Rest, Sweep, sweep
from multigit.engine.follow import follow
from multigit.engine.ports import FORGETFUL, Git, Journal, Repository
from multigit.engine.prepare import prepare
from multigit.engine.publish import publish
from multigit.errors import MultigitError
from multigit.hints import Hint

Made = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs one plan. `trailer` is what every tag message ends with.

    With `again` the plan was begun before: what it made then is used where it still exists, and
    made anew where it does not. `flights` are pushes of that time which may still be at work.
    """

    git: Git
    workspace: Workspace
    plan: Plan
    listener: Listener
    jobs: int
    trailer: str = ""
    journal: Journal = FORGETFUL
    again: bool = False
    deployer: Deployer | None = None
    flights: Mapping[str, Flight] = field(default_factory=dict)

    def run(self) -> Report:
        """Prepare all repositories; only when all are ready, publish and deploy wave by wave."""
        prepared = self._prepare()
        ready = {name: made for name, made in prepared.results.items() if isinstance(made, dict)}
        if prepared.interrupted or len(ready) < len(self.plan.planned()):
            outcomes = [self._stopped(repo, prepared.results) for repo in self.plan.planned()]
            return ended(self.plan, outcomes, interrupted=prepared.interrupted)
        self.journal.write(Entry(Kind.PUBLISHING, made=ready))
        ended_so_far, interrupted = self._waves(ready)
        everything = [
            ended_so_far.get(repo.repo) or self._not_begun(repo, ready[repo.repo])
            for repo in self.plan.planned()
        ]
        return ended(self.plan, everything, interrupted=interrupted)

    def _prepare(self) -> Sweep[dict[str, str] | Problem]:
        """Prepare all repositories, those that follow their submodules after these."""
        planned = self.plan.planned()
        plans = {repo.repo: repo for repo in planned if not repo.published}
        self.listener.phase("Preparing", tuple(plans))
        made: dict[str, Made] = {repo.repo: repo.made for repo in self.plan.repos}
        results: dict[str, dict[str, str] | Problem] = {
            repo.repo: {**repo.made} for repo in planned if repo.published
        }
        left = dict(plans)
        while left:
            now = {name: repo for name, repo in left.items() if not left.keys() & set(repo.follows)}
            done = self._prepare_these(now, made)
            results |= done.results
            made |= {n: each for n, each in done.results.items() if isinstance(each, dict)}
            if done.interrupted or any(isinstance(each, Problem) for each in results.values()):
                return Sweep(results, done.interrupted)
            left = {name: repo for name, repo in left.items() if name not in now}
        return Sweep(results)

    def _prepare_these(
        self, plans: Mapping[str, RepoPlan], others: Mapping[str, Made]
    ) -> Sweep[dict[str, str] | Problem]:
        def work(name: str) -> dict[str, str] | Problem:
            self.listener.started(name, "preparing")
            repo = plans[name]
            try:
                made = prepare(
                    self._repository(name),
                    repo,
                    self.plan.date,
                    self.trailer,
                    again=self.again,
                    others=others,
                )
            except MultigitError as error:
                self.listener.finished(name, State.FAILED, error.message)
                return Problem.of(error)
            self.listener.finished(name, "prepared")
            return made

        return sweep(tuple(plans), work, jobs=self.jobs, on_interrupt=self.listener.interrupted)

    def _waves(self, ready: Mapping[str, Made]) -> tuple[dict[str, Outcome], bool]:
        """Publish and deploy one wave after the other, up to the first that does not go well."""
        outcomes: dict[str, Outcome] = {}
        for number in sorted({repo.wave for repo in self.plan.planned()}):
            wave = {repo.repo: repo for repo in self.plan.planned() if repo.wave == number}
            published = self._publish(wave, ready)
            outcomes |= published.results
            done = {o.repo: (o.plan, o.made) for o in outcomes.values() if is_new(o, wave)}
            deployed = Deployments({})
            if not published.interrupted and self.deployer:
                deployed = self.deployer.wave(done)
            for name, (repo, _) in done.items():
                deployments = deployed.by_repo.get(name, left_to_deploy(repo))
                outcomes[name] = replace(outcomes[name], deployments=deployments)
            interrupted = published.interrupted or deployed.interrupted
            if interrupted or len(done) < len(wave) or not deployed.good:
                return outcomes, interrupted
        return outcomes, False

    def _publish(self, plans: Mapping[str, RepoPlan], ready: Mapping[str, Made]) -> Sweep[Outcome]:
        def work(name: str) -> Outcome | Rest[Outcome]:
            repo = plans[name]
            if repo.published or not repo.updates():
                return ready_to_deploy(repo, ready[name])
            self.listener.started(name, "pushing")
            repository = self._repository(name)
            outcome = publish(
                repository,
                repo,
                ready[name],
                self.flights.get(name),
                announce=partial(self._announce, name, repository),
                tell=partial(self.listener.started, name),
            )
            return Rest(lambda: settle(name, outcome))

        def settle(name: str, outcome: Outcome) -> Outcome:
            with suppress(MultigitError):  # it is done; without the note continue asks the remote
                note = Entry(
                    Kind.SETTLED, repos=(name,), state=outcome.state, flight=outcome.flight
                )
                self.journal.write(note)
            if outcome.state is State.PUBLISHED:
                outcome = follow(self._repository(name), outcome, self.workspace)
            blocking = [problem.message for problem in outcome.problems if problem.blocks]
            detail = blocking[-1] if blocking else outcome.after[:7]
            self.listener.finished(name, outcome.state, detail)
            return outcome

        back = any(repo.takes_back for repo in plans.values())
        self.listener.phase("Taking back" if back else "Publishing", tuple(plans))
        return sweep(tuple(plans), work, jobs=self.jobs, on_interrupt=self.listener.interrupted)

    def _announce(self, name: str, repository: Repository) -> None:
        """Note that a push begins; raises a MultigitError where that cannot be noted."""
        self.journal.write(Entry(Kind.PUSHING, repos=(name,), flight=repository.flight()))

    def _repository(self, name: str) -> Repository:
        return self.git.repository(self.workspace.repo(name))

    def _stopped(self, repo: RepoPlan, prepared: Mapping[str, dict[str, str] | Problem]) -> Outcome:
        result = prepared.get(repo.repo, {})
        if isinstance(result, Problem):
            failed = Outcome(repo, State.FAILED, problems=(*repo.problems, result))
            return in_doubt(failed, self.flights.get(repo.repo))
        return self._not_begun(repo, result)

    def _not_begun(self, repo: RepoPlan, made: Made) -> Outcome:
        if repo.published:  # by an earlier attempt
            return ready_to_deploy(repo, made)
        return in_doubt(not_begun(repo, made), self.flights.get(repo.repo))


def is_new(outcome: Outcome, wave: Mapping[str, RepoPlan]) -> bool:
    """Tell whether a repository of this wave is ready to be deployed."""
    return outcome.repo in wave and outcome.state in {State.PUBLISHED, State.DEPLOYED}


def ready_to_deploy(repo: RepoPlan, made: Made) -> Outcome:
    """Return the outcome of a repository of which all that is to be published is there."""
    state = State.PUBLISHED if repo.updates() else State.DEPLOYED
    return Outcome(repo, state, made, repo.problems, deployments=left_to_deploy(repo))


def left_to_deploy(repo: RepoPlan) -> tuple[Deployment, ...]:
    """Return the deployments of a repository as they were before anybody came to them."""
    return known_deployments(repo, {each.target: each for each in repo.deployed})


def in_doubt(outcome: Outcome, earlier: Flight | None) -> Outcome:
    """Return the outcome of a repository that was not pushed now, but may have been before."""
    if earlier is None:
        return outcome
    problem = Problem(
        "outcome_unknown", "an earlier push of it may still arrive.", Hint.CONTINUE_SOON
    )
    problems = (*outcome.problems, problem)
    return replace(outcome, state=State.UNKNOWN, problems=problems, flight=earlier)


def not_begun(repo: RepoPlan, made: Made) -> Outcome:
    """Return the outcome of a repository whose publication never started."""
    notes = [
        Problem(
            "committed_locally",
            f"{step.branch} has the commit {made[branch_ref(step.branch)][:7]}, not pushed yet.",
            Hint.PUSH_TAKES_ALONG.format(stage=step.stage),
            Severity.WARN,
        )
        for step in repo.commits()
        if branch_ref(step.branch) in made
    ]
    return Outcome(repo, State.NOT_PUBLISHED, made, (*repo.problems, *notes))
