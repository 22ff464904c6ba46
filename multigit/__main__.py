"""`python -m multigit` and the console script."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line of this process and exit with its code.

    Everything is closed by then. After a second Ctrl-C git may still be running, but nothing waits
    for it; and to finalize the interpreter would take as long as to read the configuration.
    """
    if hasattr(signal, "pthread_sigmask"):  # Ctrl-C is held until a handler is installed
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    from multigit.cli.app import run

    status = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
