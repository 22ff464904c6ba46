"""A stateful double of Jenkins: parameterized jobs, the queue, and builds, driven by scripts."""

from __future__ import annotations

import base64
import itertools
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from .jenkins_tree import chosen
from .loopback import Answer, LoopbackServer, Request, Silence, json_answer

USER = "ada"
API_TOKEN = "11api-token-of-ada"
CRUMB = "c2a5b0"
COOKIE = "JSESSIONID.1a2b"
QUEUED = ("waiting", "blocked")
CANCELLED = "cancelled"
RUNNING = "building"
RESULTS = ("SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT")
USUAL = ("waiting", "building", "SUCCESS")

_WHY = {"waiting": "In the quiet period. Expires in 1 sec", "blocked": "Waiting for an executor"}
_JOB = r"(?P<job>(?:/job/[^/]+)+)"
_ROUTES = {
    "build": re.compile(_JOB + r"/(?P<how>buildWithParameters|build)"),
    "build status": re.compile(_JOB + r"/(?P<number>\d+)/api/json"),
    "job": re.compile(_JOB + r"/api/json"),
    "queue item": re.compile(r"/queue/item/(?P<item>\d+)/api/json"),
    "queue": re.compile(r"/queue/api/json"),
    "crumb": re.compile(r"/crumbIssuer/api/json"),
    "root": re.compile(r"/api/json"),
}


