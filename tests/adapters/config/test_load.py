"""The configuration: how it is found, what it becomes, and the messages about mistakes in it."""

from __future__ import annotations

import json
import os
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from multigit.adapters.config.find import find_config
from multigit.adapters.config.load import load
from multigit.adapters.config.schema import schema
from multigit.adapters.config.sections import NESTED, SECTIONS
from multigit.adapters.config.values import dotted, duration, is_ref, size
from multigit.core.values.workspace import Confirm, Repo, Stage, Workspace
from multigit.errors import USAGE, ConfigError

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"
MINIMAL = "[stages.main]\n[repos.api]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the path of a workspace's configuration, which does not exist yet."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder / "multigit.toml"


def read(config: Path, text: str) -> Workspace:
    """Load a configuration of this text."""
    config.write_text(text, encoding="utf-8")
    return load(config)


def mistakes(config: Path, text: str) -> dict[str, str]:
    """Return the hint of each message about a configuration of this text."""
    with pytest.raises(ConfigError) as caught:
        read(config, text)
    return dict(caught.value.details)


class TestFind:
    """The file is named, or found in a parent folder."""

    def test_walks_up(self, config: Path) -> None:
        """The nearest file in the current folder or above is used."""
        config.write_text(MINIMAL)
        below = config.parent / "services" / "api"
        below.mkdir(parents=True)
        assert find_config(below, {}, None) == config
        assert find_config(config.parent, {"MULTIGIT_CONFIG": ""}, None) == config

    def test_names_come_first(self, config: Path) -> None:
        """--config takes precedence over MULTIGIT_CONFIG, which takes precedence over searching."""
        config.write_text(MINIMAL)
        ours, theirs = config.parent / "a.toml", config.parent / "b.toml"
        ours.write_text(MINIMAL)
        theirs.write_text(MINIMAL)
        environment = {"MULTIGIT_CONFIG": "b.toml"}
        assert find_config(config.parent, environment, None) == theirs
        assert find_config(config.parent, environment, Path("a.toml")) == ours

    def test_none(self, tmp_path: Path) -> None:
        """If there is no file, the hint says how to create one."""
        with pytest.raises(ConfigError, match=r"^There is no multigit\.toml in ") as caught:
            find_config(tmp_path, {}, None)
        assert "multigit init" in caught.value.hint
        assert caught.value.exit_code == USAGE

    @pytest.mark.parametrize(
        ("environment", "explicit", "source"),
        [({"MULTIGIT_CONFIG": "no"}, None, "MULTIGIT_CONFIG"), ({}, Path("no"), "--config")],
    )
    def test_named_but_missing(
        self, tmp_path: Path, environment: dict[str, str], explicit: Path | None, source: str
    ) -> None:
        """If the file does not exist, the error says which setting named it."""
        with pytest.raises(ConfigError, match=source):
            find_config(tmp_path, environment, explicit)


