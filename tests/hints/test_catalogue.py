"""Every hint that names a command has an id, and a test types it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from multigit.core.values.problem import PLURALS
from multigit.hints import Hint
from multigit.phrase import MARK, Typed

TESTS = Path(__file__).parent.parent
PACKAGE = TESTS.parent / "multigit"
COMMAND = re.compile(
    r"\bmultigit (abandon|approve|backmerge|config|continue|demo|deploy|doctor|init|lock|log"
    r"|mark|promote|pull|push|status|undo|watch)\b"
    r"|\bgit (-C|add|branch|commit|config|fetch|gc|merge|pull|push|rebase|remote|reset|restore"
    r"|revert|rm|stash|submodule|switch|tag|update-index|worktree)\b"
)

# Hints that no test can type as is, each with its reason.
PART = "a part of KEEP_WORK, which test_merges.py types as a whole for each kind of reversal"
EXCEPTIONS: dict[Hint, str] = {
    Hint.KEEPING: PART,
    Hint.REVERT: PART,
    Hint.REVERT_MERGE: PART,
    Hint.STASH_FIRST: PART,
    Hint.THEN_CHECKOUT: PART,
    Hint.THEN_UNSTASH: PART,
    Hint.APPLY: PART,
    Hint.MOVE: PART,
    Hint.COMMIT_RESTORED: PART,
    Hint.OVERRIDE_BAD_RELEASE: "options, which test_deploy.py adds to the command",
    Hint.COMPARE: "no known history gives a merge that nothing explains: tests/core plays that",
    Hint.CONTINUE_FIXED: "a server has to stop between two refs, twice: tests/engine plays that",
    Hint.CONTINUE_WITH_ROOM: "a disk has to be full at the right moment: make torture fills it",
}

BEGINNINGS = {Hint.PROMOTE_FIRST, Hint.PULL_STAGE, Hint.PULL_STAGE_SWITCH}  # more follows

# Where the sentence of a problem, an error, or a state stands among the arguments.
ERRORS = ("MultigitError", "UsageError", "RefusedError", "LockedError", "GitError")
SENTENCES = {"Problem": 1, "Finding": 3, "note": 0, "say": 0, **dict.fromkeys(ERRORS, 0)}


@cache
def followed() -> set[str]:
    """Return the names of the hints that tests follow: `follow(forge, said, Hint.NAME, …)`."""
    found = set()
    sources = (file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py"))
    for text in sources:
        for node in ast.walk(ast.parse(text)) if " follow(" in text else ():
            match node:
                case ast.Call(func=ast.Name(id="follow"), args=[_, _, ast.Attribute() as hint, *_]):
                    found.add(hint.attr)
    return found


@cache
def given() -> frozenset[str]:
    """Return the names of the hints that the package uses."""
    sources = (file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    return frozenset(name for text in sources for name in re.findall(r"\bHint\.([A-Z_]+)\b", text))


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that are not docstrings, with their lines."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                yield node.lineno, text


def test_each_is_typed_by_a_test() -> None:
    """A test follows each hint unless it is listed as an exception."""
    assert [hint for hint in Hint if (hint.name in followed()) == (hint in EXCEPTIONS)] == []


def test_each_is_given_somewhere() -> None:
    """A hint that nothing prints is deleted."""
    assert [hint for hint in Hint if hint.name not in given()] == []


def test_their_commands_are_marked() -> None:
    """So a screen keeps them in one piece; what is between two marks is nothing but a command."""
    for hint in Hint:
        prose = "".join(part for part in hint.parts if not isinstance(part, Typed))
        assert not COMMAND.search(prose), hint
        assert not re.search(r"\s-", prose), f"an option is typed, too: {hint}"
        typed = sum(isinstance(part, Typed) for part in hint.parts)
        assert hint.template.count(MARK) == 2 * typed, hint


def test_each_ends_with_a_period_or_with_a_command_after_a_colon() -> None:
    """A sentence has a period; a command after a colon has none, so that its line can be copied."""
    for hint in Hint:
        if EXCEPTIONS.get(hint) != PART and hint not in BEGINNINGS:
            last = hint.rstrip().rpartition(". ")[2]
            assert last.endswith(".") or re.search(r": |`{then}$", last), hint


def literal(part: ast.expr) -> str:
    """Return a part of a text if that is written there, and empty if it is filled in."""
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""


@cache
def sentences() -> tuple[tuple[str, str, str], ...]:
    """Return where the sentences of problems and errors are, how they begin, and how they end.

    Where something is filled in, that is empty.
    """
    found = []
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=func, args=args):
                    place = SENTENCES.get(ast.unparse(func).rpartition(".")[2], len(args))
                    texts = args[place : place + 1]
                case ast.Assign(targets=[ast.Name(id="message" | "sentence")], value=value):
                    texts = [value]
                case _:
                    continue
            for text in texts:
                parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                where = f"{module.relative_to(PACKAGE)}:{text.lineno}"
                found.append((where, literal(parts[0]), literal(parts[-1])))
    return tuple(found)


def test_every_sentence_has_a_period() -> None:
    """Those of problems and of errors; what a host or git said may follow a colon."""
    ended = (".", "?", ":")
    assert [each for each in sentences() if each[2] and not each[2].endswith(ended)] == []


def test_a_verb_in_front_of_a_sentence_has_a_plural() -> None:
    """What several repositories share is said of all of them."""
    verbs = ((where, re.match(r"[a-z]+s(?= )", first)) for where, first, _ in sentences())
    assert [(where, verb[0]) for where, verb in verbs if verb and verb[0] not in PLURALS] == []


def test_no_other_text_names_a_command() -> None:
    """A hint that is written anywhere else would not be tested."""
    found = [
        f"{module.relative_to(PACKAGE)}:{line}: {text}"
        for module in sorted(PACKAGE.rglob("*.py"))
        if module.relative_to(PACKAGE).as_posix() not in NO_HINTS
        for line, text in texts(module)
        if COMMAND.search(text)
    ]
    assert found == []


def test_a_command_that_is_filled_in_is_marked() -> None:
    """In an f-string it would be prose, which a narrow screen wraps."""
    found = [
        f"{module.relative_to(PACKAGE)}:{node.lineno}"
        for module in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        if any(re.search(r"\b([Rr]un|[Ii]nstall it): $", literal(each)) for each in node.values)
    ]
    assert found == []


def test_no_text_takes_the_marks_of_a_hint() -> None:
    """An f-string, or a sum of texts, would; a `Phrase` keeps them."""
    found = [
        f"{module.relative_to(PACKAGE)}:{node.lineno}"
        for module in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr | ast.BinOp)
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        if part.attr == "hint" or ast.unparse(part.value) == "Hint"
    ]
    assert found == []


def test_a_clone_is_named_as_seen_from_the_current_folder() -> None:
    """Hints use `Repo.typed`: `path` is relative to the workspace, but people may be elsewhere."""
    quoted = re.compile(r"\bquote\([^()]*\b(repo|plan)\.path\b|\bpath=(repo|plan)\.path\)")
    modules = sorted(PACKAGE.rglob("*.py"))
    assert [each.name for each in modules if quoted.search(each.read_text("utf-8"))] == []


# Modules whose strings are help, generated files or the demo's story; other tests check these.
NO_HINTS = {
    "hints.py",
    "adapters/config/repo_section.py",
    "adapters/config/sections.py",
    "adapters/config/template.py",
    "adapters/demo/sandbox.py",
    "cli/app.py",
    "cli/commands/demo.py",
    "cli/commands/lock.py",
    "cli/commands/push.py",
    "cli/options.py",
}
