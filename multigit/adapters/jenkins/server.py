"""A Jenkins server as one deployment's runner reaches it: the requests, and what refuses them.

Jenkins names its pages by the address that it believes to have, and that need not be ours. So only
numbers are taken from its answers: the token goes to the configured address and nowhere else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Never
from urllib.parse import quote, unquote, urlencode, urlsplit

from multigit.adapters.http.documents import Document, mapping, mappings
from multigit.adapters.http.request import Reply, WebError, address_fault, request
from multigit.core.values.deploy_config import JenkinsRunner
from multigit.errors import MultigitError, UnknownStartError
from multigit.retry import Retry

KEY = "{key}"  # in a parameter it tells this deployment's build from all others
PASSING = {  # what is likely to be over when a read is made again
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
LAST = 100  # builds of a job among which one is looked for
LARGEST = 1024 * 1024  # bytes of an answer: so many builds with long parameters
SEND_AGAIN = {  # redirects that ask for the same request elsewhere: nothing was carried out
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
UNREACHABLE = "jenkins_unreachable"

_ITEM = re.compile(r"/queue/item/(\d+)/?$")
_PARAMETERS = "actions[parameters[name,value]]"
_BUILDS = f"builds[number,queueId,{_PARAMETERS}]{{0,{LAST}}}"
_QUEUE = f"items[id,task[url],{_PARAMETERS}]"


@dataclass(frozen=True, slots=True)
class JenkinsServer:
    """One job on one server. Every method may raise MultigitError with a sentence."""

    runner: JenkinsRunner
    pause: Callable[[float], None] = field(repr=False)
    timeout: float
    _authorization: str = field(repr=False)

    @classmethod
    def of(
        cls,
        runner: JenkinsRunner,
        environment: Mapping[str, str],
        *,
        pause: Callable[[float], None],
        timeout: float,
    ) -> JenkinsServer:
        """Return the way to the server; no request is sent yet."""
        if fault := address_fault(runner.url):
            raise MultigitError(
                f"the address of Jenkins cannot be used: {fault}.",
                hint="Set url to what a browser shows for Jenkins' first page.",
                code="jenkins_url",
            )
        if not runner.user:
            raise MultigitError(
                "Jenkins wants a user beside the API token, and none is set.",
                hint="Set user to the name of the account that the token belongs to.",
                code="jenkins_refused",
            )
        token = environment.get(runner.token_env, "").strip()
        if not token:
            raise MultigitError(
                f"the variable {runner.token_env} with the API token for Jenkins is not set.",
                hint=f"Make a token in Jenkins (your name, Security), then set {runner.token_env}.",
                code="no_token",
            )
        login = f"{runner.user}:{token}".encode(errors="surrogateescape")
        return cls(runner, pause, timeout, f"Basic {b64encode(login).decode()}")

    # --- Addresses

    @property
    def base(self) -> str:
        """Return the server's address without a slash at the end."""
        return self.runner.url.rstrip("/")

    @property
    def job_path(self) -> str:
        """Return the path of the job: shop/api is /job/shop/job/api."""
        return "".join(f"/job/{quote(part, safe='')}" for part in self.runner.job.split("/"))

    @property
    def job_url(self) -> str:
        """Return the job's page."""
        return f"{self.base}{self.job_path}/"

    def build_url(self, number: int) -> str:
        """Return a build's page."""
        return f"{self.job_url}{number}/"

    def item_url(self, item: int) -> str:
        """Return the address of a queue item."""
        return f"{self.base}/queue/item/{item}/"

    # --- Reads: may be repeated

    def job(self) -> Document | None:
        """Return what decides whether the job can be started, or None when it is not there."""
        return self._get(f"{self.job_path}/", "buildable,property[parameterDefinitions[name]]")

    def queue_item(self, item: int) -> Document | None:
        """Return a queue item, or None when Jenkins does not know it any more."""
        return self._get(f"/queue/item/{item}/", "cancelled,why,executable[number]")

    def build(self, number: int) -> Document | None:
        """Return how a build stands, or None when it is not there."""
        return self._get(f"{self.job_path}/{number}/", "building,result,number")

    def queued(self) -> Sequence[Document]:
        """Return the job's items in the queue with their parameters."""
        items = mappings(mapping(self._get("/queue/", _QUEUE)).get("items"))
        return [one for one in items if self._is_mine(mapping(one.get("task")).get("url"))]

    def builds(self) -> Sequence[Document]:
        """Return the job's last builds with their parameters, the newest first."""
        return mappings(mapping(self._get(f"{self.job_path}/", _BUILDS)).get("builds"))

    def _is_mine(self, url: object) -> bool:
        return unquote(urlsplit(str(url)).path).rstrip("/").endswith(unquote(self.job_path))

    def _get(self, path: str, tree: str) -> Document | None:
        """Return the JSON object at a path, None for what is not there."""
        url = f"{self.base}{path}api/json?{urlencode({'tree': tree})}"
        reads = Retry(lambda error: getattr(error, "code", "") == UNREACHABLE, sleep=self.pause)
        reply = reads.read(lambda: self._shown(url))
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        value = reply.document()
        if not isinstance(value, dict):
            raise _no_jenkins(f"{self.base} answers, but not as Jenkins does: it sent no JSON.")
        return value

    def _shown(self, url: str) -> Reply:
        """Ask once; raises MultigitError where that shows neither something nor nothing."""
        reply = self._sent("GET", url, limit=LARGEST)
        if isinstance(reply, WebError):
            self._unreachable(reply)
        if reply.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            self._refused(reply, "show")
        return reply

    # --- The one write

    def start(self, parameters: Mapping[str, str]) -> int:
        """Ask for a build, once, and return the number of its queue item.

        Raises DoubtError when it is not known whether Jenkins took it.
        """
        url = f"{self.job_url}buildWithParameters"
        reply = self._sent("POST", url, body=parameters)
        if isinstance(reply, WebError):
            if reply.sent:
                raise self._doubt(f"did not confirm the start ({reply.reason})")
            self._unreachable(reply)
        item = _ITEM.search(urlsplit(reply.headers.get("location", "")).path)
        if reply.status in {HTTPStatus.CREATED, HTTPStatus.SEE_OTHER} and item:
            return int(item[1])
        if _declined(reply):
            self._refused(reply, "start")
        # 302 as well: old servers answer it after the start, log-in pages instead of it.
        raise self._doubt(f"answered {reply.status} and named no queue item")

    def _sent(
        self, method: str, url: str, *, body: Mapping[str, str] | None = None, limit: int = 0
    ) -> Reply | WebError:
        """Send a request, once; an error is returned, to be no context of what is made of it."""
        headers = {"Authorization": self._authorization}
        try:
            return request(
                method, url, timeout=self.timeout, headers=headers, body=body, limit=limit
            )
        except WebError as error:
            return error

    def _doubt(self, what: str) -> UnknownStartError:
        found = any(KEY in text for text in self.runner.params.values())
        advice = "" if found else f" A parameter that holds {KEY} lets multigit find it by itself."
        return UnknownStartError(
            f"Jenkins {what}; {self.runner.job} may run or not.",
            hint=f"Look at {self.job_url} before you start it again.{advice}",
            code="jenkins_doubt",
        )

    # --- Refusals

    def _unreachable(self, error: WebError) -> Never:
        raise MultigitError(
            f"Jenkins cannot be reached at {self.base}: {error.reason}.",
            hint="Check the address, the network and the proxy.",
            code=UNREACHABLE,
        )

    def _refused(self, reply: Reply, what: str) -> Never:
        """Raise the sentence for an answer that is not the wanted one."""
        user, job = self.runner.user, self.runner.job
        match reply.status:
            case HTTPStatus.UNAUTHORIZED:
                message = f"Jenkins does not accept {user} with {self.runner.token_env}."
                hint = "Check user, and whether the API token is still valid."
                raise MultigitError(message, hint=hint, code="jenkins_refused")
            case HTTPStatus.FORBIDDEN:
                message = f"Jenkins does not let {user} {what} {job}."
                hint = "Ask an administrator for the permissions Job/Read and Job/Build."
                raise MultigitError(message, hint=hint, code="jenkins_refused")
            case HTTPStatus.NOT_FOUND:
                raise job_missing(self.runner)
            case HTTPStatus.CONFLICT:
                raise unfit(f"the job {job} is disabled in Jenkins.", "Enable it there.")
            case status if reply.moved:
                raise _no_jenkins(f"{self.base} sends us elsewhere (it answers {status}).")
            case status if status in PASSING:
                raise MultigitError(
                    f"Jenkins at {self.base} is not ready: it answers {status}.",
                    hint="Try again in a minute.",
                    code=UNREACHABLE,
                )
            case status:
                message = f"Jenkins does not {what} {job}: it answers {status}."
                raise MultigitError(message, code="jenkins_refused")


