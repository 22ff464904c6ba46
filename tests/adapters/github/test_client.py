"""The GitHub client: what it imports and when, where it sends requests, and how long it waits."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from github.Repository import Repository
from github.Requester import Requester

from multigit.adapters.github.answers import pause_asked
from multigit.adapters.github.client import TIMEOUT, GithubClient
from multigit.adapters.github.requester import LARGEST
from multigit.adapters.github.runs import GithubRuns
from multigit.errors import StoppedError
from tests.doubles.conftest import REPO
from tests.doubles.github import TOKEN, GitHub, faults
from tests.doubles.loopback import Answer, LoopbackServer, Request, Silence, json_answer
from tests.support.forge import ForgeRepo

from .hubs import IMPATIENT, KEYED, START, Clone, refused, spec


class Host(LoopbackServer):
    """A server that gives every request the same answer."""

    def __init__(self, answer: Answer | Silence) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[str] = []

    def react(self, request: Request) -> Answer | Silence:
        """Record a request, and answer it."""
        self.asked.append(f"{request.method} {request.target}")
        return self.answer


def client(
    api: str, wait: Callable[[float], None] = lambda _: None, timeout: float = TIMEOUT
) -> GithubClient:
    """Return a client that does not wait."""
    return GithubClient(api_url=api, token=lambda: TOKEN, wait=wait, timeout=timeout)


def test_pygithub_is_imported_at_the_first_request() -> None:
    """Creating the client does not import it."""
    program = """
import sys
from multigit.adapters.github.client import GithubClient
from multigit.adapters.github.runs import GithubRuns
GithubRuns(GithubClient(api_url="", token=str), lambda name: None)
sys.exit(bool({"github", "requests"} & sys.modules.keys()))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """A read and a write both report that the address has moved."""
    with Host(Answer(status, b"", (("Location", "/elsewhere"),))) as host:
        for call in (
            client(host.url).get,
            lambda path, what: client(host.url).post(path, {}, what),
        ):
            error = refused(lambda call=call: call("/x", "api"))  # type: ignore[misc]
            assert (error.code, error.message) == ("github_moved", "api has moved.")
        assert host.asked == ["GET /x", "POST /x"]


def test_an_answer_that_is_not_ready_is_not_polled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyGithub itself would ask again forever."""
    monkeypatch.setattr("github.Consts.PROCESSING_202_WAIT_TIME", 0.0)
    with Host(json_answer(202, {})) as host:
        assert refused(lambda: client(host.url).get("/x", "api")).code == "github_unclear"
        assert len(host.asked) == 1


def test_a_write_is_never_sent_twice() -> None:
    """This holds for every kind of answer, and without an answer."""
    answers: list[Answer | Silence] = [
        Answer(502),
        Answer(500),
        Silence.HANG_UP,
        Silence.NEVER,
        Answer(200, b"<html>"),
    ]
    for answer in answers:
        with Host(answer) as host:
            made = client(host.url, timeout=IMPATIENT if answer is Silence.NEVER else TIMEOUT)
            refused(lambda made=made: made.post("/x", {}, "api"))  # type: ignore[misc]
            assert host.asked == ["POST /x"]


def test_a_netrc_does_not_replace_the_token(hub: GitHub, home: Path) -> None:
    """The configured token is sent."""
    (home / ".netrc").write_text("machine 127.0.0.1 login x password y\n")
    client(hub.api).get("/user", "the user")
    assert hub.authorizations == [f"token {TOKEN}"]


def test_waiting_can_be_stopped(hub: GitHub) -> None:
    """The wait function may raise, in a read and in a write."""

    def stop(_: float) -> None:
        raise StoppedError

    hub.inject(faults.secondary_limit(7), times=None)
    with pytest.raises(StoppedError):
        client(hub.api, stop).get(f"/repos/{REPO}", REPO)
    with pytest.raises(StoppedError):
        client(hub.api, stop).post(f"/repos/{REPO}/actions/runs/1/cancel", {}, REPO)
    assert hub.count() == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "-7"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:17:00 GMT"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:16:00 GMT"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1010"}, 11.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"}, 1.0),
        ({"x-ratelimit-remaining": "0"}, 0.0),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "1010"}, 0.0),
    ],
)
def test_the_headers_say_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    """The current time is 1000."""
    assert pause_asked(headers, 1000.0) == seconds


def test_the_client_waits_for_a_limit_that_ends_soon(hub: GitHub) -> None:
    """It waits until the limit is reset, for both statuses that GitHub uses for this."""
    waits = list[float]()
    for status in (403, 429):
        hub.inject(faults.primary_limit(int(time.time()) + 20, status=status))
        assert client(hub.api, waits.append).get(f"/repos/{REPO}", REPO).good
    assert all(18 < seconds < 23 for seconds in waits)
    assert (len(waits), hub.count()) == (2, 4)


@pytest.mark.parametrize("call", ["get", "post"])
@pytest.mark.parametrize(
    "fault",
    [
        faults.error(429),
        faults.error(403, "You have exceeded a secondary rate limit. Please wait."),
    ],
)
def test_the_client_waits_a_minute_for_a_limit_without_a_time(
    hub: GitHub, fault: faults.Fault, call: str
) -> None:
    """GitHub's documentation asks for it; only the message shows that a 403 is about a limit."""
    hub.inject(fault, times=None)
    waits = list[float]()
    made = client(hub.api, waits.append)
    path = f"/repos/{REPO}"
    if call == "get":
        error = refused(lambda: made.get(path, "api"))
    else:
        error = refused(lambda: made.post(f"{path}/actions/runs/1/cancel", {}, "api"))
    assert error.code == "rate_limited"
    assert waits == [pytest.approx(60.0, abs=0.1)]


