"""The content of files, by their object names, in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from multigit.adapters.git.process import GitDoor


def read_blobs(door: GitDoor, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each of these objects, which exist, with its content."""
    wanted = "".join(f"{name}\n" for name in names).encode()
    answer = door.run("cat-file", "--batch", input=wanted).stdout if wanted else b""
    at = 0
    while at < len(answer):
        start = answer.index(b"\n", at) + 1
        sha, _, size = answer[at : start - 1].decode().partition(" blob ")
        at = start + int(size) + 1
        yield sha, answer[start : at - 1]
