"""What would keep a command from starting, and what its folder will lack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from multigit.core.values.deploy_config import CommandRunner
from multigit.core.values.deployment import DeploymentSpec
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.text import plural, shortened, visible
from multigit.core.values.work_tree import Gaps
from multigit.errors import MultigitError
from multigit.hints import Hint
from multigit.phrase import Phrase, marked

EXECUTABLE = "100755"
MOST_LINKS = 40  # followed for one path, as on Linux


@dataclass(frozen=True, slots=True)
class CommandPreflight:
    """Checks the commit that is to be exported."""

    mode_of: Callable[[str, str, str], str]  # repository, commit, path → "100755", "" if absent
    link_at: Callable[[str, str, str], str | None]  # … → a symlink's target, None if it is not one
    gaps_in: Callable[[str, str], Gaps]  # repository, commit
    typed: Callable[[str, str], str]  # repository, path → as a person types it here

    def check(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Check that the program exists, and warn of what its folder will lack."""
        return [*self._program(spec), *_gaps(self.gaps_in(spec.repo, spec.sha))]

    def _program(self, spec: DeploymentSpec) -> Sequence[Problem]:
        """Check that the program is on PATH, or in the commit."""
        program = command_of(spec)[0]
        if "/" not in program or Path(program).is_absolute():
            if shutil.which(program):
                return ()
            return [_missing(f"the command {visible(program)} was not found.")]
        path = program.removeprefix("./")
        file = _resolved(path, lambda link: self.link_at(spec.repo, spec.sha, link))
        if file is None:  # a file outside of the commit may exist when the command runs
            return ()
        mode = self.mode_of(spec.repo, spec.sha, file) if file else ""
        if not mode:
            return [_missing(f"{visible(path)} is not in the commit {spec.sha[:7]}.")]
        if mode != EXECUTABLE:
            hint = Hint.MAKE_EXECUTABLE.format(file=visible(self.typed(spec.repo, file)))
            return [Problem("command_not_executable", f"{visible(file)} is not executable.", hint)]
        return ()


def command_of(spec: DeploymentSpec) -> list[str]:
    """Return the program and its arguments, filled in."""
    if not isinstance(spec.runner, CommandRunner):
        raise MultigitError(f"{spec.repo} is not deployed by a command.")
    return [spec.fill(part) for part in spec.runner.command]


def _resolved(path: str, link_at: Callable[[str], str | None]) -> str | None:
    """Return a path in a commit with its symlinks followed; None if they lead out of it."""
    pending, resolved, links = path.split("/")[::-1], list[str](), 0
    while pending:
        part = pending.pop()
        if part == ".." and not resolved:
            return None
        if part == "..":
            resolved.pop()
        elif part not in {"", "."}:
            resolved.append(part)
            target = link_at("/".join(resolved))
            if target is None:
                continue
            links += 1
            if target.startswith("/") or links > MOST_LINKS:
                return None
            resolved.pop()
            pending += target.split("/")[::-1]
    return "/".join(resolved)


def _gaps(gaps: Gaps) -> Iterator[Problem]:
    """Yield warnings about what the folder will lack; the command may not need it."""
    if paths := gaps.submodules:
        folders = f"{plural(len(paths), 'submodule folder')} {'is' if len(paths) == 1 else 'are'}"
        code, hint = "submodules_not_exported", "let it clone the submodules itself."
        yield _gap(code, f"{folders} empty", hint, paths)
    if paths := gaps.pointers:
        files = "1 file is a pointer" if len(paths) == 1 else f"{len(paths)} files are pointers"
        code, hint = (
            "pointers_exported",
            marked("set up the filter on this machine: `git lfs install`"),
        )
        yield _gap(code, f"{files} without content", hint, paths)


def _gap(code: str, what: str, hint: str, paths: tuple[str, ...]) -> Problem:
    message = f"{what} where the command runs: {shortened(paths)}."
    hint = Phrase("If the command needs the content, ", hint)
    return Problem(code, message, hint, Severity.WARN, files=paths)


def _missing(sentence: str) -> Problem:
    return Problem(
        "command_missing", sentence, "Correct command in the deploy table, or add the program."
    )
