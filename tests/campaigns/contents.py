"""The files of a commit, and changes that mean the same in every version of a file.

Each line begins with a name that stays, such as `f3.07`, so a change finds its line, and a line its
file, whatever else happened to them. Between them are lines that all files share.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.fastimport import EXECUTABLE, FILE, GITLINK

File = tuple[bytes, bytes]
"""Mode and content; the content of a submodule is the id of its commit."""
Files = dict[str, File]

LINES = 12
EDITS = ("edit", "insert", "drop", "back")  # of a line
CHANGES = (*EDITS, "add", "delete", "move", "mode", "point")

_BETWEEN = b"}\n"
_EVERY = 4


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a file, and of one of its lines if it edits; `new` is what becomes of it.

    `new` is the text of a line, the path of a file or a commit of a submodule.
    """

    verb: str
    file: str
    line: str = ""
    new: str = ""


def new_file(name: str, text: str = "first") -> File:
    """Return a file whose lines no other file has."""
    lines = list[bytes]()
    for number in range(LINES):
        lines.append(_line(f"{name}.{number:02}", text))
        if number % _EVERY == _EVERY - 1:
            lines.append(_BETWEEN)
    return FILE, b"".join(lines)


def path_of(files: Files, name: str) -> str:
    """Return the path of a file or a submodule; empty if it does not exist."""
    begin = f"{name}.".encode()
    for path, (mode, data) in files.items():
        if path.endswith(f"/{name}") if mode == GITLINK else data.startswith(begin):
            return path
    return ""


def names(files: Files) -> list[str]:
    """Return the names of all files, without submodules."""
    return [data.split(b".", 1)[0].decode() for mode, data in files.values() if mode != GITLINK]


def lines_of(files: Files, name: str) -> list[str]:
    """Return the names of a file's lines."""
    path = path_of(files, name)
    rows = files[path][1].splitlines() if path else []
    return [row.split(b" ")[0].decode() for row in rows if b"." in row]


def text_of(files: Files, name: str, line: str) -> str:
    """Return the text of a line; empty if it does not exist."""
    path = path_of(files, name)
    row = _found(files[path][1], line) if path else None
    return row[1] if row else ""


def spot(change: Change, files: Files) -> tuple[object, ...]:
    """Return what a change touches, as it is in these files."""
    path = path_of(files, change.file)
    if change.verb == "add":
        return path, files.get(change.new)
    if not path:
        return ()
    mode, data = files[path]
    row = _found(data, change.line)
    touched: dict[str, tuple[object, ...]] = {
        "delete": (path, mode, data),
        "move": (path,),
        "mode": (mode,),
        "point": (data,),
        "insert": (row and data.splitlines()[row[0] + 1 : row[0] + 2], _found(data, change.new)),
    }
    return touched.get(change.verb, (row and row[1],))


def applied(change: Change, files: Files) -> Files | None:
    """Return the files after a change; None if there is nothing like that to change."""
    path, taken = path_of(files, change.file), change.new in files
    if change.verb == "add":
        return None if path or taken else {**files, change.new: new_file(change.file)}
    if not path or (change.verb == "move" and taken):
        return None
    mode, data = files[path]
    rest = {each: file for each, file in files.items() if each != path}
    other = FILE if mode == EXECUTABLE else EXECUTABLE
    match change.verb:
        case "delete":
            pass
        case "move":
            rest[change.new] = mode, data
        case "mode":
            rest[path] = other, data
        case "point":
            rest[path] = mode, change.new.encode()
        case _:
            edited = _edited(data, change)
            rest[path] = mode, data if edited is None else edited
    return rest


def _edited(data: bytes, change: Change) -> bytes | None:
    """Return a file's content with one line replaced, added after another one, or dropped."""
    row = _found(data, change.line)
    if row is None:
        return None
    rows = data.splitlines(keepends=True)
    match change.verb:
        case "insert":
            rows.insert(row[0] + 1, _line(change.new, "new"))
        case "drop":
            del rows[row[0]]
        case _:
            rows[row[0]] = _line(change.line, change.new)
    return b"".join(rows)


def _line(name: str, text: str) -> bytes:
    return f"{name} {text}\n".encode()


def _found(data: bytes, line: str) -> tuple[int, str] | None:
    """Return the number and the text of a line."""
    begin = f"{line} ".encode()
    for number, row in enumerate(data.splitlines()):
        if row.startswith(begin):
            return number, row.removeprefix(begin).decode()
    return None
