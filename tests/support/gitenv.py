"""Running the real git with nothing of the user's machine showing through."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTITY = "Ada Lovelace <ada@example.org>"
GIT_TIMEOUT = 120.0

# Everything else is dropped: GIT_* of a calling hook, tokens, proxies, agents, editors.
_KEPT = ("PATH", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START")

# The two default formats keep a future git on the storage that `refs.read_refs` reads. Without
# autogc a remote starts no git after each push only to find that there is nothing to clean up.
_GLOBAL_CONFIG = """\
[user]
\tname = Ada Lovelace
\temail = ada@example.org
[init]
\tdefaultBranch = main
\tdefaultObjectFormat = sha1
\tdefaultRefFormat = files
[protocol "file"]
\tallow = always
[receive]
\tautogc = false
"""

# A support command is not under test: it runs no hooks and starts nothing in the background.
_QUIET = (
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.fsync=none",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
)


class GitFailedError(subprocess.CalledProcessError):
    """A git command of the test support failed; the message includes git's output."""

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.stdout}{self.stderr}"


def base_environment(home: Path) -> dict[str, str]:
    """An environment with `home` as HOME, a known identity, no token and no prompt.

    Creates `home` and writes `home/.gitconfig`.
    """
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    config.write_text(_GLOBAL_CONFIG, encoding="utf-8")
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "80",
    }


@functools.cache
def _default_environment() -> dict[str, str]:
    home = Path(tempfile.mkdtemp(prefix="git-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return base_environment(home)


def default_environment() -> dict[str, str]:
    """`base_environment` with a HOME that lasts as long as this process."""
    return dict(_default_environment())


def run_git(
    cwd: Path,
    *args: str,
    input: str | bytes | None = None,  # noqa: A002 - named as in subprocess
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run git in `cwd`; text is UTF-8, other bytes survive as surrogate escapes."""
    done = subprocess.run(
        ["git", *_QUIET, *args],
        cwd=cwd,
        env=_default_environment() if env is None else env,
        check=False,
        capture_output=True,
        timeout=GIT_TIMEOUT,
        input=b"" if input is None else as_bytes(input),
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, as_text(done.stdout), as_text(done.stderr)
    )


def git(
    cwd: Path,
    *args: str,
    input: str | bytes | None = None,  # noqa: A002 - named as in subprocess
    check: bool = True,
    env: Mapping[str, str] | None = None,
) -> str:
    """The output of a git command, without its last newline.

    Without `env` it runs in `default_environment()`. Raises GitFailedError for a status other
    than 0, unless `check` is off. Hooks, fsmonitor, gc and fsync are off.
    """
    done = run_git(cwd, *args, input=input, env=env)
    if check and done.returncode:
        raise GitFailedError(done.returncode, done.args, done.stdout, done.stderr)
    return done.stdout.removesuffix("\n")


def init(
    path: Path, *, bare: bool = False, head: str = "main", object_format: str = "sha1"
) -> Path:
    """Create an empty repository without starting a process, and return its git directory.

    `git init` runs once per process, so that the settings fit the file system.
    """
    git_dir = path if bare else path / ".git"
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info", "hooks"):
        (git_dir / folder).mkdir(parents=True, exist_ok=True)
    (git_dir / "config").write_bytes(_probed_config(object_format, bare=bare))
    (git_dir / "HEAD").write_text(f"ref: refs/heads/{head}\n", encoding="utf-8")
    return git_dir


@functools.cache
def _probed_config(object_format: str, *, bare: bool) -> bytes:
    options = ("--quiet", "--template=", f"--object-format={object_format}")
    with tempfile.TemporaryDirectory() as folder:
        git(Path(folder), "init", *options, *(("--bare",) if bare else ()))
        return (Path(folder) / ("config" if bare else ".git/config")).read_bytes()


def as_text(data: bytes) -> str:
    """Bytes of a path, a file or an output as text, which `as_bytes` turns back exactly."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str | bytes) -> bytes:
    """The bytes of `text`; the reverse of `as_text`."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
