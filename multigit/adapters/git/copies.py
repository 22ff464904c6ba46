"""The search for copies of commits in the common history, by the patches that git shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from multigit.adapters.git.commits import Listed
from multigit.adapters.git.paths import literal
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.copies import Patch, Patched, originals, still_there
from multigit.core.values.commits import Tip

FEW = 200  # commits; copies of more are not searched for
LONG = 100  # characters of a subject: the system limits how long a command may be

_LOG = (
    *("log", "--topo-order", "--no-show-signature", "--no-renames", "--no-notes", "--no-color"),
    *("--no-relative", "--no-ext-diff", "--no-textconv", "--submodule=short", "--full-index"),
    *("--ignore-submodules=none", "--unified=3", "--inter-hunk-context=0", "--no-prefix"),
    *("--diff-merges=separate", "--patch", "--format=%x00%H%x00%an%x00%at%x00%s"),
)


def read_copies(
    door: GitDoor, ours: Tip, listed: Sequence[Listed], lacking: Sequence[Listed]
) -> frozenset[str]:
    """Return which `lacking` commits are copies of what `ours` has and did not revert.

    `listed` are the commits that `ours` lacks, and those that they build on. No process if the
    lacking ones build on the newest of these; else one, and a second one if there are originals.
    """
    suspects, fork = _suspects(listed, lacking)
    if not suspects:
        return frozenset()
    subjects = sorted({suspect.commit.subject[:LONG] for suspect in suspects})
    range_ = (*(suspect.sha for suspect in suspects), ours.sha, f"^{fork}", "--")
    named = ("--fixed-strings", *(f"--grep={subject}" for subject in subjects))
    done = door.run(*_LOG, "--no-merges", *named, *range_)
    by_copy = originals([*_patched(done.text)], {suspect.sha for suspect in suspects})
    if not by_copy:
        return frozenset()
    paths = sorted({path for original in by_copy.values() for path in original.patches})
    history = [*_patched(door.run(*_LOG, ours.sha, f"^{fork}", "--", *literal(paths)).text)]
    return frozenset(sha for sha, original in by_copy.items() if still_there(original, history))


def _suspects(listed: Sequence[Listed], lacking: Sequence[Listed]) -> tuple[list[Listed], str]:
    """Return what began before the newest commit of both histories, and the oldest fork of it."""
    times = {base.sha: base.commit.time for base in listed if not base.own}
    fork_of: dict[str, str] = {sha: sha for sha in times}
    for commit in reversed(listed):
        forks = [fork_of[parent] for parent in commit.parents if parent in fork_of]
        if commit.own and forks:
            fork_of[commit.sha] = max(forks, key=lambda sha: times[sha])
    newest = max(times.values(), default=0)
    suspects = [
        each
        for each in lacking
        if each.sha in fork_of and times[fork_of[each.sha]] < newest and each.commit.subject
    ]
    if not suspects or len(suspects) > FEW:
        return [], ""
    return suspects, min((fork_of[suspect.sha] for suspect in suspects), key=lambda sha: times[sha])


def _patched(text: str) -> Iterator[Patched]:
    """Read commits and their patches; none for a commit with a path that git quotes."""
    for record in f"\n{text}".split("\n\0")[1:]:
        head, *lines = record.split("\n")
        yield _commit(head.split("\0"), lines)


def _commit(head: Sequence[str], lines: Iterable[str]) -> Patched:
    """Read one commit: each path begins with `diff --git`, as no line of a content does."""
    patches: dict[str, list[str]] = {}
    inside: list[str] = []
    for line in lines:
        if line.startswith("diff --git "):
            names = line.removeprefix("diff --git ")
            if names.startswith('"'):
                return Patched(head[0], tuple(head[1:]))
            inside = patches.setdefault(names[: len(names) // 2], [])
        elif line:
            inside.append(line)
    parsed = {path: _patch(patch) for path, patch in patches.items()}
    return Patched(head[0], tuple(head[1:]), parsed)


def _patch(lines: Sequence[str]) -> Patch:
    """Read the patch of one path, without line numbers, and without ids if it has lines."""
    index = next((line for line in lines if line.startswith("index ")), "index ..").split(" ")[1]
    before, _, after = index.partition("..")
    start = next((at for at, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    head = [line for line in lines[:start] if line.startswith(("old ", "new ", "deleted "))]
    body = ["@@" if line.startswith("@@ ") else line for line in lines[start:]]
    return Patch(before, after, (*head, *(body or [f"{before} {after}"])))