@dataclass(frozen=True, slots=True)
class Start:
    """What an effective start requested; `job` is its full name, such as `shop/deploy-api`."""

    job: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """A queue item and its build; `number` is 0 while it is queued."""

    item: int
    start: Start
    at: str
    rest: tuple[str, ...]
    number: int = 0

    @property
    def queued(self) -> bool:
        """Whether an identical request would get this item again."""
        return self.at in QUEUED


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its parameters, and whether it can be built."""

    params: frozenset[str] = field(default_factory=frozenset)
    buildable: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """With `effect` the request is carried out first; if `reaction` is None its answer is kept."""

    effect: bool
    reaction: Answer | Silence | None
    drip: float = 0.0


def effect_then(status: int = 502) -> Fault:
    """The request is carried out; the answer is an error page."""
    return error(status, effect=True)


def error(status: int, *, effect: bool = False) -> Fault:
    """An error page from Jenkins, or from a proxy in front of it."""
    html = (("Content-Type", "text/html"),)
    return Fault(effect, Answer(status, b"<html><h1>Error</h1></html>", html))


def limited(*, retry_after: int) -> Fault:
    """A proxy in front of Jenkins refuses the request because of a limit."""
    return Fault(effect=False, reaction=Answer(429, b"", (("Retry-After", str(retry_after)),)))


def dropped(*, effect: bool) -> Fault:
    """The connection is cut before or after the request was carried out."""
    return Fault(effect, Silence.HANG_UP)


def silent(*, effect: bool = False) -> Fault:
    """The request is accepted and never answered."""
    return Fault(effect, Silence.NEVER)


def dripping(pause: float = 0.05) -> Fault:
    """The right answer, with a pause before each byte."""
    return Fault(effect=True, reaction=None, drip=pause)


@dataclass(slots=True)
class _Counted:
    what: Any
    job: str
    route: str
    times: int | None


class Jenkins(LoopbackServer):
    """Jenkins with these jobs (full name → Job), while its `with` block runs.

    `readers` are users with an API token who may see jobs but not build them (403). With `crumbs` a
    POST needs a crumb of its own session (403 without one), as on old servers and with some
    plugins. Each answer in JSON names the `session` of the process, which a restart changes, unless
    it is empty.
    """

    def __init__(
        self,
        jobs: Mapping[str, Job],
        *,
        users: Mapping[str, str] | None = None,
        readers: frozenset[str] = frozenset(),
        crumbs: bool = False,
    ) -> None:
        super().__init__()
        self.crumbs = crumbs
        self.session = "5e551011"
        self.jobs = dict(jobs)
        self.users = dict(users or {USER: API_TOKEN})
        self.readers = readers
        self.starts: Counter[Start] = Counter()
        self.requests: list[tuple[str, str, int]] = []
        self.authorizations: list[str] = []
        self._builds: dict[int, Build] = {}
        self._earlier: list[Build] = []  # from before a restart; they keep the item that they had
        self._forgotten: set[int] = set()
        self._items = itertools.count(101)
        self._scripts: list[_Counted] = []
        self._faults: list[_Counted] = []
        self._lock = threading.RLock()

    # --- For tests

    def script(self, job: str, steps: Sequence[str], *, times: int | None = None) -> None:
        """Set the course of the next `times` builds of a job; None means all that follow.

        Steps are `waiting`, `blocked`, `cancelled`, `building` or a result. Each poll of the queue
        item (while it is queued) or of the build shows it and moves it one step on. Scripts with
        `times` are used first, in order; of the others, the newest counts.
        """
        for step in steps:
            if step not in (*QUEUED, CANCELLED, RUNNING, *RESULTS):
                raise ValueError(step)
        with self._lock:
            self._scripts.append(_Counted(tuple(steps), job, "*", times))

    def inject(
        self, fault: Fault, job: str = "*", route: str = "*", *, times: int | None = 1
    ) -> None:
        """Let the next `times` requests fail; None means all.

        Routes are `build`, `build status`, `job`, `queue item`, `queue`, `crumb` and `root`; both
        are patterns.
        """
        with self._lock:
            self._faults.append(_Counted(fault, job, route, times))

    def put(self, build: Build, word: str) -> Build:
        """Put a build at a step, where it stays."""
        with self._lock:
            return self._keep(self._at(replace(self._builds[build.item], rest=()), word))

    def forget(self, item: int) -> None:
        """Forget a queue item, as Jenkins does some minutes after it has left the queue."""
        with self._lock:
            self._forgotten.add(item)

    def remove(self, item: int) -> None:
        """Remove a build and its queue item, as Jenkins does with old builds."""
        with self._lock:
            del self._builds[item]

    def restart(self) -> None:
        """Lose the queue, and number its items from the beginning again."""
        with self._lock:
            self.session = self.session and f"{int(self.session, 16) + 1:08x}"
            self._earlier += [build for build in self._builds.values() if build.number]
            self._builds.clear()
            self._forgotten.clear()
            self._items = itertools.count(101)

    def renumber(self, item: int, number: int) -> None:
        """Give a queue item another number, as a restart that keeps the queue may do."""
        with self._lock:
            self._keep(replace(self._builds.pop(item), item=number))

    def builds(self) -> tuple[Build, ...]:
        """The queue items so far, in their current state."""
        with self._lock:
            return tuple(self._builds.values())

    # --- Answering

    def react(self, request: Request) -> Answer | Silence:
        """Answer a request, perhaps with a fault."""
        with self._lock:
            self.authorizations.append(request.headers.get("authorization", ""))
            reaction = self._react(request)
            status = reaction.status if isinstance(reaction, Answer) else 0
            self.requests.append((request.method, request.target, status))
            return reaction

    def _react(self, request: Request) -> Answer | Silence:
        route, found = _routed(request.path)
        job = self._job_of(found)
        fault = self._fault(job, route)
        if fault and not fault.effect and fault.reaction is not None:
            return fault.reaction
        answer = self._refusal(request, route, job) or self._answer(request, route, found, job)
        if fault is None:
            return answer
        return replace(answer, drip=fault.drip) if fault.reaction is None else fault.reaction

    def _job_of(self, found: Mapping[str, str]) -> str:
        """The full name of the job in a path."""
        if "job" in found:
            return "/".join(unquote(part) for part in found["job"].split("/job/")[1:])
        build = self._builds.get(int(found.get("item", "0")))
        return build.start.job if build else ""

    def _fault(self, job: str, route: str) -> Fault | None:
        found: Fault | None = _used(self._faults, job, route)
        return found

    def _refusal(self, request: Request, route: str, job: str) -> Answer | None:
        """401 for a wrong token, 403 without the right to build, 404 if it does not exist, 405."""
        login, token = _credentials(request)
        if not token or self.users.get(login) != token:
            return _page(401)
        if route == "build" and self.crumbs and not self._has_crumb(request):
            return _page(403, "No valid crumb was included in the request")
        if route == "build" and login in self.readers:
            return _page(403)
        if route not in _ROUTES or (route in ("build", "build status") and job not in self.jobs):
            return _page(404)
        return _page(405) if (request.method == "POST") != (route == "build") else None

    def _has_crumb(self, request: Request) -> bool:
        """Whether it has the crumb of its session; the cookie holds the session."""
        cookies = request.headers.get("cookie", "").split("; ")
        return f"{COOKIE}=node0" in cookies and request.headers.get("jenkins-crumb") == CRUMB

    def _answer(self, request: Request, route: str, found: Mapping[str, str], job: str) -> Answer:
        if route == "build":
            return self._build(request, job, found["how"])
        if route == "crumb" and not self.crumbs:
            return _page(404)
        value: Any = None
        match route:
            case "queue item":
                value = self._item(int(found["item"]))
            case "queue":
                value = {"items": [self._listed(b) for b in self._builds.values() if b.queued]}
            case "build status":
                value = self._status(job, int(found["number"]))
            case "crumb":
                value = {"crumb": CRUMB, "crumbRequestField": "Jenkins-Crumb"}
            case _:
                value = self._folder(job)
        if value is None:
            return _page(404)
        headers = [("X-Jenkins-Session", self.session)]
        if route == "crumb":
            headers.append(("Set-Cookie", f"{COOKIE}=node0; Path=/; Secure; HttpOnly"))
        try:
            answer = json_answer(200, chosen(value, dict(request.query).get("tree")))
        except ValueError:
            return _page(500)
        return replace(answer, headers=(*answer.headers, *headers))

    def _build(self, request: Request, job: str, how: str) -> Answer:
        """201 with a new queue item; 303 with an identical one that is still waiting.

        The address depends on whether the job has parameters: 500 and 400 for the wrong one.
        """
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
        given = {**dict(request.query), **dict(form)}
        known = self.jobs[job]
        if not known.buildable:
            return _page(409)
        if bool(known.params) != (how == "buildWithParameters"):
            return _page(400 if known.params else 500)
        # Jenkins ignores parameters that a job does not define.
        start = Start(job, tuple(sorted((k, v) for k, v in given.items() if k in known.params)))
        for one in self._builds.values():
            if one.queued and one.start == start:
                return Answer(303, b"", (("Location", self._item_url(one)),))
        self.starts[start] += 1
        first, *rest = _used(self._scripts, job, "*", newest=True) or USUAL
        build = Build(next(self._items), start, "waiting", tuple(rest))
        self._keep(self._at(build, first))
        return Answer(201, b"", (("Location", self._item_url(build)),))

    def _item(self, number: int) -> dict[str, Any] | None:
        build = self._builds.get(number)
        if build is None or number in self._forgotten:
            return None
        if build.queued:
            self._move(build)
        return self._listed(build)

    def _listed(self, build: Build) -> dict[str, Any]:
        """A queue item: in the queue, cancelled there, or with its build."""
        value: dict[str, Any] = {
            "id": build.item,
            "why": _WHY.get(build.at),
            "cancelled": build.at == CANCELLED,
            "url": f"queue/item/{build.item}/",
            "task": {"name": build.start.job, "url": self._job_url(build.start.job)},
            "actions": _actions(build.start),
        }
        if build.number:
            url = f"{self._job_url(build.start.job)}{build.number}/"
            value |= {"executable": {"number": build.number, "url": url}}
        return value

    def _status(self, job: str, number: int) -> dict[str, Any] | None:
        for build in self._builds.values():
            if (build.start.job, build.number) == (job, number):
                self._move(build)
                return self._document(build)
        earlier = [one for one in self._earlier if (one.start.job, one.number) == (job, number)]
        return self._document(earlier[0]) if earlier else None

    def _document(self, build: Build) -> dict[str, Any]:
        result = build.at if build.at in RESULTS else None
        return {
            "building": result is None,
            "result": result,
            "number": build.number,
            "url": f"{self._job_url(build.start.job)}{build.number}/",
            "queueId": build.item,
            "actions": _actions(build.start),
        }

    def _folder(self, job: str) -> dict[str, Any] | None:
        """A job with its builds, newest first, or a folder with the jobs directly in it."""
        begin = f"{job}/" if job else ""
        names = [name.removeprefix(begin) for name in self.jobs if name.startswith(begin)]
        inside = dict.fromkeys(name.partition("/")[0] for name in names)
        if job in self.jobs:
            known = self.jobs[job]
            built = [b for b in self._all() if b.start.job == job and b.number]
            defined = [{"name": name} for name in sorted(known.params)]
            return {
                "name": job.rpartition("/")[2],
                "url": self._job_url(job),
                "buildable": known.buildable,
                # A job has other properties, too; each that was not requested is empty.
                "property": [{}, *([{"parameterDefinitions": defined}] if defined else [])],
                "builds": [self._document(b) for b in sorted(built, key=lambda b: -b.number)],
            }
        listed = [{"name": one, "url": self._job_url(begin + one)} for one in inside]
        return {"jobs": listed} if listed else None

    # --- Progress

    def _keep(self, build: Build) -> Build:
        self._builds[build.item] = build
        return build

    def _move(self, build: Build) -> None:
        if build.rest:
            self._keep(self._at(replace(build, rest=build.rest[1:]), build.rest[0]))

    def _at(self, build: Build, word: str) -> Build:
        """The build at a step; it gets its number when it leaves the queue."""
        number = build.number
        if word not in (*QUEUED, CANCELLED) and not number:
            same = [one for one in self._all() if one.start.job == build.start.job]
            number = max((one.number for one in same), default=0) + 1
        return replace(build, at=word, number=number)

    def _all(self) -> list[Build]:
        return [*self._earlier, *self._builds.values()]

    def _item_url(self, build: Build) -> str:
        return f"{self.url}/queue/item/{build.item}/"

    def _job_url(self, job: str) -> str:
        return f"{self.url}/job/{'/job/'.join(quote(part) for part in job.split('/'))}/"


def _routed(path: str) -> tuple[str, Mapping[str, str]]:
    for name, pattern in _ROUTES.items():
        if found := pattern.fullmatch(path):
            return name, found.groupdict()
    return "", {}


def _used(listed: list[_Counted], job: str, route: str, *, newest: bool = False) -> Any:
    """The first match, counted as used; those with a limit come first."""
    fitting = [
        one
        for one in listed
        if one.times != 0 and fnmatchcase(job, one.job) and fnmatchcase(route, one.route)
    ]
    counted = [one for one in fitting if one.times is not None]
    chosen = [*counted, *(fitting[::-1] if newest else fitting)][:1]
    for one in chosen:
        one.times = None if one.times is None else one.times - 1
        return one.what
    return None


def _credentials(request: Request) -> tuple[str, str]:
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return "", ""
    login, _, token = base64.b64decode(coded).decode().partition(":")
    return login, token


def _actions(start: Start) -> list[dict[str, Any]]:
    """What Jenkins adds to a queue item and a build: its parameters if it has any, and others."""
    given = [{"name": name, "value": value} for name, value in start.params]
    return [{}, *([{"parameters": given}] if given else [])]


def _page(status: int, message: str = "") -> Answer:
    html = (("Content-Type", "text/html;charset=utf-8"),)
    return Answer(status, f"<html>{message}</html>".encode(), html)
