"""A release in a sandbox, with every command shown before it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import chdir
from pathlib import Path

from multigit.adapters.demo.sandbox import DEPLOYED, Sandbox
from multigit.adapters.system.programs import typed
from multigit.errors import FAILED, OK, MultigitError
from multigit.operation.interrupts import interrupt_on_hangup_and_term
from multigit.ui.screen import Screen

Multigit = Callable[[Sequence[str]], int]


def demonstrate(folder: Path | None, screen: Screen, multigit: Multigit) -> None:
    """Build the sandbox in a folder, a temporary one if None, and release its services.

    `multigit` runs a command line in the current folder, in this process, which has loaded all
    that it needs, and returns its exit code. Raises MultigitError where a command fails.
    """
    where = folder or Path(tempfile.mkdtemp(prefix="multigit-demo-"))
    Demonstration(Sandbox.build(where), screen, multigit).show()


class Demonstration:
    """The steps of the demo: each changes something or runs a command."""

    def __init__(self, sandbox: Sandbox, screen: Screen, multigit: Multigit) -> None:
        self._sandbox = sandbox
        self._screen = screen
        self._multigit = multigit

    def show(self) -> None:
        """Run everything from the first status to the log."""
        sandbox, say = self._sandbox, self._say
        say(f"Five services with real remotes are now in {sandbox.folder}.")
        sandbox.colleague("worker", "dev", {"retry.py": "TRIES = 3\n"}, "feat: retry failed jobs")
        self._run("status")
        say("You change two services on dev, and push both with one command.")
        sandbox.write("api", {"orders.py": "ORDER_BY = 'date'\n"})
        sandbox.write("user-frontend", {"orders.html": "<h1>Orders by date</h1>\n"})
        self._run("push", "dev", "-m", "feat: orders by date", "--yes")
        say("Everything that waits on dev goes to staging: one plan for all repositories.")
        self._run("promote", "dev", "stg", "--yes")
        say("Production requires the stage's name. Scripts pass it as an option.")
        self._run("promote", "stg", "main", "-m", "release: orders by date", "--confirm", "main")
        self._bad_day()
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

    def _bad_day(self) -> None:
        """Release something bad, roll back, and go forward again with the fix."""
        sandbox, say = self._sandbox, self._say
        say("The next release is a bad one: its checkout charges every customer twice.")
        checkout = {"checkout.js": "charge(2)\n", "payment.html": "<h1>Payment</h1>\n"}
        sandbox.write("user-frontend", checkout)
        self._run("push", "dev", "-m", "feat: checkout", "--promote", "stg", "--yes")
        self._run("promote", "stg", "main", "-m", "release: checkout", "--confirm", "main")
        say("Production goes back to the last good release. No branch is rewritten.")
        self._run("rollback", "main", "--last-good", "--confirm", "main")
        say("You fix it on dev. The promotion brings everything back, with the fix.")
        sandbox.write("user-frontend", {"checkout.js": "charge(1)\n"})
        self._run("push", "dev", "-m", "fix: charge once", "--promote", "stg", "--yes")
        self._run("promote", "stg", "main", "-m", "release: checkout", "--confirm", "main")

    def _deployments(self) -> None:
        """Promote with deployments: two waves, a failing health check, and continuing."""
        sandbox, say = self._sandbox, self._say
        say("From now on staging is deployed, too: the database first, then all that need it.")
        sandbox.deploy()
        chosen = [word for name in DEPLOYED for word in ("-r", name)]
        say("This time the staging database's disk is full, and its health check says so.")
        trouble = sandbox.servers / "database" / "full-disk"
        trouble.parent.mkdir(parents=True)
        trouble.touch()
        self._run("promote", "dev", "stg", *chosen, "--yes", status=FAILED)
        say("Nothing that depends on the database was touched. You free some space and continue.")
        trouble.unlink()
        self._run("continue")

    def _say(self, text: str) -> None:
        self._screen.say(f"\n{text}", "italic")

    def _run(self, *arguments: str, status: int = OK) -> None:
        self._screen.command(["multigit", *arguments])
        interrupt_on_hangup_and_term()  # the command before may have left them noted only
        with chdir(self._sandbox.shop):
            ended = self._multigit(arguments)
        if ended != status:
            raise MultigitError(
                f"The demo's command ended with {ended}.",
                hint=f"Look around in {self._sandbox.folder}.",
                code="demo_failed",
            )

    def _farewell(self) -> None:
        shop, multigit = self._sandbox.shop, typed()
        self._sandbox.colleague("api", "dev", {"limits.py": "PER_MINUTE = 60\n"}, "feat: a limit")
        self._say(f"That was real git. The sandbox stays in {self._sandbox.folder}.")
        self._say("Meanwhile a colleague has pushed to api. Try next:")
        self._screen.command(["cd", str(shop)])
        self._screen.command([*multigit, "promote", "dev", "stg"])
        self._say("It will be blocked, since websocket conflicts. To promote api without it:")
        self._screen.command([*multigit, "promote", "dev", "stg", "--skip-blocked"])
