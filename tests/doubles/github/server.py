"""The server: which requests are allowed, which ones fail, and how they are answered."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tests.doubles.loopback import Answer, LoopbackServer, Request, Silence, json_answer

from .contract import Match, contract
from .documents import Documents
from .faults import Fault, Faults, Limit
from .routes import ROUTES, Call, Page, Reply
from .runs import Point, Run, Start, arrived, finished, moved
from .world import Check, CommitStatus, RefusedError, Repository, Token, World, now

TOKEN = "token-of-ada"
_LIMIT = 5000
_PER_PAGE = 30
_MOST = 100
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach of the contract, by a request or by an answer of the double itself."""

    side: str
    operation: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its answer; status 0 means that there was none."""

    method: str
    path: str
    operation: str
    repo: str
    status: int


class GitHub(LoopbackServer):
    """GitHub's REST API over bare repositories, while its `with` block runs.

    `repositories` maps owner/name to what the double serves. With `run_details` False the server
    does not know `return_run_details` (400), and `prefix` is `/api/v3` on Enterprise Server.
    `check` False leaves the contract unchecked, for measurements.
    """

    def __init__(
        self,
        repositories: Mapping[str, Repository],
        *,
        tokens: Mapping[str, Token] | None = None,
        run_details: bool = True,
        prefix: str = "",
        clock: Callable[[], datetime] = now,
        check: bool = True,
    ) -> None:
        super().__init__()
        self.violations: list[Violation] = []
        self.requests: list[Asked] = []
        self.authorizations: list[str] = []
        self.tokens = dict(tokens or {TOKEN: Token("ada")})
        self.world = World(repositories, clock)
        self._documents = Documents(self.url + prefix)
        self._run_details = run_details
        self._prefix = prefix
        self._check = check
        self._faults = Faults()
        self._limits_of: list[Limit] = []
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._used = 0

    # --- For tests: what will happen

    @property
    def api(self) -> str:
        """The API's address, for `Github(base_url=…)`."""
        return self._documents.base

    def script(
        self,
        repo: str,
        steps: Sequence[str | Point],
        *,
        workflow: str | None = None,
        times: int | None = None,
    ) -> None:
        """Set the course of the next `times` runs of a repository; None means all that follow.

        A step is a status or a conclusion, or a Point that also names the job and step. Each poll
        of a run, by its id or in a listing, shows it and moves it one step further. Scripts with
        `times` are used first, in order; of the others, the newest counts.
        """
        with self._lock:
            self.world.script(repo, steps, workflow, times)

    def inject(
        self,
        fault: Fault,
        repo: str = "*",
        operation: str = "*",
        *,
        times: int | None = 1,
        after: int = 0,
    ) -> None:
        """Let the next `times` requests fail, after letting `after` pass; None means all.

        `repo` and `operation` (such as `actions/create-workflow-dispatch`) are patterns.
        """
        with self._lock:
            self._faults.add(fault, repo, operation, times, after)

    def limit(self, operation: str, most: int, seconds: float) -> Limit:
        """Refuse an operation for so many seconds, each time after `most` requests for it."""
        with self._lock:
            self._limits_of.append(limit := Limit(operation, most, seconds))
        return limit

    def clear_faults(self) -> None:
        """Forget all faults that have not occurred yet."""
        with self._lock:
            self._faults.clear()

    def late(self, repo: str, listings: int) -> None:
        """Hide each new run from this many listings; a negative number means from all."""
        with self._lock:
            self.world.lateness[repo] = listings

    def late_ref(self, repo: str, ref: str, requests: int) -> None:
        """Let the API learn of a ref (`refs/tags/v1`) only after this many requests for it."""
        with self._lock:
            self.world.unseen[repo, ref] = requests

    def push_seen(self, repo: str) -> None:
        """Start the runs that the pushes so far trigger, without a listing."""
        with self._lock:
            self.world.see_pushes(repo)

    def start(
        self,
        repo: str,
        workflow: str,
        ref: str,
        *,
        inputs: Mapping[str, str] | None = None,
        actor: str = "grace",
    ) -> Run:
        """Start a run as a colleague would on the web page; it is not counted."""
        with self._lock:
            known = self.world.workflow(repo, workflow)
            full = self.world.repositories[repo].git.find(ref) or ref
            start = Start(repo, known.file, full.split("/", 2)[2], tuple((inputs or {}).items()))
            return self.world.begin(start, known, full, actor, counted=False)

    def rerun(self, run: Run, actor: str = "grace") -> Run:
        """Run it again, as a colleague would on its page; it is not counted."""
        with self._lock:
            return self.world.rerun(self.world.runs[run.id], actor, counted=False)

    def advance(self, run: Run) -> Run:
        """Move a run one step further in its script, as a poll would."""
        with self._lock:
            return self.world.keep(moved(self.world.runs[run.id], self.world.clock()))

    def put(self, run: Run, word: str, *, job: str | None = None, step: str | None = None) -> Run:
        """Put a run at a status or conclusion, where it stays."""
        with self._lock:
            point, moment = Point(word, job, step), self.world.clock()
            known = replace(self.world.runs[run.id], rest=())
            change = finished if point.over else arrived
            return self.world.keep(change(known, point, moment))

    def finish(
        self, run: Run, word: str, *, job: str | None = None, step: str | None = None
    ) -> Run:
        """End a run with a conclusion; the named job and step are where it failed."""
        if not Point(word).over:
            raise ValueError(word)
        return self.put(run, word, job=job, step=step)

    def delete(self, run: Run) -> None:
        """Delete a run from its page, as a colleague would."""
        with self._lock:
            del self.world.runs[run.id]

    def check_run(
        self, repo: str, ref: str, name: str, word: str, *, suite: int = 1, app: int = 0
    ) -> None:
        """Add a check run to a commit, with a status or a conclusion, and keep older ones."""
        with self._lock:
            sha = self.world.repositories[repo].git.commit(ref) or ref
            check = Check(next(self._ids), repo, sha, name, Point(word), suite, app)
            self.world.checks.append(check)

    def commit_status(self, repo: str, ref: str, context: str, state: str) -> None:
        """Add a status to a commit, replacing older ones of the context."""
        with self._lock:
            sha = self.world.repositories[repo].git.commit(ref) or ref
            status = CommitStatus(next(self._ids), repo, sha, context, state)
            self.world.statuses.append(status)

    # --- For tests: what has happened

    @property
    def starts(self) -> Counter[Start]:
        """How often each thing was effectively started, reruns included."""
        with self._lock:
            return +self.world.starts

    def runs(self, repo: str | None = None) -> tuple[Run, ...]:
        """The runs so far, in the order of their start, in their current state."""
        with self._lock:
            known = tuple(self.world.runs.values())
        return tuple(run for run in known if repo in (None, run.repo))

    def count(self, operation: str = "*", repo: str | None = None) -> int:
        """The number of requests for an operation; `*` means any."""
        return sum(
            operation in ("*", asked.operation) and repo in (None, asked.repo)
            for asked in list(self.requests)
        )

    # --- Answering

    def react(self, request: Request) -> Answer | Silence:
        """Check a request, apply a fault, and answer it."""
        with self._lock:
            self.authorizations.append(request.headers.get("authorization", ""))
            match = self._match(request)
            repo = _repo(match)
            reaction = self._react(request, match, repo)
            status = reaction.status if isinstance(reaction, Answer) else 0
            self._used += status != _NOT_MODIFIED
            operation = match.operation.id if match else ""
            self.requests.append(Asked(request.method, request.target, operation, repo, status))
            return reaction

    def _match(self, request: Request) -> Match | None:
        if not request.path.startswith(f"{self._prefix}/"):
            return None
        return contract().match(request.method, request.path.removeprefix(self._prefix))

    def _react(self, request: Request, match: Match | None, repo: str) -> Answer | Silence:
        if match is None or match.operation.id not in {*ROUTES, "rate-limit/get"}:
            self._blame("request", request.target, "no such operation in the double's contract")
            return self._refusal(RefusedError(404, "Not Found"))
        errors = contract().request_errors(match, request) if self._check else ()
        for text in errors:
            self._blame("request", match.operation.id, text)
        operation = match.operation.id
        refusals = (limit.take(operation) for limit in self._limits_of)
        fault = next(filter(None, refusals), None) or self._faults.take(operation, repo)
        if fault and not fault.effect and fault.reaction is not None:
            return fault.reaction
        answer = self._answer(request, match, repo, errors)
        for text in contract().answer_errors(match, request, answer) if self._check else ():
            self._blame("answer", match.operation.id, text)
        return fault.spoil(answer) if fault else _unmodified(request, answer)

    def _answer(self, request: Request, match: Match, repo: str, errors: tuple[str, ...]) -> Answer:
        try:
            token = self._identified(request, repo, errors)
            if match.operation.id == "rate-limit/get":
                return self._reply(Reply(self._limits()))
            call = self._call(request, match, repo, token)
            result = ROUTES[match.operation.id](call)
        except RefusedError as error:
            return self._refusal(error)
        except Exception as error:  # noqa: BLE001 - a bug of the double fails the test, clearly
            self._blame("double", match.operation.id, repr(error))
            return self._refusal(RefusedError(500, "A bug of the double"))
        if isinstance(result, Page):
            return self._page(request, result, call.query)
        return self._reply(result)

    def _identified(self, request: Request, repo: str, errors: tuple[str, ...]) -> Token:
        """The token, if it may do this. Raises RefusedError 401, 403, 404 or 422."""
        given = request.headers.get("authorization", "").partition(" ")[2]
        token = self.tokens.get(given)
        if token is None:
            raise RefusedError(401, "Bad credentials")
        seen = self.world.repositories if token.repositories is None else token.repositories
        if repo and (repo not in seen or repo not in self.world.repositories):
            raise RefusedError(404, "Not Found")
        if request.method != "GET" and not token.may_write:
            raise RefusedError(403, "Resource not accessible by personal access token")
        if errors:
            raise RefusedError(422, "Invalid request.")
        return token

    def _call(self, request: Request, match: Match, repo: str, token: Token) -> Call:
        return Call(
            world=self.world,
            documents=self._documents,
            token=token,
            repo=repo,
            params=match.params,
            query=dict(request.query),
            body=request.json() if request.body else {},
            run_details=self._run_details,
        )

    def _reply(self, reply: Reply) -> Answer:
        headers = self._limit_headers()
        if reply.value is None:
            return Answer(reply.status, b"", headers)
        return json_answer(reply.status, reply.value, *headers)

    def _page(self, request: Request, page: Page, query: Mapping[str, str]) -> Answer:
        size = min(int(query.get("per_page", _PER_PAGE)), _MOST)
        at = int(query.get("page", 1))
        shown = [page.show(one) for one in page.items[(at - 1) * size : at * size]]
        value: Any = (
            {**page.around, "total_count": len(page.items), page.key: shown} if page.key else shown
        )
        headers = self._limit_headers()
        if at * size < len(page.items):
            more = urlencode({**query, "page": at + 1})
            headers = (*headers, ("Link", f'<{self.url}{request.path}?{more}>; rel="next"'))
        return json_answer(200, value, *headers)

    def _refusal(self, error: RefusedError) -> Answer:
        value = {
            "message": error.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(error.status),
        }
        return json_answer(error.status, value, *self._limit_headers())

    def _limit_headers(self) -> tuple[tuple[str, str], ...]:
        limits = self._limits()["rate"]
        return tuple((f"X-RateLimit-{name.title()}", str(n)) for name, n in limits.items())

    def _limits(self) -> dict[str, Any]:
        reset = int(self.world.clock().timestamp()) + 3600
        left = max(0, _LIMIT - self._used)
        rate = {"limit": _LIMIT, "remaining": left, "reset": reset, "used": self._used}
        return {"resources": {"core": rate, "search": rate}, "rate": rate}

    def _blame(self, side: str, operation: str, text: str) -> None:
        self.violations.append(Violation(side, operation, text))


def _repo(match: Match | None) -> str:
    """The repository in a path as owner/name; empty if there is none."""
    if match is None or "repo" not in match.params:
        return ""
    return f"{match.params['owner']}/{match.params['repo']}"


def _unmodified(request: Request, answer: Answer) -> Answer:
    """The answer with its ETag, or 304 if the client has it."""
    if request.method != "GET" or answer.status != 200:
        return answer
    tag = f'W/"{hashlib.sha256(answer.body).hexdigest()}"'
    headers = (*answer.headers, ("ETag", tag))
    if request.headers.get("if-none-match") == tag:
        return Answer(_NOT_MODIFIED, b"", headers)
    return replace(answer, headers=headers)