class TestLoad:
    """What a valid configuration becomes."""

    def test_defaults(self, config: Path) -> None:
        """Empty tables are enough, and the defaults are those of the core."""
        assert read(config, MINIMAL) == Workspace(
            config.parent, (Stage("main", "main"),), (Repo("api", "api"),), name="shop"
        )

    def test_every_key(self, config: Path) -> None:
        """Each key has an effect."""
        space = read(
            config,
            """
            workspace = {name = "x", remote = "up", timezone = "Asia/Tokyo", jobs = 64, log = "l"}
            git.timeout = "1h"
            push = {ignore = ["a"], secrets = [], max_file_size = "500KB"}
            [stages.live]
            branch = "release/2.x"
            tag = "{timestamp}"
            confirm = "name"
            checklist = ["One", "Two"]
            require_message = true
            on_unhealthy = "nothing"
            [repos."api.v2"]
            path = "./services//api/"
            url = "https://host/api.git"
            groups = ["b", "a"]
            hooks = true
            remote = "hub"
            push_url = "git@host:api.git"
            irreversible = ["migrations/**", "!migrations/README.md", "data/"]
            """,
        )
        assert space.stages == (
            Stage(
                name="live",
                branch="release/2.x",
                tag="{timestamp}",
                confirm=Confirm.NAME,
                checklist=("One", "Two"),
                require_message=True,
            ),
        )
        assert space.repos == (
            Repo(
                "api.v2",
                "services/api",
                "https://host/api.git",
                ("b", "a"),
                hooks=True,
                remote="hub",
                push_url="git@host:api.git",
                irreversible=("migrations/**", "!migrations/README.md", "data/"),
            ),
        )
        assert space.remote_of(space.repos[0]) == "hub"
        assert (space.name, space.remote, space.timezone) == ("x", "up", "Asia/Tokyo")
        assert (space.jobs, space.log, space.git_timeout) == (64, "l", 3600.0)
        assert (space.push.ignore, space.push.secrets) == (("a",), ())
        assert space.push.max_file_size == 500_000

    def test_order(self, config: Path) -> None:
        """Stages are in the order of promotion, repositories in that of the file."""
        space = read(
            config,
            """
            [repos.b]
            [repos.a]
            [stages.main]
            promotes_from = "stg"
            [stages.hotfix]
            promotes_from = "stg"
            [stages.stg]
            promotes_from = "dev"
            [stages.dev]
            """,
        )
        assert [stage.name for stage in space.stages] == ["dev", "stg", "hotfix", "main"]
        assert [repo.name for repo in space.repos] == ["b", "a"]

    def test_root_is_the_folder_of_the_file(self, config: Path, tmp_path: Path) -> None:
        """A link to a configuration makes the link's folder the workspace."""
        config.write_text(MINIMAL)
        link = tmp_path / "multigit.toml"
        link.symlink_to(config)
        assert load(link).root == tmp_path

    def test_byte_order_mark(self, config: Path) -> None:
        """A byte order mark and Windows line endings are accepted."""
        config.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
        assert load(config).repos == (Repo("api", "api"),)

    def test_credentials_are_accepted(self, config: Path) -> None:
        """A URL with a password can be loaded."""
        url = "https://ada:canary@host/api.git"
        assert read(config, f'{MINIMAL}url = "{url}"').repos[0].url == url


class TestSyntax:
    """A file that is not TOML is reported in one sentence with the position."""

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            (b"[stages.dev]\nbranch = dev\n", "line 2, column 10: invalid value."),
            (b'a = "x', "line 1, column 7: unterminated string."),
            (b"a = 1\na = 2\n", "line 2, column 6: cannot overwrite a value."),
            (b"a = 1\nb = '\xff'", "line 2, column 6: this is not valid UTF-8."),
        ],
    )
    def test_place(self, config: Path, data: bytes, place: str) -> None:
        """The sentence names the file, line and column."""
        config.write_bytes(data)
        with pytest.raises(ConfigError) as caught:
            load(config)
        assert caught.value.message == f"{config}, {place}"
        assert caught.value.hint

    def test_unreadable(self, config: Path) -> None:
        """A folder instead of the file is reported in plain words."""
        config.mkdir()
        with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
            load(config)


STAGE = "[repos.api]\n[stages.stg]\n"
REPO = "[stages.main]\n[repos.api]\n"
WORKSPACE = f"{MINIMAL}[workspace]\n"

