"""Updates the outputs in the documents: `python -m tests.docs.update [DOCUMENT…]`.

Only outputs in which more than times, commits and paths has changed are written, and the pictures.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from multigit.errors import BugError
from tests.docs.sandboxes import build, fits, play, shown
from tests.docs.stories import ROOT, Story, documents, stories


def rewritten(lines: Sequence[str], printed: Sequence[tuple[Story, dict[int, str]]]) -> list[str]:
    """Return a document's lines with the new outputs of its stories."""
    result = list(lines)
    for story, outputs in reversed(printed):
        shows = [command for command in story.commands if not command.hidden]
        same = all(fits(command.output, outputs[command.line]) for command in shows)
        for start, end in reversed(story.blocks):
            block: list[str] = []
            for command in shows:
                if not start <= command.line < end:
                    continue
                typed = command.text.split("\n")
                output = outputs[command.line]
                block += [""] * bool(block and block[-1] and not block[-1].startswith(("$ ", "> ")))
                block += [f"$ {typed[0]}", *(f"> {line}" for line in typed[1:])]
                block += command.output if same else shown(command.output, output)
            result[start:end] = block
    return result


def main(names: Sequence[str]) -> None:
    """Rewrite the documents with these names, or all of them."""
    chosen = [d for d in documents() if not names or d.name in names]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        sandbox = Path(folder) / "sample"
        build(sandbox)
        for document in chosen:
            printed = stories(document)
            outputs = list(pool.map(partial(play, original=sandbox), printed))
            before = document.read_text(encoding="utf-8")
            if any(BugError.request in text for o in outputs for text in o.values()):
                sys.exit(f"{document.name}: multigit has a bug; nothing was written")
            lines = rewritten(before.splitlines(), list(zip(printed, outputs, strict=True)))
            after = "\n".join(lines) + "\n"
            if after != before:
                document.write_text(after, encoding="utf-8")
                print(f"{document.relative_to(ROOT)} rewritten")
    subprocess.run([sys.executable, str(ROOT / "docs" / "picture.py")], check=True)


if __name__ == "__main__":
    main([Path(name).name for name in sys.argv[1:]])
