"""A Jenkins server as one deployment's runner reaches it: the requests, and what refuses them.

Jenkins names its pages by the address that it believes to have, and that need not be ours. So only
numbers are taken from its answers: the token goes to the configured address and nowhere else.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Never
from urllib.parse import quote, unquote, urlencode, urlsplit

from multigit.adapters.http.request import Reply, WebError, address_fault, request
from multigit.core.values.deployment import JenkinsRunner
from multigit.errors import DoubtError, MultigitError

KEY = "{key}"  # in a parameter it tells this deployment's build from all others
PAUSES = (0.5, 2.0)  # seconds before a read is tried again
PASSING = {429, 502, 503, 504}  # what is likely to be over by then
LAST = 100  # builds of a job among which one is looked for
LARGEST = 1024 * 1024  # bytes of an answer: so many builds with long parameters
NOT_ACCEPTED = {301, 307, 308}  # redirects that ask to send again: nothing was carried out
TOO_SLOW = 408  # said by whatever lost its patience: Jenkins may have the request, and do it

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

    def job(self) -> Any:
        """Return what decides whether the job can be started, or None when it is not there."""
        return self._get(f"{self.job_path}/", "buildable,property[parameterDefinitions[name]]")

    def queue_item(self, item: int) -> Any:
        """Return a queue item, or None when Jenkins does not know it any more."""
        return self._get(f"/queue/item/{item}/", "cancelled,why,executable[number]")

    def build(self, number: int) -> Any:
        """Return how a build stands, or None when it is not there."""
        return self._get(f"{self.job_path}/{number}/", "building,result,number")

    def queued(self) -> Sequence[Any]:
        """Return the job's items in the queue with their parameters."""
        items = _listed(self._get("/queue/", _QUEUE), "items")
        return [one for one in items if self._is_mine(_at(_at(one, "task"), "url"))]

    def builds(self) -> Sequence[Any]:
        """Return the job's last builds with their parameters, the newest first."""
        return _listed(self._get(f"{self.job_path}/", _BUILDS), "builds")

    def _is_mine(self, url: object) -> bool:
        return unquote(urlsplit(str(url)).path).rstrip("/").endswith(unquote(self.job_path))

    def _get(self, path: str, tree: str) -> Any:
        url = f"{self.base}{path}api/json?{urlencode({'tree': tree})}"
        for pause in (*PAUSES, None):
            reply = self._tried(url)
            if pause is None or (isinstance(reply, Reply) and reply.status not in PASSING):
                break
            self.pause(pause)
        if isinstance(reply, WebError):
            self._unreachable(reply)
        return self._value(reply)

    def _tried(self, url: str) -> Reply | WebError:
        ask = partial(request, timeout=self.timeout, headers=self._headers())
        try:
            return ask("GET", url, limit=LARGEST)
        except WebError as error:
            return error

    def _value(self, reply: Reply) -> Any:
        """Return the JSON value of an answer; None for what is not there."""
        if reply.status == 404:  # noqa: PLR2004
            return None
        if reply.status != 200:  # noqa: PLR2004
            self._refused(reply, "show")
        try:
            value = json.loads(reply.text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise _no_jenkins(f"{self.base} answers, but not as Jenkins does: it sent no JSON.")
        return value

    # --- The one write

    def start(self, parameters: Mapping[str, str]) -> int:
        """Ask for a build, once, and return the number of its queue item.

        Raises DoubtError when it is not known whether Jenkins took it.
        """
        reply = self._posted(parameters)
        item = _ITEM.search(urlsplit(reply.headers.get("location", "")).path)
        if reply.status in {201, 303} and item:
            return int(item[1])
        if _declined(reply.status):
            self._refused(reply, "start")
        # 302 as well: old servers answer it after the start, log-in pages instead of it.
        raise self._doubt(f"answered {reply.status} and named no queue item")

    def _posted(self, parameters: Mapping[str, str]) -> Reply:
        url = f"{self.job_url}buildWithParameters"
        failure: WebError | None = None
        try:
            return request(
                "POST",
                url,
                timeout=self.timeout,
                headers=self._headers(),
                form=parameters,
                limit=0,
            )
        except WebError as error:
            failure = error
        if failure.sent:
            raise self._doubt(f"did not confirm the start ({failure.reason})")
        return self._unreachable(failure)

    def _doubt(self, what: str) -> DoubtError:
        found = any(KEY in text for text in self.runner.params.values())
        advice = "" if found else f" A parameter that holds {KEY} lets multigit find it by itself."
        return DoubtError(
            f"Jenkins {what}; {self.runner.job} may run or not.",
            hint=f"Look at {self.job_url} before you start it again.{advice}",
            code="jenkins_doubt",
        )

    # --- Refusals

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._authorization}

    def _unreachable(self, error: WebError) -> Never:
        raise MultigitError(
            f"Jenkins cannot be reached at {self.base}: {error.reason}.",
            hint="Check the address, the network and the proxy.",
            code="jenkins_unreachable",
        )

    def _refused(self, reply: Reply, what: str) -> Never:
        """Raise the sentence for an answer that is not the wanted one."""
        user, job = self.runner.user, self.runner.job
        match reply.status:
            case 401:
                message = f"Jenkins does not accept {user} with {self.runner.token_env}."
                hint = "Check user, and whether the API token is still valid."
                raise MultigitError(message, hint=hint, code="jenkins_refused")
            case 403:
                message = f"Jenkins does not let {user} {what} {job}."
                hint = "Ask an administrator for the permissions Job/Read and Job/Build."
                raise MultigitError(message, hint=hint, code="jenkins_refused")
            case 404:
                raise job_missing(self.runner)
            case 409:
                raise unfit(f"the job {job} is disabled in Jenkins.", "Enable it there.")
            case status if 300 <= status < 400:  # noqa: PLR2004
                raise _no_jenkins(f"{self.base} sends us elsewhere (it answers {status}).")
            case status if status in PASSING:
                raise MultigitError(
                    f"Jenkins at {self.base} is not ready: it answers {status}.",
                    hint="Try again in a minute.",
                    code="jenkins_unreachable",
                )
            case status:
                message = f"Jenkins does not {what} {job}: it answers {status}."
                raise MultigitError(message, code="jenkins_refused")


def _declined(status: int) -> bool:
    """Tell whether a status says that a request was not, and will not be, carried out."""
    return (400 <= status < 500 and status != TOO_SLOW) or status in NOT_ACCEPTED  # noqa: PLR2004


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


def parameters(entry: Any) -> dict[str, str]:
    """Return the parameters of a queue item or a build."""
    given = [p for action in _listed(entry, "actions") for p in _listed(action, "parameters")]
    return {str(_at(one, "name")): str(_at(one, "value")) for one in given}


def defined(job: Any) -> set[str]:
    """Return the names of the parameters that a job takes."""
    known = [
        one for each in _listed(job, "property") for one in _listed(each, "parameterDefinitions")
    ]
    return {str(_at(one, "name")) for one in known}


def number(entry: Any, name: str) -> int:
    """Return a number out of an answer; 0 when it is not there."""
    value = _at(entry, name)
    return value if isinstance(value, int) else 0


def _at(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _listed(value: Any, name: str) -> list[Any]:
    found = _at(value, name)
    return found if isinstance(found, list) else []
