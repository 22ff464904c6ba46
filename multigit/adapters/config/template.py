"""The commented configuration that multigit init writes for the repositories that it found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from multigit.adapters.config.discovery import CANDIDATES
from multigit.adapters.config.rules import folded
from multigit.adapters.config.values import check_path, check_url, dotted, is_ref, quoted
from multigit.core.values.found_repo import FoundRepo
from multigit.core.values.remote_url import without_credentials
from multigit.core.values.text import masked, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def render_config(name: str, found: Sequence[FoundRepo]) -> str:
    """Return a commented `multigit.toml`; it is valid if there is at least one repository.

    Credentials in URLs are left out, and so is a repository whose path cannot be written.
    """
    remotes = Counter(repo.remote for repo in found if is_ref(repo.remote))
    remote = remotes.most_common(1)[0][0] if remotes else "origin"
    chosen = _chosen_branches(found)
    lines = [
        "# A multigit workspace: its stages and its repositories. Change what does not fit,",
        "# then run: multigit config check",
        "",
        "[workspace]",
        f"name = {quoted(visible(name).strip() or 'workspace')}",
        f"remote = {quoted(remote)}",
        '# timezone = "UTC"  # of the timestamps in tag names',
        "# jobs = 8  # how many repositories to work on at the same time",
        '# log = "deployment.log"',
        "",
        "# The stages, a branch each. promotes_from names the stage that commits come from.",
        *_stages(chosen),
        "",
        "# The repositories, in the order of all tables.",
        "# groups select several of them at once: multigit status -g backend.",
    ]
    for repo in found:
        lines += ["", *_repository(repo, found, remote, chosen)]
    return "\n".join((*lines, ""))


def _chosen_branches(found: Sequence[FoundRepo]) -> dict[str, str]:
    """Return, by stage, the branch that most repositories have; no stage without a branch."""
    counts = Counter(branch for repo in found for branch in repo.branches)
    chosen = {
        stage: max(branches, key=counts.__getitem__) for stage, branches in CANDIDATES.items()
    }
    existing = {stage: branch for stage, branch in chosen.items() if counts[branch]}
    return existing or chosen


def _stages(chosen: Mapping[str, str]) -> Iterator[str]:
    rules = {
        "dev": ('# confirm = "yes"  # none: no question, yes: y/N, name: type the stage\'s name',),
        "stg": ('tag = "stg-deploy-{timestamp}"', 'confirm = "yes"'),
        "main": (
            'tag = "deploy-{timestamp}"',
            'confirm = "name"',
            "require_message = true",
            '# checklist = ["Staging is verified", "A roll-back plan exists"]',
        ),
    }
    before = ""
    for stage, candidates in CANDIDATES.items():
        yield ""
        if stage not in chosen:
            yield f"# There is no stage {stage}: no branch {' or '.join(candidates)} was found."
            continue
        yield f"[stages.{stage}]"
        yield f"branch = {quoted(chosen[stage])}"
        if before:
            yield f"promotes_from = {quoted(before)}"
        yield from rules[stage]
        before = stage


def _repository(
    repo: FoundRepo, found: Sequence[FoundRepo], remote: str, chosen: Mapping[str, str]
) -> Iterator[str]:
    if reason := _unfit(repo, found):
        yield f"# Left out: {visible(repo.path)} {reason}"
        return
    yield f"[{dotted('repos', repo.name)}]"
    yield f"path = {quoted(repo.path)}"
    yield from _url(repo.url)
    if repo.note:
        yield f"# Note: {visible(masked(repo.note))}"
    if repo.remote and repo.remote != remote:
        fits = is_ref(repo.remote)
        yield f"remote = {quoted(repo.remote)}" if fits else f"# Its remote: {visible(repo.remote)}"
    if repo.pushed_to:
        yield f"# Its clone pushes to {visible(masked(repo.pushed_to))}, which multigit refuses"
        yield "# unless push_url names it here."
    if repo.branches or not repo.note:
        yield from _own_branches(repo, chosen)


def _unfit(repo: FoundRepo, found: Sequence[FoundRepo]) -> str:
    """Return why the configuration cannot contain this path, or empty."""
    first = next(other for other in found if folded(other.path) == folded(repo.path))
    if first is not repo:
        return f"differs from {visible(first.path)} only in case."
    try:
        check_path(repo.path)
    except ValueError:
        return "cannot be written in this file."
    return ""


def _url(url: str) -> Iterator[str]:
    plain = without_credentials(url)
    if plain != url:
        yield f"# The clone's URL contains credentials: {visible(masked(url))}"
        yield "# They do not belong in this file; keep them in a credential helper."
    try:
        yield f"url = {quoted(check_url(plain))}"
    except ValueError:
        yield '# url = "git@github.com:group/name.git"  # multigit pull clones what is missing'


def _own_branches(repo: FoundRepo, chosen: Mapping[str, str]) -> Iterator[str]:
    """Yield the branches that differ from those of the stages, and comments about missing ones."""
    own, missing = dict[str, str](), list[str]()
    for stage, branch in chosen.items():
        others = [other for other in CANDIDATES[stage] if other in repo.branches]
        if branch in others:
            continue
        if len(others) == 1:
            own[stage] = others[0]
        else:
            missing.append(stage)
            instead = f", but {' and '.join(others)}" if others else ""
            yield f"# It has no branch {branch}{instead}."
    if own:
        branches = ", ".join(f"{stage} = {quoted(branch)}" for stage, branch in own.items())
        yield f"branches = {{{branches}}}"
    there = ", ".join(quoted(stage) for stage in chosen if stage not in missing)
    if missing and there:
        yield f"# If it has no stage {' and no stage '.join(missing)}, add: stages = [{there}]"
