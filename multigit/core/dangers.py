"""What a push should not publish: litter, secrets, large files, pointers without their content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from shlex import quote

from multigit.core.problem import Problem, Severity
from multigit.core.snapshot import Change, Facts, Snapshot, WorkTree
from multigit.core.text import shortened
from multigit.core.workspace import PushRules, Repo
from multigit.hints import Hint

MEGABYTE = 1_000_000


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Tell whether a path matches; the last pattern that fits decides, `!` takes back.

    Shell patterns, without regard to case: one with a slash at its end stands for a folder
    anywhere, one with a slash elsewhere is held against the whole path, any other one against
    the file's name.
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
    """Tell whether --allow names this very path, or matches the whole of it."""
    return any(path == each or fnmatchcase(path, each) for each in allow)


def staged_litter(repo: Repo, work: WorkTree, rules: PushRules) -> Iterable[Problem]:
    """Report what is staged and never committed: `git commit` would take it along."""
    for change in work.changes:
        if matches(change.path, rules.ignore) and change.staged and change.kind != "deleted":
            yield Problem(
                "staged_litter",
                f"{change.path} is staged, and is never committed.",
                Hint.UNSTAGE.format(path=quote(repo.path), file=quote(change.path)),
                files=(change.path,),
            )


def dangerous(
    repo: Repo,
    snapshot: Snapshot,
    changes: Sequence[Change],
    rules: PushRules,
    allow: Sequence[str],
) -> Iterable[Problem]:
    """Report files that look like secrets, and files that are large, unless they are allowed.

    A secret that the branch has already is out: it warns. What a filter stores elsewhere is as
    small as its pointer.
    """
    for change in changes:
        if change.kind == "deleted" or allowed(change.path, allow):
            continue
        if matches(change.path, rules.secrets):
            yield (
                known_secret(repo, change)
                if change.kind == "modified"
                else Problem(
                    "secret_file",
                    f"{change.path} looks like a secret.",
                    f"Add it to .gitignore, or pass --allow {quote(change.path)}",
                    files=(change.path,),
                )
            )
        elif change.size > rules.max_file_size and change.path not in snapshot.carried:
            size, limit = change.size / MEGABYTE, rules.max_file_size / MEGABYTE
            yield Problem(
                "large_file",
                f"{change.path} is large: {size:.1f} MB, more than {limit:g} MB.",
                f"Add it to .gitignore, or pass --allow {quote(change.path)}",
                files=(change.path,),
            )


def known_secret(repo: Repo, change: Change) -> Problem:
    """Return the warning about a changed file that is tracked already."""
    path = quote(change.path)
    return Problem(
        "secret_file",
        f"{change.path} looks like a secret, and is in the branch already.",
        Hint.UNTRACK.format(path=quote(repo.path), file=path),
        Severity.WARN,
        files=(change.path,),
    )


def uploaded_by_nobody(repo: Repo, facts: Facts, paths: Iterable[str]) -> Iterable[Problem]:
    """Report files of which a push publishes pointers only, since no hook uploads the rest."""
    files = tuple(paths)
    if not files or (repo.hooks and facts.pre_push):
        return
    setting = f"add to multigit.toml below [repos.{repo.name}]: hooks = true"
    if not facts.pre_push:
        then = "" if repo.hooks else f"; then {setting}"
        hint = Hint.LFS_INSTALL.format(path=quote(repo.path), then=then)
        why = "there is no pre-push hook"
    else:
        hint = f"A{setting[1:]}"
        why = "multigit does not run the pre-push hook"
    one = len(files) == 1
    yield Problem(
        "content_not_uploaded",
        f"{shortened(files)} {'is' if one else 'are'} stored outside of git by a filter, and {why} "
        f"that uploads {'it' if one else 'them'}.",
        hint,
        files=files,
    )
