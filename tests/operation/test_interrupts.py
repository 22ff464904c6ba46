"""Ctrl-C, SIGHUP and SIGTERM end an operation cleanly, and no result is lost."""

from __future__ import annotations

import signal

import pytest

from multigit.operation.interrupts import INTERRUPTS, interrupt_on_hangup_and_term, note_interrupts


@pytest.fixture(autouse=True)
def _heard(_signals: None) -> None:
    """Handle signals as at the start of a command."""
    for each in INTERRUPTS:
        signal.signal(each, signal.SIG_DFL)
    interrupt_on_hangup_and_term()


@pytest.mark.parametrize("number", INTERRUPTS)
def test_each_is_heard_as_ctrl_c(number: signal.Signals) -> None:
    """Each signal raises KeyboardInterrupt."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_what_was_ignored_stays_ignored() -> None:
    """Under nohup a release continues when the terminal is closed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupt_on_hangup_and_term()
    signal.raise_signal(signal.SIGHUP)
    interrupted = note_interrupts()
    signal.raise_signal(signal.SIGHUP)
    assert not interrupted()


@pytest.mark.parametrize("number", INTERRUPTS)
def test_the_first_is_only_noted_and_the_second_is_heard(number: signal.Signals) -> None:
    """The result is recorded and reported in the meantime, unless a second signal comes."""
    interrupted = note_interrupts()
    assert not interrupted()
    signal.raise_signal(number)
    assert interrupted()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
