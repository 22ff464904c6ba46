"""Finding copies of commits that are in the common history, with the patches that git shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from multigit.adapters.git.commits import Listed
from multigit.adapters.git.process import GitDoor
from multigit.core.lineage.copies import Patch, Patched, originals, still_there
from multigit.core.values.commits import Tip

FEW = 200  # commits that are looked for at once
LONG = 100  # characters of a subject: the system limits what a command takes

_LOG = (
    *("log", "--topo-order", "--no-show-signature", "--no-renames", "--no-notes", "--no-color"),
    *("--no-relative", "--no-ext-diff", "--no-textconv", "--submodule=short", "--full-index"),
    *("--ignore-submodules=none", "--unified=3", "--inter-hunk-context=0", "--no-prefix"),
    *("--diff-merges=separate", "--patch", "--format=%x00%H%x00%an%x00%at%x00%s"),
)


def read_copies(
    door: GitDoor, ours: Tip, listed: Sequence[Listed], left: Sequence[Listed]
) -> frozenset[str]:
    """Return which commits of `left` are copies of what `ours` has and did not take back.

    `listed` are the commits that `ours` lacks, and those that they build on. No process where
    `left` builds on the newest of these; one where it does not; a second one for what was found.
    """
    suspects, fork = _suspects(listed, left)
    if not suspects:
        return frozenset()
    subjects = sorted({each.commit.subject[:LONG] for each in suspects})
    range_ = (*(each.sha for each in suspects), ours.sha, f"^{fork}", "--")
    named = ("--fixed-strings", *(f"--grep={subject}" for subject in subjects))
    done = door.run(*_LOG, "--no-merges", *named, *range_)
    found = originals([*_patched(done.text)], {each.sha for each in suspects})
    if not found:
        return frozenset()
    paths = sorted({path for each in found.values() for path in each.patches})
    literal = [f":(top,literal){path}" for path in paths]
    history = [*_patched(door.run(*_LOG, ours.sha, f"^{fork}", "--", *literal).text)]
    return frozenset(sha for sha, original in found.items() if still_there(original, history))


def _suspects(listed: Sequence[Listed], left: Sequence[Listed]) -> tuple[list[Listed], str]:
    """Return what began before the newest commit that is in both histories, and where it did."""
    times = {each.sha: each.commit.time for each in listed if not each.own}
    began: dict[str, str] = {sha: sha for sha in times}
    for each in reversed(listed):
        known = [began[parent] for parent in each.parents if parent in began]
        if each.own and known:
            began[each.sha] = max(known, key=lambda sha: times[sha])
    newest = max(times.values(), default=0)
    suspects = [
        each
        for each in left
        if each.sha in began and times[began[each.sha]] < newest and each.commit.subject
    ]
    if not suspects or len(suspects) > FEW:
        return [], ""
    return suspects, min((began[each.sha] for each in suspects), key=lambda sha: times[sha])


def _patched(text: str) -> Iterator[Patched]:
    """Read commits and their patches; one with a path that git quotes counts as without any."""
    head: tuple[str, ...] = ()
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("\0"):
            if head:
                yield _commit(head, lines)
            head, lines = tuple(line.split("\0")[1:]), []
        else:
            lines.append(line)
    if head:
        yield _commit(head, lines)


def _commit(head: Sequence[str], lines: Iterable[str]) -> Patched:
    """Read one commit: each path begins with `diff --git`, which no line of a content does."""
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
    return Patched(head[0], tuple(head[1:]), {path: _patch(each) for path, each in patches.items()})


def _patch(lines: Sequence[str]) -> Patch:
    """Read the patch of one path: numbers of lines are left out, and ids where there are lines."""
    index = next((line for line in lines if line.startswith("index ")), "index ..").split(" ")[1]
    before, _, after = index.partition("..")
    start = next((at for at, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    head = [line for line in lines[:start] if line.startswith(("old ", "new ", "deleted "))]
    body = ["@@" if line.startswith("@@ ") else line for line in lines[start:]]
    return Patch(before, after, (*head, *(body or [f"{before} {after}"])))