ONE_MISTAKE = [
    ("[repos.api]", "stages: there is no stage."),
    ("[stages.main]", "repos: there is no repository."),
    (
        "stages = 5\n[repos.api]",
        "stages: must be made of tables, not the number 5.",
    ),
    ("[stages.main]\n[[repos]]", "repos: must be made of tables, not a list."),
    ("[stages]\nmain = 5\n[repos.api]", "stages.main: must be a table, not the number 5."),
    (f"{STAGE}branch = 5", "stages.stg.branch: must be a text, not the number 5."),
    (f"{STAGE}require_message = 'yes'", "require_message: must be true or false, not the text"),
    (f"{STAGE}checklist = 'a'", "stages.stg.checklist: must be a list, not the text 'a'."),
    (f"{STAGE}checklist = ['a', 2]", "checklist, item 2: must be a text, not the number 2."),
    (f"{STAGE}confirm = 'no'", "must be 'none', 'yes' or 'name', not the text 'no'."),
    (f"{STAGE}confirm = true", "must be 'none', 'yes' or 'name', not true."),
    (f"{STAGE}promotes_from = 'x'", "stages.stg.promotes_from: there is no stage 'x'."),
    (f"{STAGE}promotes_from = 'stg'", "the stages form a circle: stg → stg."),
    (f"{STAGE}branch = 'a..b'", "stages.stg.branch: 'a..b' is not a valid name."),
    ("[repos.api]\n[stages.'a..b']", "'a..b' is not a valid branch name."),
    ("[repos.api]\n[stages.'a b']", "stages.\"a b\": 'a b' is not a valid stage name."),
    ("[repos.api]\n[stages.a]\n[stages.A]", "stages.A: the name differs from a only in case."),
    (
        f"{STAGE}[stages.x]\nbranch = 'stg'",
        "stages.x.branch: 'stg' is also the branch of stage stg",
    ),
    (f"{STAGE}tag = 'x'", "stages.stg.tag: must contain {timestamp} exactly once."),
    (f"{STAGE}tag = '{{timestamp}}{{timestamp}}'", "must contain {timestamp} exactly once."),
    (f"{STAGE}tag = '{{name}}-{{timestamp}}'", "can contain no placeholder but {timestamp}."),
    (f"{STAGE}tag = '{{timestamp}}.lock'", "does not make a valid tag name."),
    (f"{STAGE}tag = '-{{timestamp}}'", "does not make a valid tag name."),
    (f"{REPO}path = '/srv/api'", "repos.api.path: must be a relative path, not '/srv/api'."),
    (f"{REPO}path = '~/api'", "repos.api.path: must be a relative path, not '~/api'."),
    (f"{REPO}path = 'https://host/api'", "must be a relative path, not 'https://…'."),
    (f"{REPO}path = '../api'", "repos.api.path: '../api' may leave the workspace folder."),
    (f"{REPO}path = 'a/../..'", "repos.api.path: 'a/../..' may leave the workspace folder."),
    (f"{REPO}path = ''", "repos.api.path: must not be empty."),
    (f"{REPO}path = 'a\\nb'".replace("'", '"'), "has control or invisible characters."),
    (
        f"{REPO}[repos.b]\npath = './api/'",
        "repos.b.path: 'api' is also the folder of repository api",
    ),
    (f"{REPO}[repos.b]\npath = 'API'", "repos.b.path: 'API' is also the folder of repository api"),
    (f"{REPO}[repos.API]\npath = 'x'", "repos.API: the name differs from api only in case."),
    ("[stages.main]\n[repos.'-x']", "repos.-x: '-x' is not a valid repository name."),
    ("[stages.main]\n[repos.'a/b']", "repos.\"a/b\": 'a/b' is not a valid repository name."),
    (f"{REPO}url = '--upload-pack=x'", "repos.api.url: must be a URL or an absolute path."),
    (f"{REPO}url = '../api.git'", "repos.api.url: must be a URL or an absolute path."),
    (f"{WORKSPACE}jobs = '8'", "workspace.jobs: must be a whole number, not the text '8'."),
    (f"{WORKSPACE}jobs = true", "workspace.jobs: must be a whole number, not true."),
    (f"{WORKSPACE}jobs = 8.0", "workspace.jobs: must be a whole number, not the number 8.0."),
    (f"{WORKSPACE}jobs = 0", "workspace.jobs: must be at least 1, not 0."),
    (f"{WORKSPACE}jobs = 65", "workspace.jobs: must be at most 64, not 65."),
    (f"{WORKSPACE}name = 2025-01-15", "workspace.name: must be a text, not a date or time."),
    (f"{WORKSPACE}timezone = 'Europe'", "workspace.timezone: there is no timezone 'Europe'."),
    (f"{WORKSPACE}timezone = '/etc'", "workspace.timezone: there is no timezone '/etc'."),
    (f"{WORKSPACE}remote = '-o'", "workspace.remote: '-o' is not a valid name."),
    (f"{WORKSPACE}log = 'a/b'", "workspace.log: must be a plain file name, not 'a/b'."),
    (f"{MINIMAL}[repos.a]\npath = 'x/{'y' * 256}'", "is too long for a path."),
    (f"{MINIMAL}[repos.a]\npath = '{'ü/' * 400}'", "is too long for a path."),
    (f"{WORKSPACE}log = '..'", "workspace.log: must be a plain file name, not '..'."),
    (f"{WORKSPACE}log = 'multigit.toml'", "workspace.log: must be a plain file name, not"),
    (f"{WORKSPACE}log = 'api'", "workspace.log: 'api' is also the folder of repository api."),
    (f"{MINIMAL}[git]\ntimeout = '1.5h'", "git.timeout: must be a duration, not '1.5h'."),
    (f"{MINIMAL}[git]\ntimeout = '0s'", "git.timeout: must be a duration, not '0s'."),
    (f"{MINIMAL}[git]\ntimeout = '25h'", "git.timeout: must be a duration, not '25h'."),
    (f"{MINIMAL}[git]\ntimeout = 600", "git.timeout: must be a text, not the number 600."),
    (f"{MINIMAL}[push]\nmax_file_size = '10 MB'", "must be a size, not '10 MB'."),
]


