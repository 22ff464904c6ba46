"""The API's descriptions of things, in the shapes of the contract."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from .bare import Entry
from .contract import contract
from .jobs import Job, Progress, jobs
from .runs import Environment, Review, Run, may_review
from .workflows import Workflow
from .world import Check, CommitStatus, Repository

_FILL = contract().fill


def stamp(moment: datetime) -> str:
    """A time as the API gives it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str, schema: str = "simple-user") -> dict[str, Any]:
    """A user."""
    return _FILL(schema, login=login, id=number(login), html_url=f"https://example.org/{login}")


def number(text: str) -> int:
    """A number that is always the same for a text."""
    return crc32(text.encode()) & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Documents:
    """Makes the documents of a server whose API is at `base`."""

    base: str

    def repository(self, name: str, one: Repository, schema: str) -> dict[str, Any]:
        """A repository."""
        owner, _, short = name.partition("/")
        return _FILL(
            schema,
            id=number(name),
            name=short,
            full_name=name,
            owner=user(owner),
            url=self._repo(name),
            html_url=self._html(name),
            default_branch=one.default_branch,
        )

    def workflow(self, repo: str, number: int, one: Workflow, *, disabled: bool) -> dict[str, Any]:
        """A workflow."""
        return _FILL(
            "workflow",
            id=number,
            name=one.name,
            path=one.path,
            state="disabled_manually" if disabled else "active",
            url=f"{self._repo(repo)}/actions/workflows/{number}",
            html_url=f"{self._html(repo)}/blob/main/{one.path}",
        )

    def dispatched(self, run: Run) -> dict[str, Any]:
        """The details of a run that was just started."""
        return {"workflow_run_id": run.id, "run_url": self._run(run), "html_url": self.page(run)}

    def run(self, run: Run, number: int, one: Repository) -> dict[str, Any]:
        """A run."""
        here, repo = self._run(run), self.repository(run.repo, one, "minimal-repository")
        links = {f"{name}_url": f"{here}/{name}" for name in ("jobs", "logs", "cancel", "rerun")}
        return _FILL(
            "workflow-run",
            **links,
            id=run.id,
            name=run.workflow.name,
            display_title=run.title,
            path=run.workflow.path,
            workflow_id=number,
            workflow_url=f"{self._repo(run.repo)}/actions/workflows/{number}",
            run_number=run.number,
            run_attempt=run.attempt,
            event=run.start.event,
            status=run.status,
            conclusion=run.conclusion,
            head_branch=run.ref,
            head_sha=run.sha,
            url=here,
            html_url=self.page(run),
            actor=user(run.actor),
            triggering_actor=user(run.actor),
            created_at=stamp(run.created),
            run_started_at=stamp(run.begun),
            updated_at=stamp(run.updated),
            repository=repo,
            head_repository=repo,
        )

    def jobs(self, run: Run) -> list[dict[str, Any]]:
        """The jobs of a run, with their steps."""
        return [self._job(run, at, job) for at, job in enumerate(jobs(run))]

    def _job(self, run: Run, at: int, job: Job) -> dict[str, Any]:
        number = run.id * 1000 + run.attempt * 50 + at
        return _FILL(
            "job",
            id=number,
            run_id=run.id,
            run_url=self._run(run),
            run_attempt=run.attempt,
            head_sha=run.sha,
            head_branch=run.ref,
            workflow_name=run.workflow.name,
            name=job.name,
            status=job.progress.status,
            conclusion=job.progress.conclusion,
            url=f"{self._repo(run.repo)}/actions/jobs/{number}",
            html_url=f"{self.page(run)}/job/{number}",
            created_at=stamp(run.created),
            started_at=stamp(run.begun),
            completed_at=_ended(run, job.progress),
            steps=[_step(n, name, progress) for n, (name, progress) in enumerate(job.steps, 1)],
        )

    def environment(self, repo: str, one: Environment) -> dict[str, Any]:
        """An environment with its protection rules."""
        rule = {
            "id": number(one.name),
            "node_id": "",
            "type": "required_reviewers",
            "prevent_self_review": one.prevent_self_review,
            "reviewers": _reviewers(one),
        }
        rules = [rule] if one.reviewers else []
        return _FILL("environment", **self._environment(repo, one.name), protection_rules=rules)

    def _environment(self, repo: str, name: str) -> dict[str, Any]:
        return {
            "id": number(name),
            "node_id": "",
            "name": name,
            "url": f"{self._repo(repo)}/environments/{name}",
            "html_url": f"{self._html(repo)}/deployments/activity_log?environment={name}",
        }

    def pending(self, run: Run, one: Environment, login: str) -> dict[str, Any]:
        """A gate of a run that is waiting."""
        return _FILL(
            "pending-deployment",
            environment=self._environment(run.repo, one.name),
            current_user_can_approve=may_review(run, one, login),
            reviewers=_reviewers(one),
        )

    def approval(self, run: Run, review: Review) -> dict[str, Any]:
        """A review of a run."""
        return _FILL(
            "environment-approvals",
            environments=[self._environment(run.repo, name) for name in review.environments],
            state=review.state,
            user=user(review.login),
            comment=review.comment,
        )

    def deployment(self, run: Run, environment: str) -> dict[str, Any]:
        """The deployment that a review lets continue."""
        return _FILL(
            "deployment",
            id=number(f"{run.id}/{environment}"),
            sha=run.sha,
            ref=run.ref,
            task="deploy",
            environment=environment,
        )

    def ref(self, repo: str, name: str, sha: str, kind: str) -> dict[str, Any]:
        """A branch or tag; `kind` is what the SHA names."""
        here = f"{self._repo(repo)}/git"
        return {
            "ref": name,
            "node_id": "",
            "url": f"{here}/{name}",
            "object": {"type": kind, "sha": sha, "url": f"{here}/{kind}s/{sha}"},
        }

    def branch(self, repo: str, name: str, sha: str) -> dict[str, Any]:
        """A branch without protection."""
        return _FILL("branch-with-protection", name=name, commit=self.commit(repo, sha))

    def commit(self, repo: str, sha: str) -> dict[str, Any]:
        """A commit in which only the SHA is real."""
        url, grace = f"{self._repo(repo)}/commits/{sha}", user("grace")
        return _FILL("commit", sha=sha, url=url, author=grace, committer=grace)

    def file(self, repo: str, path: str, sha: str, data: bytes) -> dict[str, Any]:
        """A file with its content."""
        named = self._content(repo, path, sha)
        content = base64.encodebytes(data).decode()
        return _FILL(
            "content-file", **named, size=len(data), content=content, encoding="base64", type="file"
        )

    def listed(self, repo: str, entry: Entry) -> dict[str, Any]:
        """A file or folder in the listing of its folder."""
        kind = {"blob": "file", "tree": "dir"}.get(entry.kind, "submodule")
        return {
            **self._content(repo, entry.path, entry.sha),
            "type": kind,
            "size": 0,
        }

    def _content(self, repo: str, path: str, sha: str) -> dict[str, Any]:
        here = f"{self._repo(repo)}/contents/{path}"
        return {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "url": here,
            "git_url": None,
            "html_url": None,
            "download_url": None,
            "_links": {"self": here, "git": None, "html": None},
        }

    def check(self, one: Check) -> dict[str, Any]:
        """A check run."""
        return _FILL(
            "check-run",
            id=one.id,
            name=one.name,
            check_suite={"id": one.suite},
            app=_app(one.app) if one.app else None,
            head_sha=one.sha,
            status="completed" if one.point.over else one.point.word,
            conclusion=one.point.word if one.point.over else None,
            url=f"{self._repo(one.repo)}/check-runs/{one.id}",
            html_url=f"{self._html(one.repo)}/runs/{one.id}",
        )

    def combined(
        self, name: str, repo: Repository, sha: str, latest: Mapping[str, CommitStatus]
    ) -> dict[str, Any]:
        """The combined status of the newest status of each context, without the list of them."""
        states = {one.state for one in latest.values()}
        return _FILL(
            "combined-commit-status",
            state=_combined(states),
            sha=sha,
            total_count=len(latest),
            repository=self.repository(name, repo, "minimal-repository"),
        )

    def status(self, one: CommitStatus) -> dict[str, Any]:
        """The status of one context."""
        return _FILL("simple-commit-status", id=one.id, context=one.context, state=one.state)

    def page(self, run: Run) -> str:
        """The web page of a run."""
        return f"{self._html(run.repo)}/actions/runs/{run.id}"

    def _repo(self, name: str) -> str:
        return f"{self.base}/repos/{name}"

    def _run(self, run: Run) -> str:
        return f"{self._repo(run.repo)}/actions/runs/{run.id}"

    def _html(self, repo: str) -> str:
        return f"{self.base.removesuffix('/api/v3')}/{repo}"


def _app(known: int) -> dict[str, Any]:
    """A GitHub App."""
    page, long_ago = f"https://example.org/apps/{known}", "2020-01-01T00:00:00Z"
    return {
        "id": known,
        "node_id": str(known),
        "owner": user("apps"),
        "name": f"App {known}",
        "description": None,
        "external_url": page,
        "html_url": page,
        "created_at": long_ago,
        "updated_at": long_ago,
        "permissions": {},
        "events": [],
    }


def _combined(states: set[str]) -> str:
    if states & {"failure", "error"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def _reviewers(one: Environment) -> list[dict[str, Any]]:
    return [{"type": "User", "reviewer": user(login)} for login in one.reviewers]


def _step(number: int, name: str, progress: Progress) -> dict[str, Any]:
    return {
        "number": number,
        "name": name,
        "status": progress.status,
        "conclusion": progress.conclusion,
    }


def _ended(run: Run, progress: Progress) -> str | None:
    return stamp(run.updated) if progress.conclusion else None
