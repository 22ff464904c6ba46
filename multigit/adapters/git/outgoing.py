"""What a push would send: every version of every file that the remote lacks, also those in between.

A file that a later commit deletes is published anyway, with the commit that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from multigit.adapters.git.paths import SUBMODULE
from multigit.adapters.git.process import GitDoor
from multigit.core.values.work_tree import Outgoing


def read_outgoing(door: GitDoor, tip: str, remote: str) -> tuple[Outgoing, ...]:
    """Return the paths that are added or changed in commits that no branch of the remote has.

    Of a merge only those that differ from all its parents: the others came with the parents.
    """
    done = door.run(
        *("log", "-z", "--format=", "--raw", "-c", "--no-renames", "--no-abbrev"),
        *("--ignore-submodules=none", "--diff-filter=d"),
        *(tip, "--not", f"--remotes={remote}", "--"),
    )
    versions: dict[str, list[tuple[str, str]]] = {}
    for path, mode, sha in _versions(done.fields()):
        versions.setdefault(path, []).append((mode, sha))
    distinct = {version for of_path in versions.values() for version in of_path}
    sizes = _sizes(door, sorted(sha for mode, sha in distinct if mode != SUBMODULE))
    return tuple(
        Outgoing(
            path,
            max(sizes.get(sha, 0) for _, sha in of_path),
            pointer=any(mode == SUBMODULE for mode, _ in of_path),
        )
        for path, of_path in versions.items()
    )


def _versions(fields: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield path, mode and object of each entry, which has a colon, mode and object per parent."""
    remaining = iter(fields)
    for field in remaining:
        meta = field.lstrip("\n")
        parents = len(meta) - len(meta.lstrip(":"))
        if parents:
            words = meta[parents:].split(" ")
            yield next(remaining), words[parents], words[2 * parents + 1]


def _sizes(door: GitDoor, blobs: Sequence[str]) -> dict[str, int]:
    if not blobs:
        return {}
    names = "".join(f"{sha}\n" for sha in blobs).encode()
    answer = door.run("cat-file", "--batch-check=%(objectname) %(objectsize)", input=names).text
    rows = (line.split(" ") for line in answer.split("\n") if line)
    return {sha: int(size) for sha, size in rows if size.isdecimal()}
