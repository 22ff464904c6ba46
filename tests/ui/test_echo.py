"""What is typed while something is drawn: it is not shown, and not lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

DRAW = """
import os, sys
from multigit.operation.interrupts import interrupt_on_hangup_and_term
from multigit.ui.echo import without_echo
interrupt_on_hangup_and_term()
try:
    with without_echo():
        print(f"({os.getpid()}) drawing", flush=True)
        print(f"<{sys.stdin.readline().strip()}>", flush=True)
except KeyboardInterrupt:
    print("interrupted")
"""
SHELL = '"$@"; echo "status $?"; read word; echo "[$word]"'


@pytest.fixture
def shell(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """Return a terminal with a shell that starts what draws, and then reads a word."""
    script = getattr(request, "param", SHELL)
    argv = ["bash", "-m", "-c", script, "bash", sys.executable, "-c", DRAW]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    with Terminal(argv, tmp_path, environment) as terminal:
        terminal.expect("drawing")
        yield terminal


def test_what_is_typed_is_not_shown_but_read(shell: Terminal) -> None:
    """Afterwards the shell shows again what is typed."""
    shell.send_line("hello")
    shell.expect("<hello>")
    shell.expect("status 0")
    shell.send_line("there")
    shell.expect("[there]")
    assert shell.finish() == 0
    assert (shell.text.count("hello"), shell.text.count("there")) == (1, 2)


@pytest.mark.parametrize("how", ["Ctrl-C", "TERM"])
def test_an_interrupt_leaves_the_terminal_as_it_was(how: str, shell: Terminal) -> None:
    """The echo is on again."""
    if how == "Ctrl-C":
        shell.send_key("ctrl-c")
    else:
        os.kill(int(shell.text.partition("(")[2].partition(")")[0]), signal.SIGTERM)
    shell.expect("interrupted")
    shell.expect("status 0")
    shell.send_line("there")
    shell.expect("[there]")
    assert shell.finish() == 0
    assert shell.text.count("there") == 2


@pytest.mark.parametrize("shell", [f"{SHELL}; fg >/dev/null; {SHELL[5:]}"], indirect=True)
def test_ctrl_z_returns_the_terminal_to_the_shell(shell: Terminal) -> None:
    """The shell shows what is typed, and what draws does not when it is continued."""
    shell.send_key("ctrl-z")
    shell.expect("status 14")
    shell.send_line("there")
    shell.expect("[there]")
    shell.expect_no_echo()
    shell.send_line("hello")
    shell.expect("<hello>")
    shell.expect("status 0")
    shell.send_line("again")
    shell.expect("[again]")
    assert shell.finish() == 0
    assert [shell.text.count(word) for word in ("there", "hello", "again")] == [2, 1, 2]
