"""Put this service into a folder and start it there. Usage: deploy.py FOLDER PORT SHA."""

import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path


def end_the_one_before(port: int, token: Path) -> None:
    """Ask it over its port, with the secret that only it knows; anybody else ignores that."""
    try:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        asked.request("POST", "/end", headers={"X-Token": token.read_text()})
        asked.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # it ended long ago, or there was none


def listen(port: int) -> socket.socket:
    """Return the port's socket, once the one before has given it back."""
    reason = ""
    for _ in range(50):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            time.sleep(0.1)
    sys.exit(f"port {port} of 127.0.0.1 cannot be had: {reason}")


def start(folder: Path, port: int, sha: str) -> None:
    """Replace what runs in the folder by this version."""
    token = folder / "token"
    folder.mkdir(parents=True, exist_ok=True)
    end_the_one_before(port, token)
    listening = listen(port)
    for file in Path().glob("*.py"):
        shutil.copy(file, folder)
    (folder / "version.json").write_text(json.dumps({"sha": sha}))
    token.touch(0o600)
    token.write_text(secrets.token_hex())
    with (folder / "server.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "server.py", str(listening.fileno())],
            cwd=folder,
            pass_fds=[listening.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    print("started on port", port)


if __name__ == "__main__":
    start(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
