"""What a push should not publish: litter, secrets, large files, pointers without content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from shlex import quote

from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.text import pathspec, shortened
from multigit.core.values.work_tree import Change, WorkTree
from multigit.core.values.workspace import Repo, Stage
from multigit.hints import Hint
from multigit.phrase import Phrase, phrase

MEGABYTE = 1_000_000


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path matches; the last pattern that fits decides, `!` excludes.

    These are shell patterns, without regard to case. One that ends with a slash matches a folder at
    any depth, one with a slash elsewhere matches the whole path, and any other one the file's name.
    """
    found = False
    whole = PurePosixPath(path.lower())
    for pattern in patterns:
        glob = pattern.removeprefix("!").lower()
        if glob.endswith("/"):
            fits = any(fnmatchcase(part, glob[:-1]) for part in whole.parts[:-1])
        else:
            fits = fnmatchcase(str(whole) if "/" in glob else whole.name, glob)
        if fits:
            found = not pattern.startswith("!")
    return found


def allowed(path: str, allow: Iterable[str]) -> bool:
    """Return whether --allow names this exact path, or matches the whole of it."""
    return any(path == each or fnmatchcase(path, each) for each in allow)


def staged_litter(repo: Repo, work: WorkTree, rules: PushRules) -> Iterable[Problem]:
    """Report staged files that multigit never commits: `git commit` would include them."""
    for change in work.changes:
        if matches(change.path, rules.ignore) and change.staged and change.kind != "deleted":
            yield Problem(
                "staged_litter",
                f"{change.path} is staged, but multigit never commits it.",
                Hint.UNSTAGE.format(path=repo.typed(), file=pathspec(change.path)),
                files=(change.path,),
            )


def looks_secret(paths: Iterable[str], rules: PushRules) -> bool:
    """Return whether any of these paths looks like a secret."""
    return any(matches(path, rules.secrets) for path in paths)


def dangerous(
    repo: Repo,
    snapshot: Snapshot,
    changes: Sequence[Change],
    rules: PushRules,
    allow: Sequence[str],
) -> Iterable[Problem]:
    """Report files to commit that look like secrets or are large, unless they are allowed.

    A secret that the remote already has is only a warning, since it has leaked. A file that a
    filter stores elsewhere is not large: the commit has only its pointer.
    """
    for change in changes:
        if change.kind == "deleted" or allowed(change.path, allow):
            continue
        way_out = _left_out(repo, change)
        if matches(change.path, rules.secrets):
            if change.kind == "modified" and change.path in snapshot.published:
                yield known_secret(repo, snapshot, change.path)
            else:
                yield secret(change.path, "", way_out)
        elif change.size > rules.max_file_size and change.path not in snapshot.carried:
            yield large(change.path, change.size, rules, "", way_out)


def _left_out(repo: Repo, change: Change) -> str:
    """Return how to leave a file out of the commit; .gitignore has no effect on tracked files."""
    if change.kind == "untracked":
        return phrase("Add it to .gitignore, or pass `--allow {file}`", file=quote(change.path))
    return _untracked(repo, change.path)


def _untracked(repo: Repo, path: str) -> str:
    return Hint.UNTRACK.format(path=repo.typed(), file=pathspec(path), allowed=quote(path))


def dangerous_commits(
    repo: Repo, stage: Stage, snapshot: Snapshot, rules: PushRules, allow: Sequence[str]
) -> Iterable[Problem]:
    """Report such files in unpushed commits.

    A file that one of them adds is published even if a later one deletes it.
    """
    for each in snapshot.outgoing:
        if each.pointer or allowed(each.path, allow):
            continue
        if matches(each.path, rules.secrets):
            yield committed_secret(repo, stage, snapshot, each.path)
        elif each.size > rules.max_file_size:
            way_out = out_of_commits(repo, stage, snapshot, each.path)
            yield large(each.path, each.size, rules, ", in an unpushed commit", way_out)


