"""Which files a push never publishes, and which only if they are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PushRules:
    """Which files `multigit push` never commits, and which it commits only if they are named."""

    ignore: tuple[str, ...] = (".DS_Store", "._*", "Thumbs.db", "desktop.ini", "*.swp", "*~")
    secrets: tuple[str, ...] = (
        ".env",
        ".env.*",
        "!.env.example",
        "!.env.sample",
        "!.env.template",
        "*.pem",
        "*.key",
        "*.p12",
        "*.pfx",
        "*.jks",
        "*.keystore",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        ".npmrc",
        ".pypirc",
        ".netrc",
        ".htpasswd",
        "credentials.json",
        "service-account*.json",
        "*.tfstate",
        "*.tfstate.backup",
    )
    max_file_size: int = 10_000_000