def _declined(reply: Reply) -> bool:
    """Tell whether an answer says that a request was not, and will not be, carried out.

    Whatever lost its patience says 408: Jenkins may have the request, and do it.
    """
    refused = reply.refused and reply.status != HTTPStatus.REQUEST_TIMEOUT
    return refused or reply.status in SEND_AGAIN


def job_missing(runner: JenkinsRunner) -> MultigitError:
    """Return the error for a job that is not there."""
    return MultigitError(
        f"Jenkins has no job {runner.job}, or hides it from {runner.user}.",
        hint="Write job with its folders, as in shop/deploy-api.",
        code="jenkins_job_missing",
    )


def unfit(message: str, hint: str) -> MultigitError:
    """Return the error for a job that is there and cannot be started as it is wanted."""
    return MultigitError(message, hint=hint, code="jenkins_job_unfit")


def _no_jenkins(message: str) -> MultigitError:
    return MultigitError(
        message,
        hint="Set url to what a browser shows for Jenkins' first page.",
        code="jenkins_url",
    )


def parameters(entry: Document) -> dict[str, str]:
    """Return the parameters of a queue item or a build."""
    return {
        str(one.get("name")): str(one.get("value"))
        for action in mappings(entry.get("actions"))
        for one in mappings(action.get("parameters"))
    }


def defined(job: Document) -> set[str]:
    """Return the names of the parameters that a job takes."""
    return {
        str(one.get("name"))
        for each in mappings(job.get("property"))
        for one in mappings(each.get("parameterDefinitions"))
    }
