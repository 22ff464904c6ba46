"""The reference pages list what the program has: commands, options, keys, codes, states."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from multigit import errors
from multigit.adapters.config.load import load
from multigit.adapters.config.schema import schema
from multigit.cli.app import app
from multigit.core.planning.plan import Result, State
from multigit.core.values.push_rules import PushRules
from tests.docs.codes import codes, messages
from tests.docs.stories import ROOT, stories

DOCS = ROOT / "docs"
Row = tuple[str, ...]


class TestCommands:
    """docs/commands.md."""

    def test_every_command_has_its_section(self) -> None:
        """The list at the top and the sections name exactly the program's commands."""
        names = {f"multigit {name}" for name in program()}
        listed = {code(row[0]) for row in tables(DOCS / "commands.md", "Commands")}
        assert listed == names
        assert {title for title in sections(DOCS / "commands.md") if title in listed} == names

    def test_every_option_is_there(self) -> None:
        """A command's own table and the shared one name exactly its options."""
        shared = list(tables(DOCS / "commands.md", "Options that commands share"))
        for name, options in program().items():
            own = [row[0] for row in tables(DOCS / "commands.md", f"multigit {name}")]
            common = [row[0] for row in shared if holds_for(row[2], name)]
            assert flags(own + common) == options, name

    def test_arguments_are_named(self) -> None:
        """A command's table begins with its arguments."""
        for name, wanted in arguments().items():
            rows = [code(row[0]) for row in tables(DOCS / "commands.md", f"multigit {name}")]
            named = [re.sub(r"\W", "", row).upper() for row in rows if not row.startswith("-")]
            assert named == wanted, name


class TestConfiguration:
    """docs/configuration.md."""

    def test_every_key_is_there(self) -> None:
        """The tables have the schema's keys, with their types and defaults."""
        for title, properties in configuration():
            rows = {code(row[0]): row for row in tables(DOCS / "configuration.md", title)}
            assert set(rows) == set(properties), title
            for key, facts in properties.items():
                _, kind, default, meaning = rows[key]
                assert kind.startswith(type_of(facts)), key
                assert default_of(facts, default), key
                assert len(meaning) > 10, key

    def test_the_examples_make_one_file(self, tmp_path: Path) -> None:
        """Together they load, and show every key that is not shown elsewhere."""
        text = "".join(blocks(DOCS / "configuration.md", "toml"))
        file = tmp_path / "multigit.toml"
        file.write_text(text, encoding="utf-8")
        workspace = load(file)
        assert workspace.push == PushRules()
        document = tomllib.loads(text)
        for title, properties in configuration():
            assert {key for each in tabled(document, title) for key in each} == set(properties), (
                title
            )


class TestRecovery:
    """docs/recovery.md."""

    def test_what_you_see_is_what_multigit_says(self) -> None:
        """Each phrase in the table at the top occurs in a text of the package."""
        rows = re.findall(
            r"^\| (.*?) \| \[", (DOCS / "recovery.md").read_text("utf-8"), re.MULTILINE
        )
        phrases = [phrase for row in rows for phrase in re.findall(r"`([^`]*)`", row)]
        said = list(messages())
        assert len(phrases) > 20
        for phrase in phrases:
            pattern = ".*".join(re.escape(part.strip()) for part in phrase.split("…"))
            assert any(re.search(pattern, text) for text in said), phrase


class TestJson:
    """docs/json.md."""

    def test_every_code_is_there(self) -> None:
        """The tables of codes have exactly those of the package."""
        page = (DOCS / "json.md").read_text(encoding="utf-8").partition("## Problem codes")[2]
        listed = [
            name
            for cells in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
            for name in re.findall(r"`(\w+)`", cells)
        ]
        assert sorted(listed) == sorted(codes())

    def test_every_result_state_and_exit_code_is_there(self) -> None:
        """The tables have the program's."""
        page = DOCS / "json.md"
        assert {code(row[0]) for row in tables(page, "Results")} == {*Result}
        assert {code(row[0]) for row in tables(page, "States")} == {*State}
        exits = {value for name, value in vars(errors).items() if name.isupper()}
        assert {int(row[0]) for row in tables(page, "Exit codes")} == exits

    def test_every_key_of_the_examples_is_explained(self) -> None:
        """The text explains the keys in the documents of the commands."""
        page = (DOCS / "json.md").read_text(encoding="utf-8")
        explained = set(re.findall(r"`(\w+)`", page))
        shown: set[str] = set()
        for story in stories(DOCS / "json.md"):
            for command in story.commands:
                if command.output:
                    shown |= keys(json.loads("\n".join(command.output)))
        stages = {"dev", "stg", "main"}
        assert shown - stages <= explained
        assert {"schema", "repos", "steps", "pairs", "records"} <= shown


