"""What every test shares: an environment in which nothing of the user's machine shows through."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.forge import Forge
from tests.support.gitenv import base_environment
from tests.support.seeds import FRESH
from tests.support.temporary import prefer_memory

prefer_memory()  # before pytest or a test makes the first folder
settings.register_profile(
    "multigit", deadline=None, database=None, print_blob=True, derandomize=not FRESH
)
settings.load_profile("multigit")

TESTS = Path(__file__).parent
# Repositories of a calling hook, identities, tokens, agents, proxies, editors, colors.
LEFTOVERS = re.compile(
    r"GIT_(?!PYTHON_).*|MULTIGIT_.*|GH_.*|GITHUB_.*|.*TOKEN.*|SSH_.*|GPG_.*|GNUPGHOME|XDG_.*"
    r"|.*_proxy|.*_PROXY|EMAIL|EDITOR|VISUAL|PAGER|LC_.*|LANGUAGE|NO_COLOR|FORCE_COLOR|CLICOLOR.*"
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """In a whole run, let each worker import another part of the modules first.

    To rewrite the assertions of a module takes several times as long as to import it, and what one
    worker has rewritten, the others only read.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker and [Path(each).resolve() for each in session.config.args] == [TESTS]:
        modules = sorted(TESTS.rglob("test_*.py"))
        for module in modules[int(worker) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]:
            with suppress(Exception, pytest.skip.Exception):  # it is reported at the collection
                import_module(".".join(module.relative_to(TESTS.parent).with_suffix("").parts))


def isolate(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Give this process, and whatever it starts, `home` as HOME and nothing else of a user's."""
    for name in [name for name in os.environ if LEFTOVERS.fullmatch(name)]:
        monkeypatch.delenv(name)
    for name, value in base_environment(home).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate every test; they share a HOME that they must not write to (see `home`)."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        isolate(monkeypatch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a HOME for this test alone, with a `.gitconfig` that it may change."""
    isolate(monkeypatch, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def forge(tmp_path: Path, home: Path) -> Forge:
    """Return an empty forge; the test's own process sees the same HOME as `forge.run`."""
    assert home == tmp_path / "home"
    return Forge(tmp_path)
