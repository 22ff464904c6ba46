"""The demo's world: five small services with real bare remotes, and a colleague."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from multigit.adapters.git.process import GitDoor, require_git
from multigit.adapters.git.transcript import Transcript
from multigit.errors import UsageError

SERVICES = ("database", "api", "user-frontend", "websocket", "worker")
DEPLOYED = ("database", "api", "worker")
STAGES = ("dev", "stg", "main")
CONFIG = """\
# The sandbox of `multigit demo`. Change what you like.

[workspace]
name = "shop"

[stages.dev]
branch = "dev"
confirm = "yes"

[stages.stg]
branch = "stg"
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"
confirm = "yes"

[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"
confirm = "name"
checklist = ["Staging is verified", "A roll-back plan exists"]
require_message = true
"""


class Sandbox:
    """A folder with `remotes/` and the workspace `shop/`, with real repositories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.shop = self.folder / "shop"
        self.remotes = self.folder / "remotes"
        self.servers = self.folder / "servers"

    @classmethod
    def build(cls, folder: Path) -> Sandbox:
        """Make the sandbox; raises UsageError if the folder is not empty."""
        require_git()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} is not empty.",
                hint="Name a folder that does not exist yet, or none.",
                code="folder_not_empty",
            )
        sandbox = cls(folder)
        sandbox.shop.mkdir(parents=True)
        for service in SERVICES:
            sandbox._add(service)
        repos = (
            f'\n[repos.{name}]\nurl = "{sandbox.remote(name).as_uri()}"\n' for name in SERVICES
        )
        (sandbox.shop / "multigit.toml").write_text(CONFIG + "".join(repos))
        return sandbox

    def deploy(self) -> None:
        """Configure deployments of three services to stg, the database before the other two."""
        for service in DEPLOYED:
            self.colleague(service, "dev", programs(), "feat: deploy")
        config = self.shop / "multigit.toml"
        text = config.read_text()
        for service in DEPLOYED[1:]:
            table = f"[repos.{service}]\n"
            text = text.replace(table, f'{table}after = ["database"]\n')
        ports = _free_ports(len(DEPLOYED))
        for service, port in zip(DEPLOYED, ports, strict=True):
            text += _tables(service, port, self.servers)
        config.write_text(text)

    def remote(self, service: str) -> Path:
        """Return the path of the service's bare repository."""
        return self.remotes / f"{service}.git"

    def write(self, service: str, files: Mapping[str, str]) -> None:
        """Change files in the workspace's clone of a service, as a developer does."""
        _write(self.shop / service, files)

    def colleague(self, service: str, branch: str, files: Mapping[str, str], message: str) -> None:
        """Commit and push as a colleague, from another clone."""
        desk = self.folder / "colleague" / service
        if not desk.exists():
            desk.parent.mkdir(exist_ok=True)
            self._clone(service, desk, "Grace Hopper")
        git = _door(desk)
        git.run("switch", "--quiet", branch)
        git.run("pull", "--quiet", "--ff-only")
        _write(desk, files)
        git.run("add", "--all")
        git.run("commit", "--quiet", "-m", message)
        git.run("push", "--quiet")

    def _add(self, service: str) -> None:
        remote, clone = self.remote(service), self.shop / service
        remote.mkdir(parents=True)
        _door(remote).run("init", "--quiet", "--bare", "--initial-branch=main")
        self._clone(service, clone, "Ada Lovelace")
        git = _door(clone)
        _write(
            clone, {"README.md": f"# {service}\n", "service.py": f'NAME = "{service}"\nPORT = 80\n'}
        )
        git.run("add", "--all")
        git.run("commit", "--quiet", "-m", f"chore: {service} begins")
        for stage in STAGES[:-1]:
            git.run("branch", stage)
        git.run("push", "--quiet", "origin", *STAGES)
        git.run("fetch", "--quiet")
        git.run("switch", "--quiet", "dev")
        git.run("branch", "--quiet", "--set-upstream-to=origin/dev")

    def _clone(self, service: str, folder: Path, name: str) -> None:
        url = self.remote(service).as_uri()
        _door(folder.parent).run("clone", "--quiet", "--", url, str(folder))
        door = _door(folder)
        door.run("config", "user.name", name)
        door.run("config", "user.email", f"{name.split(maxsplit=1)[0].lower()}@example.org")
        door.run("config", "commit.gpgSign", "false")
        door.run("config", "tag.gpgSign", "false")


def _door(folder: Path) -> GitDoor:
    return GitDoor(folder, timeout=60, transcript=Transcript())


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def programs() -> dict[str, str]:
    """Return the programs that deploy and serve each service, by file name."""
    here = resources.files(__package__)
    return {name: here.joinpath(name).read_text("utf-8") for name in ("deploy.py", "server.py")}


def _tables(service: str, port: int, servers: Path) -> str:
    """Return the tables for deploying a service to stg, to a folder of its own."""
    place = servers / service
    return f"""
[repos.{service}.deploy.stg]
runner = "command"
command = ["{sys.executable}", "deploy.py", "{place}", "{port}", "{{sha}}"]

[repos.{service}.health.stg]
url = "http://127.0.0.1:{port}/health"
json = "sha"
attempts = 3
interval = "1s"
"""


def _free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that are not in use."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports
