"""Which jobs of a run deploy, and whether any of them did: `if:` may have skipped them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from multigit.adapters.github.workflow_file import EXPRESSION, WorkflowFile, WorkflowJob
from multigit.adapters.http.documents import Document, text

ALL_SKIPPED = "GitHub skipped all of its jobs."


def deploy_jobs(file: WorkflowFile, environment: str) -> tuple[WorkflowJob, ...]:
    """Return the jobs that deploy to an environment, () if the file does not show them.

    They name the environment, or may; else they name any; else they are called so.
    """
    wanted = environment.casefold()
    for_it = [job for job in file.jobs if EXPRESSION.search(job.environment)]
    for_it += [job for job in file.jobs if job.environment.casefold() == wanted]
    for_any = [job for job in file.jobs if job.environment]
    called = [job for job in file.jobs if "deploy" in f"{job.key} {job.name}".casefold()]
    return tuple(for_it or for_any or called)


def nothing_deployed(jobs: Sequence[Document], deploying: Sequence[WorkflowJob]) -> str:
    """Return why a run deployed nothing although it did not fail, as a sentence, or empty.

    `jobs` are all jobs of the run, `deploying` those of its file that deploy.
    """
    if jobs and all(map(_skipped, jobs)):
        return ALL_SKIPPED
    patterns = [_pattern(job) for job in deploying]
    own = [job for job in jobs if any(each.fullmatch(text(job.get("name"))) for each in patterns)]
    if not own or not all(map(_skipped, own)):
        return ""
    names = ", ".join(dict.fromkeys(text(job.get("name")) for job in own))
    return f"GitHub skipped {names}, so nothing was deployed."


def _skipped(job: Document) -> bool:
    return job.get("conclusion") == "skipped"


def _pattern(job: WorkflowJob) -> re.Pattern[str]:
    """Return what a job's name on GitHub looks like, also in a matrix or a called workflow."""
    literal = EXPRESSION.split(job.name or job.key)
    return re.compile(rf"{'.*'.join(map(re.escape, literal))}( \(.*\))?( / .*)?", re.DOTALL)
