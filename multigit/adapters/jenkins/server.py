"""A job on a Jenkins server: the requests that a deployment needs, and their errors.

Jenkins names its pages by the address that it is set up with, which may not be ours. So only
numbers are taken from its answers, and the token is sent to no other than the configured address.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple, Never
from urllib.parse import unquote, urlencode, urlsplit

from multigit.adapters.http.body import MB
from multigit.adapters.http.documents import Document, mapping, mappings
from multigit.adapters.http.limiter import Early, Limiter, retry_after
from multigit.adapters.http.request import Reply, WebError, address_fault, request
from multigit.adapters.jenkins import crumbs
from multigit.core.values.deploy_config import JenkinsRunner
from multigit.errors import MultigitError, UnknownStartError
from multigit.retry import Retry

KEY = "{key}"  # in a parameter, it identifies the build of this deployment
PASSING = {  # what a second try of a read is likely not to get
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
LAST = 100  # builds of a job among which one is searched for
LARGEST = 8 * MB  # bytes of an answer: that many builds, with long parameters
SEND_AGAIN = {  # redirects of the same request to another address: nothing was carried out
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
UNREACHABLE = "jenkins_unreachable"

_ITEM = re.compile(r"/queue/item/(\d{1,18})/?$")
_PARAMETERS = "actions[parameters[name,value]]"
_BUILDS = f"builds[number,queueId,{_PARAMETERS}]{{0,{LAST}}}"
_ITEM_OF = f"task[url],{_PARAMETERS}"
_QUEUE = f"items[id,{_ITEM_OF}]"


class Page(NamedTuple):
    """What Jenkins shows of something, and its process, which has another id after a restart."""

    document: Document
    session: str


@dataclass(frozen=True, slots=True)
class JenkinsServer:
    """One job on one server. Every method may raise MultigitError with a sentence."""

    runner: JenkinsRunner
    authorization: str = field(repr=False)
    pause: Callable[[float], None] = field(repr=False)
    timeout: float
    limiter: Limiter = field(repr=False)

    @property
    def keyed(self) -> bool:
        """Return whether a parameter identifies each deployment."""
        return any(KEY in text for text in self.runner.params.values())

    # --- Addresses

    @property
    def base(self) -> str:
        """Return the server's address without a trailing slash."""
        return self.runner.url.rstrip("/")

    @property
    def job_url(self) -> str:
        """Return the job's page."""
        return f"{self.base}{self.runner.path}/"

    def build_url(self, number: int) -> str:
        """Return a build's page."""
        return f"{self.job_url}{number}/"

    def item_url(self, item: int) -> str:
        """Return the address of a queue item."""
        return f"{self.base}/queue/item/{item}/"

    # --- Reads: may be repeated

    def job(self) -> Page | None:
        """Return what decides whether the job can be started, or None if it does not exist."""
        return self._get(self.job_url, "buildable,property[parameterDefinitions[name]]")

    def queue_item(self, item: int) -> Page | None:
        """Return a queue item, or None if the job has none, or Jenkins no longer knows it."""
        page = self._get(self.item_url(item), f"cancelled,why,executable[number],{_ITEM_OF}")
        return page if page and self._is_mine(page.document) else None

    def build(self, number: int) -> Document | None:
        """Return the state of a build with its parameters, or None if it does not exist."""
        page = self._get(self.build_url(number), f"building,result,queueId,{_PARAMETERS}")
        return page.document if page else None

    def queued(self) -> Sequence[Document]:
        """Return the job's queue items with their parameters."""
        page = self._get(f"{self.base}/queue/", _QUEUE)
        items = mappings(page.document.get("items")) if page else ()
        return [item for item in items if self._is_mine(item)]

    def builds(self) -> Page:
        """Return the job's last builds with their parameters, the newest first."""
        return self._get(self.job_url, _BUILDS) or Page({}, "")

    def _is_mine(self, item: Document) -> bool:
        """Return whether a queue item belongs to the job, and not to one in another folder."""
        path = unquote(urlsplit(str(mapping(item.get("task")).get("url"))).path).strip("/")
        _, begin, name = f"/{path}".partition("/job/")
        return begin + name == unquote(self.runner.path)

    def _get(self, page: str, tree: str) -> Page | None:
        """Return the JSON of a page, None if there is no such page."""
        url = f"{page}api/json?{urlencode({'tree': tree})}"
        reads = Retry(lambda error: getattr(error, "code", "") == UNREACHABLE, sleep=self.pause)
        reply = reads.read(lambda: self._shown(url))
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.fault:
            message = f"the answer of Jenkins for {self.runner.job} is {reply.fault}."
            raise MultigitError(message, hint="Check the server.", code="jenkins_unreadable")
        value = reply.document()
        if not isinstance(value, dict):
            raise _no_jenkins(f"{self.base} does not answer like Jenkins: it did not send JSON.")
        return Page(value, reply.headers.get("x-jenkins-session", ""))

    def _shown(self, url: str) -> Reply:
        """Ask once, for a page or that there is none; raises MultigitError for anything else."""
        reply = self._sent("GET", url, limit=LARGEST)
        if isinstance(reply, WebError):
            self._unreachable(reply)
        if reply.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            self._refused(reply, "show")
        return reply

    # --- The one write

    def start(self, parameters: Mapping[str, str], *, parameterized: bool = True) -> int:
        """Request a build, once, and return the number of its queue item.

        A request that is refused for lack of a crumb started nothing, so it is sent again with one.
        Raises UnknownStartError if it is unknown whether Jenkins accepted it.
        """
        url = f"{self.job_url}{'buildWithParameters' if parameterized else 'build'}"
        reply = self._sent("POST", url, body=parameters)
        refused = isinstance(reply, Reply) and reply.status == HTTPStatus.FORBIDDEN
        if refused and (crumb := self._crumb()):
            reply = self._sent("POST", url, body=parameters, more=crumb)
        if isinstance(reply, WebError):
            if reply.sent:
                raise self._unknown_start(f"did not confirm the start ({reply.reason})")
            self._unreachable(reply)
        item = _ITEM.search(urlsplit(reply.headers.get("location", "")).path)
        if reply.status in {HTTPStatus.CREATED, HTTPStatus.SEE_OTHER} and item:
            return int(item[1])
        if _declined(reply):
            self._refused(reply, "start")
        # 302, too: old servers send it after the start, login pages instead of it.
        raise self._unknown_start(f"answered {reply.status} and named no queue item")

    def _crumb(self) -> Mapping[str, str]:
        """Return the headers with a crumb, or none if the server issues none."""
        issued = self._sent("GET", f"{self.base}{crumbs.PAGE}", limit=LARGEST)
        if isinstance(issued, WebError):
            self._unreachable(issued)
        return crumbs.crumb_headers(issued)

    def _sent(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, str] | None = None,
        limit: int = 0,
        more: Mapping[str, str] | None = None,
    ) -> Reply | WebError:
        """Send a request, once; an error is returned, so as not to be the context of another.

        Raises TooEarlyError if Jenkins, or a proxy, did nothing because of a limit.
        """
        login = {"Authorization": self.authorization, **(more or {})}

        def ask() -> Reply | WebError:
            try:
                reply = request(
                    method, url, timeout=self.timeout, headers=login, body=body, limit=limit
                )
            except WebError as error:
                return error
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise Early(retry_after(reply.headers, time.time()))
            return reply

        return self.limiter.send(ask)

    def _unknown_start(self, what: str) -> UnknownStartError:
        advice = "" if self.keyed else f" With {KEY} in a parameter, multigit could find it."
        return UnknownStartError(
            f"Jenkins {what}: it is unknown whether {self.runner.job} started.",
            hint=f"Check {self.job_url} before you start it again.{advice}",
            code="jenkins_doubt",
        )

    # --- Refusals

    def _unreachable(self, error: WebError) -> Never:
        message = f"Jenkins cannot be reached at {self.base}: {error.reason}."
        hint = "Check the address, the network and the proxy."
        raise MultigitError(message, hint=hint, code=UNREACHABLE)

    def _refused(self, reply: Reply, what: str) -> Never:
        """Raise the error for an answer that is not the expected one."""
        user, job = self.runner.user, self.runner.job
        match reply.status:
            case HTTPStatus.UNAUTHORIZED:
                message = f"Jenkins does not accept {user} with {self.runner.token_env}."
                hint = "Check user, and whether the API token is still valid."
            case HTTPStatus.FORBIDDEN:
                message = f"Jenkins does not allow {user} to {what} {job}."
                hint = "Ask an administrator for the permissions Job/Read and Job/Build."
            case HTTPStatus.NOT_FOUND:
                raise job_missing(self.runner)
            case HTTPStatus.CONFLICT:
                raise unfit(f"the job {job} is disabled in Jenkins.", "Enable it there.")
            case status if reply.moved:
                raise _no_jenkins(f"{self.base} redirects elsewhere (it answers {status}).")
            case status if status in PASSING:
                message = f"Jenkins at {self.base} is not ready: it answers {status}."
                raise MultigitError(message, hint="Try again in a minute.", code=UNREACHABLE)
            case status:
                message, hint = f"Jenkins does not {what} {job}: it answers {status}.", ""
        raise MultigitError(message, hint=hint, code="jenkins_refused")


