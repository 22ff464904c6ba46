"""`python -m multigit` and the console script."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line of this process and exit with its code.

    Everything is closed by then. After a second Ctrl-C git may still be at work, which nobody
    waits for; and taking the interpreter apart would cost as much as reading the configuration.
    """
    if hasattr(signal, "pthread_sigmask"):  # Ctrl-C waits until there is somebody to tell of it
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    from multigit.cli.app import run

    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