def secret(path: str, where: str, way_out: str, severity: Severity = Severity.BLOCK) -> Problem:
    """Return the problem of a file that looks like a secret; `where` ends its sentence."""
    message = f"{path} looks like a secret{where}."
    return Problem("secret_file", message, way_out, severity, files=(path,))


def large(path: str, size: int, rules: PushRules, where: str, way_out: str) -> Problem:
    """Return the problem of a large file; `where` ends its sentence."""
    sizes = f"{size / MEGABYTE:.1f} MB, more than {rules.max_file_size / MEGABYTE:g} MB"
    return Problem("large_file", f"{path} is large: {sizes}{where}.", way_out, files=(path,))


def known_secret(repo: Repo, snapshot: Snapshot, path: str) -> Problem:
    """Return the warning about a changed file that is already published.

    A pull after what the hint says would undo it: the autostash tracks the file again.
    """
    way_out = f"{'Pull first. ' if snapshot.behind else ''}{_untracked(repo, path)}"
    return secret(path, ", and is already on the remote", way_out, Severity.WARN)


def committed_secret(repo: Repo, stage: Stage, snapshot: Snapshot, path: str) -> Problem:
    """Return the problem of a secret in unpushed commits.

    It is only a warning if the remote has an earlier version of the file. Then the file itself has
    to be untracked, or the next push would commit it from the work tree.
    """
    if path not in snapshot.published:
        way_out = out_of_commits(repo, stage, snapshot, path)
        return secret(path, ", and is in an unpushed commit", way_out)
    way_out = out_of_commits(repo, stage, snapshot, path, Hint.UNCOMMIT_TRACKED)
    where = ", is already on the remote, and is changed by an unpushed commit"
    return secret(path, where, way_out, Severity.WARN)


def out_of_commits(
    repo: Repo, stage: Stage, snapshot: Snapshot, path: str, command: Hint = Hint.UNCOMMIT
) -> str:
    """Return how to remove a file from unpushed commits.

    There is a command only if these can be squashed without loss: the branch is checked out and has
    all that is published, they all build on one published commit, and none is a merge. A pull would
    rebase them onto another commit.
    """
    by_hand = phrase(
        "it from the unpushed commits of {branch}, or pass `--allow {file}`",
        branch=stage.branch,
        file=quote(path),
    )
    if snapshot.behind:
        return Phrase("Pull first, then remove ", by_hand)
    commits, work = snapshot.unpushed, snapshot.work
    new = snapshot.refs.branch(stage.branch).remote is None
    straight = len(commits.forks) == 1 and (new or commits.commits == snapshot.ahead)
    if not (work and work.branch == stage.branch and not work.unfinished and straight):
        return Phrase("Remove ", by_hand)
    commit = commits.forks[0].sha[:7]
    return command.format(
        path=repo.typed(), commit=commit, file=pathspec(path), allowed=quote(path)
    )


def missing_uploads(repo: Repo, facts: CloneFacts, paths: Iterable[str]) -> Iterable[Problem]:
    """Report files of which a push would publish only pointers, since no hook uploads them."""
    files = tuple(paths)
    if not files or (repo.hooks and facts.pre_push):
        return
    setting = f"add to multigit.toml below [repos.{repo.name}]: hooks = true"
    if not facts.pre_push:
        then = "" if repo.hooks else f"; then {setting}"
        hint: str = Hint.LFS_INSTALL.format(path=repo.typed(), then=then)
        why = "there is no pre-push hook to upload"
    else:
        hint = f"A{setting[1:]}"
        why = "multigit does not run the pre-push hook that uploads"
    one = len(files) == 1
    yield Problem(
        "content_not_uploaded",
        f"{shortened(files)} {'is' if one else 'are'} stored outside git by a filter, but {why} "
        f"{'it' if one else 'them'}.",
        hint,
        files=files,
    )
