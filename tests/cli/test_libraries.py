"""Nothing that a library logs or warns of reaches the terminal."""

from __future__ import annotations

import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from multigit.cli.app import app
from multigit.cli.help import Command
from tests.cli.answers import FAILED, at_terminal
from tests.cli.hosts import COMMAND, scripted
from tests.support.forge import Forge

EVIL = b"\x1b]0;EVIL\x07\x1b[31mEVIL"
ANSWER = b"HTTP/1.1 403 " + EVIL + b"\r\n" + EVIL + b" without a colon\r\nContent-Length: 0\r\n\r\n"


class Evil(socketserver.StreamRequestHandler):
    """Answers with escape sequences in the reason phrase, and in a line that is not a header."""

    def handle(self) -> None:
        """Answer one request."""
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ANSWER)


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of the server."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Evil) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_what_a_server_sent_reaches_no_terminal_through_a_log(forge: Forge, address: str) -> None:
    """urllib3 logs a warning of such a line, with the line in it."""
    shop = scripted(forge)
    health = f'[stages.stg.health]\nurl = "{address}"\nattempts = 1\n'
    config = shop.shop / "multigit.toml"
    config.write_text(config.read_text().replace(COMMAND, COMMAND + health))
    with at_terminal(shop, "promote", "dev", "stg", "--yes") as terminal:
        assert terminal.finish() == FAILED
        said = terminal.screen
    assert "it answers 403, not 200" in said.text
    assert "EVIL" not in said.raw
    assert "headers" not in said.text


@pytest.mark.parametrize("library", ["asyncio", "github", "urllib3"])
def test_no_log_line_and_no_warning_is_printed(library: str) -> None:
    """Even if the environment asks for all warnings, and whatever handlers a library has."""
    program = f"""
import logging, warnings
import {library}
from multigit.cli.process import silence_libraries
silence_libraries()
logging.getLogger("{library}").critical("EVIL")
logging.warning("EVIL")
warnings.warn("EVIL")
open(__import__("os").devnull)
"""
    command = [sys.executable, "-X", "dev", "-W", "default", "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


def test_every_command_is_silent() -> None:
    """Each of them calls what silences libraries, before anything else."""
    commands = list(every_command(typer.main.get_command(app)))
    assert len(commands) > 15
    assert all(isinstance(each, Command) for each in commands)


def every_command(command: Any) -> Iterator[Any]:
    """Yield the commands of a group, and of the groups in it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield command
    for each in (inner or {}).values():
        yield from every_command(each)
