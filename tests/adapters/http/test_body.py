"""Bodies of answers, packed or not: what is read of them, and what is said if that is not all."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multigit.adapters.http.body import KB, MB, in_bytes, read_body
from multigit.adapters.http.request import request
from multigit.core.values.deploy_config import HealthCheck
from multigit.core.values.health_check import HealthAnswer, unhealthy
from tests.doubles.loopback import Answer
from tests.doubles.receivers import Health

LIMIT = 100


def read(body: bytes, encoding: str = "", limit: int = LIMIT) -> tuple[bytes, str]:
    """Read a body that comes in chunks of a few bytes."""
    return read_body((body[at : at + 7] for at in range(0, len(body), 7)), encoding, limit)


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "x-gzip", "deflate", " GZIP "])
def test_a_body_is_read_whole_up_to_its_limit(encoding: str) -> None:
    """Exactly as many bytes as are allowed are not too many."""
    for size in (0, 1, LIMIT, LIMIT + 1):
        body = b"x" * size
        packed = zlib.compress(body) if "deflate" in encoding else gzip.compress(body)
        fault = f"larger than {in_bytes(LIMIT)}" if size > LIMIT else ""
        sent = packed if encoding.strip() in {"gzip", "x-gzip", "deflate", "GZIP"} else body
        assert read(sent, encoding) == (body[:LIMIT], fault)


def test_a_bomb_is_not_unpacked() -> None:
    """It takes no more memory than its limit, and no further chunk is read."""
    bomb = gzip.compress(bytes(64 * MB))
    taken = list[bytes]()

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(bomb), 8192):
            taken.append(bomb[at : at + 8192])
            yield taken[-1]

    tracemalloc.start()
    body, fault = read_body(chunks(), "gzip", 64 * KB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(body), fault, len(taken)) == (64 * KB, "larger than 64 KB", 1)
    assert peak < MB


@given(st.lists(st.binary(), min_size=1, max_size=4), st.binary(max_size=3))
def test_several_parts_are_one_body(parts: list[bytes], zeros: bytes) -> None:
    """Padding after them is ignored."""
    packed = b"".join(map(gzip.compress, parts)) + bytes(len(zeros))
    assert read(packed, "gzip", limit=MB) == (b"".join(parts), "")


@given(st.binary(min_size=1), st.data())
def test_what_is_cut_is_not_complete(body: bytes, data: st.DataObject) -> None:
    """Wherever a packed body ends too early."""
    packed = gzip.compress(body)
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    start, fault = read(cut, "gzip", limit=MB)
    assert fault == "incomplete"
    assert body.startswith(start)


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "\x1b[2J"]
)
def test_what_was_not_requested_is_not_unpacked(encoding: str) -> None:
    """The answer is named as what it is, in one line without escape sequences."""
    body, fault = read(gzip.compress(b"x"), encoding)
    assert body == b""
    assert fault.startswith("compressed as ")
    assert fault.endswith(", which was not requested")
    assert "\x1b" not in fault


def test_what_is_not_packed_is_damaged() -> None:
    """A proxy that unpacks may forget the header."""
    assert read(b'{"a": 1}', "gzip") == (b"", "damaged: it is not gzip")


def test_a_part_of_json_is_no_document() -> None:
    """The first digits of a number would be a number, too."""
    with Health() as server:
        server.answer(Answer(200, b"1" * (LIMIT + 1)))
        reply = request("GET", server.url, timeout=5, limit=LIMIT)
        assert (reply.fault, reply.document()) == ("larger than 0.1 KB", None)
        reply = request("GET", server.url, timeout=5, limit=0)
        assert (reply.fault, reply.text) == ("", "")


def test_of_a_large_health_answer_status_and_headers_count() -> None:
    """A value in its JSON does not: what was not read could replace it."""
    body = json.dumps({"sha": "abc", "more": "x" * 70_000, "sha ": ""})
    answer = HealthAnswer(200, body[:64_000], {"x-sha": "abc"}, "larger than 64 KB")
    check = HealthCheck("http://localhost/", json="sha")
    assert unhealthy(check, "abc", answer) == (
        "its answer is larger than 64 KB, so sha cannot be read."
    )
    assert unhealthy(HealthCheck("http://localhost/", header="X-Sha"), "abc", answer) == ""
    assert unhealthy(HealthCheck("http://localhost/"), "abc", answer) == ""
    assert "it answers 200, not 204" in unhealthy(HealthCheck("x", status=204), "abc", answer)
