"""A program at the terminal is answered, interrupted and ended as a person would do it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .gitenv import default_environment
from .terminal import Terminal


def _terminal(tmp_path: Path, program: str, cols: int = 80) -> Terminal:
    argv = [sys.executable, "-c", program]
    return Terminal(argv, tmp_path, default_environment(), cols=cols)


def test_terminal_answers_a_prompt(tmp_path: Path) -> None:
    program = """\
import os, sys
print("\\033[1;31mred\\033[0m \\033]0;title\\007plain")
print(sys.stdin.isatty(), os.get_terminal_size().columns, os.environ["COLUMNS"])
sys.exit(7 if input("Type \\033[1mmain\\033[0m: ") == "main" else 1)
"""
    with _terminal(tmp_path, program, cols=100) as terminal:
        terminal.expect("True 100 100")
        terminal.expect("Type main: ")
        terminal.send_line("main")
        assert terminal.finish() == 7
    assert terminal.text.startswith("red plain\nTrue")
    assert terminal.raw.startswith("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\r\n")
    assert (terminal.screen.raw, terminal.screen.text) == (terminal.raw, terminal.text)


def test_terminal_interrupts(tmp_path: Path) -> None:
    # A signal that comes right before a system call does not end it, so it must be short.
    program = """import time
try:
    print("ready")
    while True:
        time.sleep(0.1)
except KeyboardInterrupt:
    exit(130)
"""
    with _terminal(tmp_path, program) as terminal:
        terminal.expect("ready")
        terminal.press_ctrl_c()
        assert terminal.finish() == 130


def test_terminal_reports_a_death_by_signal(tmp_path: Path) -> None:
    with _terminal(tmp_path, "import os; os.kill(os.getpid(), 9)") as terminal:
        assert terminal.finish() == -9


def test_terminal_serves_programs_that_read_keys(tmp_path: Path) -> None:
    """Questionary asks for the position of the cursor, and waits for the answer."""
    program = """\
import questionary
print(questionary.select("Which?", choices=["one", "two"]).ask())
print(questionary.confirm("Sure?", default=False).ask())
"""
    with _terminal(tmp_path, program) as terminal:
        terminal.expect("Which?")
        terminal.send_key("down")
        terminal.send_key("enter")
        terminal.expect("two\n")
        terminal.expect("Sure?")
        terminal.send_key("y")
        terminal.expect("True\n")
        assert terminal.finish() == 0
    assert "CPR" not in terminal.text


def test_terminal_says_what_it_saw_when_a_text_does_not_come(tmp_path: Path) -> None:
    with (
        Terminal(
            [sys.executable, "-c", "print('hello')"], tmp_path, default_environment()
        ) as terminal,
        pytest.raises(AssertionError, match=r"'bye' did not appear; the screen:\nhello"),
    ):
        terminal.expect("bye")


def test_terminal_kills_what_still_runs(tmp_path: Path) -> None:
    program = "import os, time; print('pid', os.getpid(), '.'); time.sleep(60)"
    with _terminal(tmp_path, program) as terminal:
        terminal.expect(" .")
    with pytest.raises(ProcessLookupError):
        os.kill(int(terminal.text.split()[1]), 0)