def test_a_limit_costs_one_refusal_however_many_start(hub: GitHub, api: ForgeRepo) -> None:
    """Twenty starts at once, of which four are accepted and then none for a second: twenty runs."""
    limit = hub.limit(START, most=4, seconds=1.0)
    said = list[str]()
    made = GithubClient(api_url=hub.api, token=lambda: TOKEN, notify=said.append)
    runs = GithubRuns(made, lambda _: Clone())
    specs = [spec(api, KEYED, key=f"promote-7/api/{number}/1") for number in range(20)]
    with ThreadPoolExecutor(16) as pool:
        ids = {run.id for run in pool.map(runs.start, specs)}
    assert ids == {str(one.id) for one in hub.runs()}
    assert (len(ids), set(hub.starts.values())) == (20, {1})
    assert limit.refused == [1, 1, 1, 1]
    assert len(set(said) - {""}) == 4


def test_a_compressed_answer_is_read() -> None:
    """GitHub compresses long listings."""
    body = gzip.compress(b'{"a": 1}')
    with Host(Answer(200, body, (("Content-Encoding", "gzip"),))) as host:
        assert client(host.url).get("/x", "api").document() == {"a": 1}


@pytest.mark.parametrize(
    ("body", "encoding", "fault"),
    [
        (gzip.compress(bytes(LARGEST + 1)), "gzip", "larger than 32 MB"),
        (gzip.compress(b'{"a": 1}')[:-1], "gzip", "incomplete"),
        (b"{}", "br", "compressed as br, which was not requested"),
    ],
    ids=["large", "cut", "br"],
)
def test_an_answer_that_cannot_be_read_whole_is_named(
    body: bytes, encoding: str, fault: str
) -> None:
    """It is not called invalid JSON, and after a write the result is unknown."""
    with Host(Answer(200, body, (("Content-Encoding", encoding),))) as host:
        error = refused(lambda: client(host.url).get("/x", "api"))
        assert (error.code, error.message) == (
            "github_unreadable",
            f"GitHub's answer for api is {fault}.",
        )
        unclear = refused(lambda: client(host.url).post("/x", {}, "api"))
        assert (unclear.code, unclear.message) == ("github_unclear", error.message)
        assert len(host.asked) == 2


def test_pygithub_sends_nothing_by_itself() -> None:
    """Even its own methods that ours override send nothing."""
    with Host(json_answer(200, {})) as host:
        requester = client(host.url).requester()
        with pytest.raises(AssertionError):
            Requester.requestJson(requester, "GET", "/x")
        assert host.asked == []
        requester.requestJson("GET", "/x")
        assert host.asked == ["GET /x"]


def test_an_object_that_pygithub_cannot_read_is_not_an_answer() -> None:
    """No error of PyGithub is raised, since a write may have been carried out."""
    with Host(json_answer(200, [1])) as host:
        made = client(host.url)
        error = refused(lambda: made.look_up(REPO, "x", lambda repo: repo.get_environment("x")))
        assert (error.code, host.asked) == ("github_no_json", [f"GET /repos/{REPO}/environments/x"])

        def start(repo: Repository) -> object:
            return repo.get_workflow("x.yml").create_dispatch(
                "main", throw=True, return_run_details=True
            )

        assert refused(lambda: made.write(REPO, "x", start)).code == "github_unclear"
        assert len(host.asked) == 2


def test_an_endless_listing_is_given_up() -> None:
    """At most a thousand entries are read."""
    page = {"total_count": 5000, "items": [{}] * 100}
    with Host(json_answer(200, page)) as host:
        error = refused(lambda: client(host.url).pages("/x", "the listing", "items"))
        assert (error.code, len(host.asked)) == ("github_too_many", 10)