class TestMistakes:
    """Each message begins with the key, and has a hint."""

    @pytest.mark.parametrize(("text", "sentence"), ONE_MISTAKE)
    def test_one(self, config: Path, text: str, sentence: str) -> None:
        """A mistake is reported once, in plain words."""
        (message,) = mistakes(config, text)
        assert sentence in message

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            (f"{STAGE}promote_from = 'x'", "Did you mean promotes_from?"),
            (f"{STAGE}promotes_from = 'de'\n[stages.dev]", "Did you mean dev?"),
            (f"{MINIMAL}[git]\nfoo = 1", "Choose from: timeout."),
            (f"{MINIMAL}[workspce]", "Did you mean workspace?"),
            (f"{WORKSPACE}timezone = 'europe/berlin'", "Did you mean Europe/Berlin?"),
            ("[stages.main]\n[repos]\napi = 'x'", "Write it as [repos.api]."),
            (f"{MINIMAL}[push]\nmax_file_size = '1'", "such as 500KB or 10MB"),
        ],
    )
    def test_hint(self, config: Path, text: str, hint: str) -> None:
        """The hint says what to write."""
        assert hint in next(iter(mistakes(config, text).values()))

    def test_all_at_once(self, config: Path) -> None:
        """Wrong values, unknown keys and contradictions are all reported at once."""
        messages = mistakes(
            config,
            """
            [workspace]
            jobs = "8"
            [stages.dev]
            promotes_from = "main"
            [stages.stg]
            promotes_from = "de"
            promote_from = "dev"
            [stages.main]
            promotes_from = "dev"
            branch = "stg"
            [repos.api]
            [repos.b]
            path = "./api"
            """,
        )
        assert [message.partition(":")[0] for message in messages] == [
            "workspace.jobs",
            "stages.stg.promote_from",
            "stages.main.branch",
            "stages.stg.promotes_from",
            "stages.dev.promotes_from",
            "repos.b.path",
        ]

    def test_wrong_values_cause_no_others(self, config: Path) -> None:
        """No value is reported only because it was compared with a wrong one."""
        text = """
            [stages]
            dev = 5
            main = {branch = 5}
            [stages.x]
            branch = "main"
            promotes_from = "dev"
            [repos.api]
            path = 5
            [repos.b]
            path = "api"
            """
        assert list(mistakes(config, text)) == [
            "stages.dev: must be a table, not the number 5.",
            "stages.main.branch: must be a text, not the number 5.",
            "repos.api.path: must be a text, not the number 5.",
        ]

    def test_circle(self, config: Path) -> None:
        """A circle is reported once, even if another stage leads into it."""
        text = """
            [stages]
            d = {promotes_from = "a"}
            a = {promotes_from = "c"}
            b = {promotes_from = "a"}
            c = {promotes_from = "b"}
            [repos.api]
            """
        (message,) = mistakes(config, text)
        assert message == "stages.a.promotes_from: the stages form a circle: a → b → c → a."

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("{timestamp}", "{timestamp}", True),
            ("d-{timestamp}", "d-{timestamp}-2", True),
            ("d-{timestamp}-2", "d-{timestamp}", True),
            ("1{timestamp}", "{timestamp}-2", False),
            ("d-{timestamp}", "d-{timestamp}2", False),
            ("d-{timestamp}", "d-{timestamp}-x", False),
            ("d-{timestamp}", "d-20250115-150130{timestamp}", False),
            ("2{timestamp}", "{timestamp}2", False),
            ("{timestamp}-1", "{timestamp}-123", False),
            ("deploy-{timestamp}", "stg-deploy-{timestamp}", False),
        ],
    )
    def test_tags_that_meet(self, config: Path, one: str, other: str, same: bool) -> None:  # noqa: FBT001
        """Two stages cannot make the same tag, even if one gets a suffix such as -2."""
        text = f"[repos.api]\n[stages.a]\ntag = '{one}'\n[stages.b]\ntag = '{other}'\n"
        if same:
            (message,) = mistakes(config, text)
            assert (
                message == f"stages.b.tag: {other!r} can make the same tag as {one!r} of stage a."
            )
        else:
            assert len(read(config, text).stages) == 2

    @pytest.mark.parametrize("key", ["path", "groups", "hooks", "url", "color"])
    @pytest.mark.parametrize("password", ["canary", "can'ary", "canary with spaces"])
    def test_no_secret_is_shown(self, config: Path, key: str, password: str) -> None:
        """No message shows a password, whatever key its URL is under."""
        url = f"-https://ada:{password}@host/x.git"
        with pytest.raises(ConfigError) as caught:
            read(config, f'{MINIMAL}{key} = "{url}"\n["https://ada:canary@host"]')
        assert caught.value.details
        assert "ary" not in repr(caught.value.details)
        assert "ary" not in caught.value.message.removeprefix(str(config))
        assert caught.value.__cause__ is None

    def test_nothing_steers_the_terminal(self, config: Path) -> None:
        """Control characters in keys and values are escaped."""
        for message, hint in mistakes(
            config,
            r"""["a\u001b[31m"]"""
            "\n"
            r"""[stages."\u202e"]""",
        ).items():
            assert (message + hint).replace("→", "").isprintable()