def program() -> dict[str, set[str]]:
    """Return the options of each command, without --help."""
    return {
        name: {opt for param in command.params for opt in param.opts if opt.startswith("-")}
        - {"-h", "--help"}
        for name, command in commands(typer.main.get_command(app))
    }


def arguments() -> dict[str, list[str]]:
    """Return the names of each command's arguments."""
    return {
        name: [
            re.sub(r"\W", "", str(param.metavar or param.name)).upper()
            for param in command.params
            if param.param_type_name == "argument"
        ]
        for name, command in commands(typer.main.get_command(app))
    }


def commands(command: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each command with its full name, including those in groups."""
    for name, each in command.commands.items():
        if hasattr(each, "commands"):
            yield from commands(each, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", each


def holds_for(cell: str, name: str) -> bool:
    """Return whether a cell of the shared table includes the command."""
    if cell.startswith("all but "):
        return name not in cell.removeprefix("all but ").split(", ")
    return cell != "all" and name in cell.split(", ")


def flags(cells: list[str]) -> set[str]:
    """Return the options in cells such as `-r`, `--repo NAME`."""
    return {flag for cell in cells for flag in re.findall(r"`(--?[\w-]+)", cell)}


def configuration() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each section's title in the document, and its properties in the schema."""
    whole = schema()
    for name, facts in whole["properties"].items():
        named = "additionalProperties" in facts
        reference = facts["additionalProperties"] if named else facts
        section = whole["$defs"][reference["$ref"].rpartition("/")[2]]
        yield f"`[{name}{'.NAME' if named else ''}]`", section["properties"]
    for inner in ("deploy", "health"):
        yield f"`[stages.NAME.{inner}]`", whole["$defs"][f"{inner.title()}Section"]["properties"]


def tabled(document: Mapping[str, Any], title: str) -> list[Mapping[str, Any]]:
    """Return the tables under a title; those of repositories are like the stages'."""
    name, *inner = title.strip("`[]").replace(".NAME", "").split(".")
    if ".NAME" not in title:
        return [document[name]]
    tables = list(document[name].values())
    if not inner:
        return tables
    own = [each for repo in document["repos"].values() for each in repo.get(inner[0], {}).values()]
    return [*(each[inner[0]] for each in tables if inner[0] in each), *own]


CHOICES = {"Confirm": '`"none"`, `"yes"` or `"name"`', "OnUnhealthy": '`"nothing"` or `"rollback"`'}


def type_of(facts: Mapping[str, Any]) -> str:
    """Return the document's name for a property's type."""
    if "enum" in facts:
        *first, last = (f'`"{word}"`' for word in facts["enum"])
        return f"{', '.join(first)} or {last}"
    if choice := CHOICES.get(facts.get("$ref", "").rpartition("/")[2]):
        return choice
    names = {
        "array": "list of texts",
        "boolean": "true or false",
        "integer": "number",
        "object": "table of",
        "string": "text",
    }
    return names[facts["type"]] if "type" in facts else "table"


def default_of(facts: Mapping[str, Any], cell: str) -> bool:
    """Return whether a cell has the property's default; long and derived ones are in words."""
    if "default" not in facts or (isinstance(facts["default"], list) and facts["default"]):
        return "`" not in cell
    return code(cell) == json.dumps(facts["default"])


def keys(document: Any) -> set[str]:
    """Return all keys in a JSON document."""
    if isinstance(document, list):
        return {key for each in document for key in keys(each)}
    if isinstance(document, dict):
        return {*document} | {key for each in document.values() for key in keys(each)}
    return set()


def sections(document: Path) -> dict[str, str]:
    """Return the text below each heading, down to the next one."""
    parts = re.split(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tables(document: Path, title: str) -> Iterator[Row]:
    """Yield the rows of the tables in a section, without their headings."""
    lines = sections(document)[title].splitlines()
    for number, line in enumerate(lines):
        is_heading = lines[number + 1 : number + 2] == [] or lines[number + 1].startswith("|--")
        if line.startswith("| ") and not is_heading:
            cells = re.split(r"(?<!\\)\|", line.strip("|"))
            yield tuple(cell.strip() for cell in cells)


def blocks(document: Path, language: str) -> list[str]:
    """Return the code blocks in a language."""
    text = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def code(cell: str) -> str:
    """Return the text between the first backticks, without a link around it."""
    match = re.search(r"`([^`]*)`", cell)
    return match[1] if match else cell
