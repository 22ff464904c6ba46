"""Read what multigit answers, and run multigit at a terminal with a user in front of it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import launch
from tests.support.forge import Forge, ForgeRepo
from tests.support.programs import program
from tests.support.snapshot import Snapshot, differences, of_workspace
from tests.support.terminal import Terminal

MULTIGIT = launch.MULTIGIT
DONE, FAILED, USAGE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130
PATIENCE = 20.0
QUESTION, NAME_QUESTION = "Continue?", "Type main"
MESSAGE_QUESTION = "Message for main"

Document = dict[str, Any]


def rows(document: Document) -> dict[str, Document]:
    """Return what the document says about each repository, by name."""
    return {row["repo"]: row for row in document["repos"]}


def states(document: Document) -> dict[str, str]:
    """Return the state of each repository."""
    return {row["repo"]: row["state"] for row in document["repos"]}


def codes(document: Document) -> list[str]:
    """Return the codes of the problems of a document or of one of its rows."""
    return [problem["code"] for problem in document["problems"]]


def told(document: Document) -> str:
    """Return the messages and hints of all problems in the document and in its rows."""
    found = [*document["problems"], *(p for row in document["repos"] for p in row["problems"])]
    return "\n".join(f"{problem['message']} {problem['hint']}" for problem in found)


def at_terminal(
    forge: Forge,
    *args: str,
    env: Mapping[str, str] | None = None,
    rows: int = 40,
    cols: int = 80,
) -> Terminal:
    """Start multigit at a terminal in the workspace folder."""
    environment = {**forge.env, **(env or {})}
    return Terminal([*MULTIGIT, *args], forge.shop, environment, rows, cols, timeout=PATIENCE)


def tick_and_name(terminal: Terminal) -> None:
    """Check off both items of the checklist, and type the stage's name."""
    terminal.expect("A roll-back plan exists")
    for key in ("space", "down", "space", "enter"):
        terminal.send_key(key)
    terminal.expect(NAME_QUESTION)
    terminal.send_line("main")


def asked_for_json(forge: Forge, *args: str) -> Terminal:
    """Start multigit at a terminal with its document written to a file; see `answered`."""
    argv = [*MULTIGIT, *args, "--json"]
    with (forge.root / "answer.json").open("wb") as answer:
        return Terminal(argv, forge.shop, forge.env, timeout=PATIENCE, stdout=answer)


def answered(forge: Forge) -> Document:
    """Return the document of `asked_for_json`."""
    document = json.loads((forge.root / "answer.json").read_text())
    assert isinstance(document, dict)
    return document


def in_shell(
    forge: Forge, script: str, env: Mapping[str, str] | None = None, *, anew: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a shell script without a terminal; `$MULTIGIT` starts multigit, see `for_shells`."""
    return subprocess.run(
        ["sh", "-c", script],
        cwd=forge.shop,
        env=launch.for_shells({**forge.env, **(env or {})}, anew=anew),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="surrogateescape",
        start_new_session=True,
        timeout=60,
    )


def hook(path: Path, script: str) -> Path:
    """Write an executable hook."""
    return program(path, script)


def count_pushes(repo: ForgeRepo) -> Callable[[], list[list[str]]]:
    """Record every push on the remote; return a function that lists the refs of each push."""
    notes = repo.bare / "pushes"
    script = f'{{ while read old new ref; do printf "%s " "$ref"; done; echo; }} >>"{notes}"'
    hook(repo.bare / "hooks/post-receive", script)
    return lambda: [sorted(line.split()) for line in notes.read_text().splitlines()]


@contextmanager
def pushing_slowly(repo: ForgeRepo) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Let the remote hold every push in its update hook.

    Yields two functions: one waits until a push has reached the hook, the other releases it.
    """
    came, go = repo.bare / "came", repo.bare / "go"
    wait = f'touch "{came}"; n=0; while [ ! -e "{go}" ] && [ $n -lt 400 ]'
    hook(repo.bare / "hooks/update", f"{wait}; do sleep 0.05; n=$((n + 1)); done")
    try:
        yield (lambda: wait_for(came)), go.touch
    finally:
        go.touch()


def wait_for(path: Path) -> None:
    """Wait until the file exists."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.01)


@contextmanager
def meanwhile(work: Callable[[], Document]) -> Iterator[Future[Document]]:
    """Run multigit in parallel with the block."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


def workspace(forge: Forge) -> Snapshot:
    """Return a snapshot of everything that belongs to the user on this machine."""
    return of_workspace(forge.shop, [repo.clone for repo in forge.repos.values()])


@contextmanager
def only_following(forge: Forge, *branches: str) -> Iterator[None]:
    """Assert that nothing in the workspace changes except these local branches."""
    before = workspace(forge)
    yield
    after = workspace(forge)
    free = tuple(f"refs/heads/{name}:" for name in branches)
    changed = differences(before, after)
    assert [fact for fact in changed if not any(part in fact for part in free)] == []


def merge_facts(repo: ForgeRepo, branch: str) -> tuple[list[str], str]:
    """Return the parents and the tree of a branch's tip on the remote."""
    parents, tree = repo.remote_git("log", "-1", "--format=%P|%T", branch).split("|")
    return parents.split(), tree


def subject(repo: ForgeRepo, branch: str) -> str:
    """Return the subject of the commit at a branch's tip on the remote."""
    return repo.remote_git("log", "-1", "--format=%s", branch)


def is_clean(repo: ForgeRepo) -> bool:
    """Return whether the clone is clean and its dev is where the remote's is."""
    return repo.git("status", "--porcelain") == "" and repo.git("rev-parse", "dev") == repo.tip(
        "dev"
    )