class TestValues:
    """Durations, sizes, ref names and keys."""

    def test_durations(self) -> None:
        """Durations are in seconds, minutes or hours."""
        assert [duration(text) for text in ("10s", "5m", "1h")] == [10.0, 300.0, 3600.0]

    def test_sizes(self) -> None:
        """Sizes are in bytes or decimal multiples of them."""
        assert [size(text) for text in ("800B", "500KB", "10MB", "1GB")] == [
            800,
            500_000,
            10_000_000,
            1_000_000_000,
        ]

    @pytest.mark.parametrize("text", ["", "10", "s", "-1s", "1 s", "1d", "\uff11s", "10s\n"])
    def test_no_duration(self, config: Path, text: str) -> None:
        """Anything else is reported."""
        (sentence,) = mistakes(config, f"{MINIMAL}[git]\ntimeout = {json.dumps(text)}")
        assert sentence.startswith("git.timeout: must be a duration, not ")

    def test_refs(self) -> None:
        """Names that git refuses are refused, and so are HEAD, options and very long names."""
        good = ["a", "main", "release/2.x", "a.b", "a-", "x/-y", "a.lockx", "1", "a@"[:1], "A_b"]
        bad = ["a..b", "a/", "a//b", "a/.b", "a.lock", "a.lock/b", "a.", ".a", "/a", "a b", "a\n"]
        assert [name for name in [*good, *bad] if is_ref(name)] == good
        assert [name for name in [*good, *bad] if git_takes(name)] == good
        assert not is_ref("HEAD")
        assert not is_ref("-x")
        assert not is_ref("a" * 201)

    def test_keys(self) -> None:
        """A key is quoted as TOML requires."""
        assert dotted("repos", "api.v2", "groups", 0) == 'repos."api.v2".groups, item 1'
        assert tomllib.loads(f"[{dotted('a', chr(127), chr(10))}]") == {"a": {"\x7f": {"\n": {}}}}


def git_takes(name: str) -> bool:
    """Return whether git accepts a branch of this name."""
    return (
        subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=False).returncode
        == 0
    )