def authorization(runner: JenkinsRunner, environment: Mapping[str, str]) -> str:
    """Return the header with the user and the token; raises MultigitError if one is missing."""
    if fault := address_fault(runner.url):
        raise _no_jenkins(f"the address of Jenkins cannot be used: {fault}.")
    if not runner.user:
        message = "Jenkins requires a user with the API token, and none is set."
        hint = "Set user to the name of the account that the token belongs to."
        raise MultigitError(message, hint=hint, code="jenkins_refused")
    token = environment.get(runner.token_env, "").strip()
    if not token:
        message = f"the variable {runner.token_env} with the API token for Jenkins is not set."
        hint = f"Create a token in Jenkins (your name, Security), and set {runner.token_env} to it."
        raise MultigitError(message, hint=hint, code="no_token")
    login = f"{runner.user}:{token}".encode(errors="surrogateescape")
    return f"Basic {b64encode(login).decode()}"


def _declined(reply: Reply) -> bool:
    """Return whether an answer says that a request was not, and will not be, carried out.

    Not 408: a proxy that stopped waiting sends it, while Jenkins may carry out the request.
    """
    refused = reply.refused and reply.status != HTTPStatus.REQUEST_TIMEOUT
    return refused or reply.status in SEND_AGAIN


def job_missing(runner: JenkinsRunner) -> MultigitError:
    """Return the error for a job that does not exist."""
    message = f"Jenkins has no job {runner.job}, or hides it from {runner.user}."
    hint = "Include the folders of the job, such as shop/deploy-api."
    return MultigitError(message, hint=hint, code="jenkins_job_missing")


def unfit(message: str, hint: str) -> MultigitError:
    """Return the error for a job that cannot be started as configured."""
    return MultigitError(message, hint=hint, code="jenkins_job_unfit")


def _no_jenkins(message: str) -> MultigitError:
    hint = "Set url to the address of Jenkins' home page in a browser."
    return MultigitError(message, hint=hint, code="jenkins_url")


def defined(job: Document) -> set[str]:
    """Return the names of the parameters that a job takes."""
    return {
        str(one.get("name"))
        for each in mappings(job.get("property"))
        for one in mappings(each.get("parameterDefinitions"))
    }
