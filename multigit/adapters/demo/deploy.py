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


def end_previous(port: int, token: Path) -> None:
    """End the previous server over its port, with a secret that no other server accepts."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", "/end", headers={"X-Token": token.read_text()})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # it has ended, or there was none


def listen(port: int) -> socket.socket:
    """Return the port's socket, once the previous server has released it."""
    reason = ""
    for _ in range(50):
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            time.sleep(0.1)
    sys.exit(f"port {port} of 127.0.0.1 cannot be used: {reason}")


def start(folder: Path, port: int, sha: str) -> None:
    """Replace the server that runs in the folder with this version."""
    token = folder / "token"
    folder.mkdir(parents=True, exist_ok=True)
    end_previous(port, token)
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