class TestSchema:
    """The JSON Schema for editors, and the example configuration."""

    def test_example(self) -> None:
        """The example is valid according to the schema, and can be loaded."""
        Draft202012Validator.check_schema(schema())
        Draft202012Validator(schema()).validate(tomllib.loads(EXAMPLE.read_text("utf-8")))
        assert [stage.name for stage in load(EXAMPLE).stages] == ["dev", "stg", "main"]

    def test_example_is_complete(self) -> None:
        """The example has every key of every section."""
        document = tomllib.loads(EXAMPLE.read_text("utf-8"))
        assert set(document) == set(SECTIONS)
        for name, model in SECTIONS.items():
            tables = document[name].values() if name in {"stages", "repos"} else [document[name]]
            assert {key for table in tables for key in table} == set(model.model_fields)
        repos, stages = document["repos"].values(), document["stages"].values()
        for name, nested in NESTED.items():
            tables = [stage[name] for stage in stages if name in stage]
            tables += [table for repo in repos for table in repo.get(name, {}).values()]
            keys = {field.alias or key for key, field in nested.model_fields.items()}
            assert {key for table in tables for key in table} == keys

    def test_example_shows_the_defaults(self) -> None:
        """The lists under [push] in the example are the defaults."""
        shown, default = load(EXAMPLE), Workspace(EXAMPLE.parent, (), ())
        assert shown.push == default.push
        assert (shown.jobs, shown.log, shown.git_timeout) == (8, default.log, default.git_timeout)

    @pytest.mark.parametrize("text", [text for text, _ in ONE_MISTAKE if "= '" in text][:3])
    def test_refuses(self, text: str) -> None:
        """The schema rejects wrong values, too."""
        assert not Draft202012Validator(schema()).is_valid(tomllib.loads(text))

    def test_everything_is_described(self) -> None:
        """Each section and key has a description, and no section allows unknown keys."""
        whole: dict[str, Any] = schema()
        tables = [whole, *(part for part in whole["$defs"].values() if part["type"] == "object")]
        assert len(tables) == len(SECTIONS) + len(NESTED) + 1
        for table in tables:
            assert table["description"]
            assert table["additionalProperties"] is False
        for model in (*SECTIONS.values(), *NESTED.values()):
            assert issubclass(model, BaseModel)
            assert all(field.description for field in model.model_fields.values())


DEEP = "a = " + "[" * 5_000
TOO_MUCH = [
    DEEP,
    DEEP + "]" * 5_000,
    "a = " + "{a = " * 5_000,
    ".".join("a" * 100_000) + " = 1",
    f"[{'.'.join('a' * 5_000)}]",
    "#" * 2_000_000,
    f"{MINIMAL}[workspace]\njobs = {'9' * 4_000}",
    f"{MINIMAL}[workspace]\njobs = {'9' * 5_000}",
    f"{MINIMAL}[workspace]\njobs = 0x{'f' * 9_000}",
    f"{MINIMAL}[workspace]\njobs = -{'9' * 4_000}.0",
    f"{MINIMAL}[git]\ntimeout = {'9' * 4_000}",
    "".join(f"k{number} = 1\n" for number in range(5_000)),
    f"{'k' * 500_000} = 1",
    "\0",
    "[repos]\na = 1\nb = []\n[stages]\nc = 2\n",
]


@pytest.mark.parametrize("text", TOO_MUCH, ids=range(len(TOO_MUCH)))
def test_absurd_files_are_refused_at_once(config: Path, text: str) -> None:
    """The message names the file, and stays short even for endless numbers."""
    start = time.process_time()
    with pytest.raises(ConfigError) as caught:
        read(config, text)
    assert time.process_time() - start < 5
    assert str(config) in caught.value.message
    sentences = [caught.value.message, *(message for message, _ in caught.value.details)]
    assert max(map(len, sentences)) < 1_000 + len(str(config))


@pytest.mark.parametrize(
    "put",
    [
        os.mkdir,
        os.mkfifo,
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to("/dev/zero"),
    ],
)
def test_what_is_not_a_file_is_named(config: Path, put: Callable[[Path], None]) -> None:
    """The search does not continue above it, and reading does not hang."""
    put(config)
    with pytest.raises(ConfigError) as caught:
        load(find_config(config.parent, {}, None))
    assert str(config) in caught.value.message
