"""multigit demo: the main job on a sandbox, with every command shown before it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multigit import errors
from multigit.cli import options as o

if TYPE_CHECKING:
    from multigit.adapters.demo.sandbox import Sandbox
    from multigit.ui.screen import Screen


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", help="An empty or new folder; a temporary one if left out."
        ),
    ] = None,
    no_color: o.NoColor = False,
) -> int:
    """Build five services with real remotes in a sandbox and release them, step by step.

    Nothing outside of the sandbox is touched. It stays, so that you can go on from there.

    Examples:
      multigit demo
      multigit demo /tmp/shop
    """
    import tempfile

    from multigit.adapters.demo.sandbox import Sandbox
    from multigit.ui.screen import Screen

    screen = Screen(color=not no_color)
    where = folder or Path(tempfile.mkdtemp(prefix="multigit-demo-"))
    story = Story(Sandbox.build(where), screen, ["--no-color"] if no_color else [])
    story.tell()
    return errors.OK


class Story:
    """The demo's plot: each scene changes something or runs one real command."""

    def __init__(self, sandbox: Sandbox, screen: Screen, extra: list[str]) -> None:
        self._sandbox = sandbox
        self._screen = screen
        self._extra = extra

    def tell(self) -> None:
        """Run the main job from the first look to the log."""
        sandbox, say = self._sandbox, self._say
        say(f"Five services with real remotes now lie in {sandbox.folder}.")
        sandbox.colleague("worker", "dev", {"retry.py": "TRIES = 3\n"}, "feat: retry failed jobs")
        self._run("status")
        say("You change two services on dev, and push both with one command.")
        sandbox.write("api", {"orders.py": "ORDER_BY = 'date'\n"})
        sandbox.write("user-frontend", {"orders.html": "<h1>Orders by date</h1>\n"})
        self._run("push", "dev", "-m", "feat: orders by date", "--yes")
        say("Everything that waits on dev goes to staging: one plan for all repositories.")
        self._run("promote", "dev", "stg", "--yes")
        say("Production asks for the stage's name. A script gives it beforehand.")
        self._run("promote", "stg", "main", "-m", "release: orders by date", "--confirm", "main")
        say("An emergency: you fix it on main, and push.")
        self._run("pull", "main", "--switch", "-r", "api")
        sandbox.write("api", {"service.py": 'NAME = "api"\nPORT = 80\nTIMEOUT = 30\n'})
        self._run("push", "main", "-m", "hotfix: time-out on upload", "--confirm", "main")
        say("The fix has to reach the other stages, or the next release would lose it.")
        self._run("backmerge", "main", "--yes")
        say("Meanwhile two colleagues change the same line of websocket, on dev and on stg.")
        for branch, port in (("dev", 8080), ("stg", 9090)):
            content = f'NAME = "websocket"\nPORT = {port}\n'
            self._sandbox.colleague("websocket", branch, {"service.py": content}, f"port {port}")
        sandbox.colleague("worker", "dev", {"retry.py": "TRIES = 5\n"}, "feat: five tries")
        self._run("status")
        self._deployments()
        self._run("log")
        self._farewell()

    def _deployments(self) -> None:
        """Promote with deployments: two waves, a health check that fails, and going on."""
        from multigit.adapters.demo.sandbox import DEPLOYED

        sandbox, say = self._sandbox, self._say
        say("From now on staging is deployed, too: the database first, then all that need it.")
        sandbox.deploy()
        chosen = [word for name in DEPLOYED for word in ("-r", name)]
        say("This time the staging database's disk is full, and its health check tells.")
        trouble = sandbox.servers / "database" / "full-disk"
        trouble.parent.mkdir(parents=True)
        trouble.touch()
        self._run("promote", "dev", "stg", *chosen, "--yes", status=errors.FAILED)
        say("Nothing that needs the database was touched. You make room, and go on.")
        trouble.unlink()
        self._run("continue")

    def _say(self, text: str) -> None:
        self._screen.say(f"\n{text}", "italic")

    def _run(self, *arguments: str, status: int = errors.OK) -> None:
        from multigit.adapters.system.programs import run_here

        self._screen.command(["multigit", *arguments])
        ended = run_here(
            [sys.executable, "-m", "multigit", *arguments, *self._extra], self._sandbox.shop
        )
        if ended != status:
            raise errors.MultigitError(
                f"The demo's command ended with {ended}.",
                hint=f"Look around in {self._sandbox.folder}.",
                code="demo_failed",
            )

    def _farewell(self) -> None:
        from multigit.adapters.system.programs import typed

        shop, multigit = self._sandbox.shop, typed()
        self._say(f"That was real git. The sandbox stays in {self._sandbox.folder}. Try next:")
        self._screen.command(["cd", str(shop)])
        self._screen.command([*multigit, "promote", "dev", "stg"])
        self._say("It will be blocked: websocket conflicts, and nothing has happened yet anywhere.")
        self._screen.command([*multigit, "promote", "dev", "stg", "--skip-blocked"])
