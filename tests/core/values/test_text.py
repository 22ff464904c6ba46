"""Text from outside can neither control a terminal nor show a password."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multigit.core.values.text import masked, nearest, pathspec, plural, redacted, slips, visible

CORPUS = [
    ("bell", "\x07", "\\x07"),
    ("nul", "\x00", "\\x00"),
    ("tab", "\t", "\\t"),
    ("line feed", "\n", "\\n"),
    ("carriage return", "\r", "\\r"),
    ("delete", "\x7f", "\\x7f"),
    ("colour", "\x1b[31m", "\\x1b[31m"),
    ("clear screen", "\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
    ("window title", "\x1b]0;pwned\x07", "\\x1b]0;pwned\\x07"),
    ("hyperlink", "\x1b]8;;http://evil\x1b\\here", "\\x1b]8;;http://evil\\x1b\\here"),
    ("clipboard", "\x1b]52;c;ZXZpbA==\x07", "\\x1b]52;c;ZXZpbA==\\x07"),
    ("device control", "\x1bP$q\x1b\\", "\\x1bP$q\\x1b\\"),
    ("C1 introducer", "\x9b2J", "\\x9b2J"),
    ("C1 system command", "\x9d0;x\x9c", "\\x9d0;x\\x9c"),
    ("next line", "\x85", "\\x85"),
    ("right-to-left override", "\u202e", "\\u202e"),
    ("left-to-right isolate", "\u2066", "\\u2066"),
    ("right-to-left mark", "\u200f", "\\u200f"),
    ("zero-width space", "\u200b", "\\u200b"),
    ("zero-width joiner", "\u200d", "\\u200d"),
    ("word joiner", "\u2060", "\\u2060"),
    ("byte order mark", "\ufeff", "\\ufeff"),
    ("soft hyphen", "\xad", "\\xad"),
    ("line separator", "\u2028", "\\u2028"),
    ("paragraph separator", "\u2029", "\\u2029"),
    ("language tag", "\U000e0041", "\\U000e0041"),
    ("private use", "\ue000", "\\ue000"),
    ("byte that is not text", "\udcff", "\\udcff"),
]


@pytest.mark.parametrize(
    ("hidden", "shown"), [row[1:] for row in CORPUS], ids=[r[0] for r in CORPUS]
)
def test_invisible_characters_are_escaped(hidden: str, shown: str) -> None:
    """They are escaped even between ordinary letters."""
    assert visible(f"a{hidden}é") == f"a{shown}é"


@pytest.mark.parametrize(
    "text", ["", "fix: time-out", "Größe 5 €", "日本語 עברית", "é 🚀", "a\\x1b"]
)
def test_visible_characters_stay(text: str) -> None:
    """Letters of any script, symbols and emoji are left alone."""
    assert visible(text) == text


@settings(max_examples=100)
@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF)))
def test_no_text_can_control_a_terminal(text: str) -> None:
    """The result has no control, format or line-breaking characters, whatever the text is."""
    kinds = {unicodedata.category(character) for character in visible(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ada:s3cret@host/x.git", "https://***@host/x.git"),
        ("https://ghp_s3cret@host/x.git", "https://***@host/x.git"),
        ("https://:s3cret@host/x.git", "https://***@host/x.git"),
        ("https://ada:@host/x.git", "https://***@host/x.git"),
        ("https://ada%40x:s3%2Fcret@host/x.git", "https://***@host/x.git"),
        ("https://a:s3:cr:et@host:8443/x", "https://***@host:8443/x"),
        ("https://ada:s3@cret@host/x", "https://***@host/x"),
        ("https://ada:s3'c\"ret@host/x", "https://***@host/x"),
        ("HTTPS://ada:s3cret@HOST/x", "HTTPS://***@HOST/x"),
        ("http://ada:s3cret@[::1]:80/x", "http://***@[::1]:80/x"),
        ("ssh://ada:s3cret@host/x", "ssh://***@host/x"),
        ("git+ssh://ada:s3cret@host/x", "git+ssh://***@host/x"),
        ("socks5://ada:s3cret@proxy:1080", "socks5://***@proxy:1080"),
        ("http::https://ada:s3cret@host/x", "http::https://***@host/x"),
        ("url=https://ada:s3cret@host", "url=https://***@host"),
        ("fatal: 'https://ada:s3cret@host/x/': 403", "fatal: 'https://***@host/x/': 403"),
        ('at "https://ada:s3cret@host/x"\nor', 'at "https://***@host/x"\nor'),
        ("https://a:s3cret@h/1 and https://b:s3cret@h/2", "https://***@h/1 and https://***@h/2"),
    ],
)
def test_user_and_password_of_a_url_are_masked(text: str, shown: str) -> None:
    """They are masked anywhere in a text, and the host stays, since people need it."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://host/x.git",
        "https://host:8443/ada@example.com",
        "git@github.com:acme/api.git",
        "Ada <ada@example.com>",
        "https://host/x or mail ada@example.com",
        "file:///srv/git/a@b.git",
    ],
)
def test_text_without_credentials_stays(text: str) -> None:
    """An @ alone is not a secret."""
    assert masked(text) == text


@settings(max_examples=100)
@given(
    st.sampled_from(["http", "https", "ssh", "ftp"]),
    st.text(string.ascii_letters + string.digits + "._-%:~!$&()*+,;=", min_size=1),
)
def test_no_password_that_a_url_can_hold_is_shown(scheme: str, secret: str) -> None:
    """This covers every character that a URL allows there without escaping."""
    assert masked(f"{scheme}://{secret}@host/x") == f"{scheme}://***@host/x"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sgt", "stg"),
        ("dve", "dev"),
        ("mian", "main"),
        ("Main", "main"),
        ("databse", "database"),
        ("dtabaes", "database"),
        ("user-fronted", "user-frontend"),
        ("frontend", "user-frontend"),
        ("websockets", "websocket"),
    ],
)
def test_a_slip_is_understood(typed: str, meant: str) -> None:
    """It may be one wrong, missing or swapped letter, two in a long name, or a part of one name."""
    known = ["dev", "stg", "main", "shop", "api", "database", "user-frontend", "websocket"]
    assert nearest(typed, known) == meant


@pytest.mark.parametrize(
    "typed", ["nope", "prod", "production", "v", "ap1x", "worker", "base64", "web-b", "o", ""]
)
def test_what_resembles_nothing_suggests_nothing(typed: str) -> None:
    """A wrong suggestion is worse than the list of names."""
    assert nearest(typed, ["dev", "stg", "main", "shop", "api", "database", "web-admin-1"]) is None
    assert nearest(typed, []) is None


def test_a_part_of_several_names_suggests_none() -> None:
    """It is unclear which one was meant."""
    assert nearest("frontend", ["user-frontend", "admin-frontend"]) is None


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_a_distance(one: str, other: str) -> None:
    """It is 0 for equal words, symmetric, and at most the length of the longer word."""
    assert (slips(one, other) == 0) == (one == other)
    assert slips(one, other) == slips(other, one) <= max(len(one), len(other))


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("a.txt", "a.txt"),
        ("a b-x:y.txt", "'a b-x:y.txt'"),
        ("-x", "./-x"),
        (":x", "./:x"),
        (":[ab]", "':(literal):[ab]'"),
        ("-*", "':(literal)-*'"),
    ],
)
def test_a_path_is_typed_so_that_it_is_not_an_option_or_pattern(path: str, typed: str) -> None:
    """It is changed only if git would read it as one."""
    assert pathspec(path) == typed


def test_the_longest_secret_is_redacted_first() -> None:
    """A secret may begin with another one, and its end would remain otherwise."""
    assert redacted("a secret, a secret-2", ["secret", "secret-2"]) == "a ***, a ***"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "commit", "1 commit"),
        (0, "commit", "0 commits"),
        (2, "repository", "2 repositories"),
        (1, "repository", "1 repository"),
        (2, "day", "2 days"),
    ],
)
def test_a_count_has_the_right_noun(count: int, noun: str, text: str) -> None:
    """The plural may be irregular."""
    assert plural(count, noun) == text
