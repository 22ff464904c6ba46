"""Measures promoting many repositories and rolling them back, beside the bare minimum.

Run it as ``python bench/promote.py [--quick] [--json]``; README.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

import deployments
import rollbacks
from logs import write_log
from measure import JOBS, PROMOTE, STATUS, Run, Runner
from workspaces import BenchError, Builder, Workspace

DELAY = 0.3  # seconds per connection, where a connection has a delay
HEAVY = ("git", "github", "pydantic", "questionary")

Verdict = Literal["ok", "SHORT", "info"]
Way = Callable[[Workspace, float], Run]


@dataclass(frozen=True)
class Sizes:
    rounds: int
    remote: int  # repositories behind a slow connection
    local: int
    few: int
    many: int  # five times few
    crowd: int  # for the memory
    runs: int  # watched
    starts: int
    records: int  # in the log of years


FULL = Sizes(
    rounds=5, remote=20, local=40, few=20, many=100, crowd=200, runs=100, starts=20, records=20_000
)
QUICK = Sizes(
    rounds=2, remote=4, local=8, few=3, many=15, crowd=20, runs=10, starts=4, records=2_000
)
FEW_RECORDS = 100
REPOS_WITH_LOG = 5


@dataclass(frozen=True)
class Row:
    scenario: str
    what: str
    measured: float
    unit: str
    target: str
    verdict: Verdict
    detail: str


class Bench:
    def __init__(self, folder: Path, sizes: Sizes, *, quick: bool) -> None:
        self._folder = folder
        self._runner = Runner(folder)
        self._builder = Builder(folder, self._runner.env)
        self._sizes = sizes
        self._quick = quick

    def rows(self, only: str) -> Iterator[Row]:
        scenarios = {
            "f": self.start,  # also warms up the interpreter's caches
            "e": self.counts,
            "a": self.slow_connection,
            "b": self.local,
            "h": self.memory_of_operations,
            "c": self.growth,
            "d": self.memory,
            "g": self.status,
            "i": self.watching,
            "j": self.starting,
            "k": self.long_log,
            "l": self.roll_back,
        }
        for letter, measured in scenarios.items():
            if not only or letter in only:
                yield from measured()

    def slow_connection(self) -> Iterator[Row]:
        """(a) A promotion mostly waits for connections."""
        sizes, runner = self._sizes, self._runner
        ways: dict[str, Way] = {"floor": runner.floor, "multigit": runner.multigit}
        times = self._interleaved(ways, sizes.remote, sizes.rounds, ssh=True, delay=DELAY)
        old = self._once("old", runner.old, sizes.remote, ssh=True, delay=DELAY)
        alone: dict[str, Way] = {"all": runner.all_at_once}
        times |= self._interleaved(alone, sizes.remote, sizes.rounds, ssh=True, delay=DELAY)
        scale = f"{sizes.remote} repos, {DELAY} s per connection"
        shown = _times(times)
        yield self._judged(
            "a", f"multigit / floor, {scale}", _ratio(times, "multigit", "floor"), "<=", 1.3, shown
        )
        shown = f"old {old:.2f} s, once; {_times(times)}"
        faster = old / median(times["multigit"])
        yield Row("a", f"old / multigit, {scale}", faster, "x", "", "info", "16 at a time")
        faster = old / median(times["all"])
        yield self._judged("a", f"old / multigit -j {sizes.remote}", faster, ">=", 15, shown)

    def local(self) -> Iterator[Row]:
        """(b) Without waiting, multigit's own cost shows."""
        sizes, runner = self._sizes, self._runner
        ways: dict[str, Way] = {"floor": runner.floor, "multigit": runner.multigit}
        times = self._interleaved(ways, sizes.local, sizes.rounds)
        yield self._judged(
            "b",
            f"multigit / floor, {sizes.local} local repos",
            _ratio(times, "multigit", "floor"),
            "<=",
            2.5,
            _times(times),
        )

    def memory_of_operations(self) -> Iterator[Row]:
        """(h) The cost of surviving everything: journal, log and lock."""
        sizes, runner = self._sizes, self._runner
        ways: dict[str, Way] = {"bare": runner.bare, "multigit": runner.multigit}
        times = self._interleaved(ways, sizes.few, sizes.rounds)
        yield self._judged(
            "h",
            f"with / without journal, log and lock, {sizes.few} local repos",
            _ratio(times, "multigit", "bare"),
            "<=",
            1.1,
            _times(times),
        )

    def growth(self) -> Iterator[Row]:
        """(c) Five times the repositories take at most slightly more than five times as long."""
        sizes = self._sizes
        counts = (sizes.few, sizes.many)
        times: dict[str, list[float]] = {str(count): [] for count in counts}
        for number in range(max(1, sizes.rounds - 2)):
            for count in sorted(counts, reverse=number % 2 == 1):
                seconds = self._once("multigit", self._runner.multigit, count)
                times[str(count)].append(seconds)
        yield self._judged(
            "c",
            f"{sizes.few} → {sizes.many} local repos",
            _ratio(times, str(sizes.many), str(sizes.few)),
            "<=",
            5.5,
            _times(times),
        )

    def memory(self) -> Iterator[Row]:
        """(d) The peak of the process itself, not of the git processes that it starts."""
        count = self._sizes.crowd
        workspace = self._builder.workspace(count)
        run = self._runner.multigit(workspace)
        self._builder.verify(workspace)
        workspace.delete()
        yield _row(
            "d",
            f"peak memory, {count} local repos",
            run.megabytes,
            " MB",
            "<",
            150,
            f"{run.seconds:.2f} s",
        )

    def counts(self) -> Iterator[Row]:
        """(e) Connections and processes, counted in a separate run."""
        count = self._sizes.remote
        workspace = self._builder.workspace(count, ssh=True)
        counts = self._runner.counted([*PROMOTE, str(JOBS)], workspace)
        self._builder.verify(workspace)
        workspace.delete()
        each = counts.connections_per_repo()
        services = Counter[str]()
        for line, times in counts.connections.items():
            services[line.partition(" ")[0]] += times
        # Every repository should have two: the one furthest from that counts.
        worst = max(each, key=lambda seen: abs(seen - 2))
        yield _row("e", "connections per repo", worst, "", "==", 2, _shares(services, count))
        shown = _shares(counts.git, count)
        yield _row("e", "git processes per repo", counts.git_per_repo, "", "<=", 10, shown)

    def start(self) -> Iterator[Row]:
        """(f) Options that need only the command line import nothing heavy."""
        runner, rounds = self._runner, 2 * self._sizes.rounds
        for option in ("--version", "--help"):
            listing = runner.python("-X", "importtime", "-m", "multigit", option).stderr
            names = re.findall(r"^import time:.*\|\s*([\w.]+)\s*$", listing, re.MULTILINE)
            heavy = sorted({name.partition(".")[0] for name in names} & set(HEAVY))
            modules = f"{len(set(names))} modules in all" + "".join(f", {name}" for name in heavy)
            yield _row("f", f"heavy imports of {option}", len(heavy), "", "==", 0, modules)
        times: dict[str, list[float]] = {"pass": [], "--version": [], "--help": []}
        for _ in range(rounds):
            times["pass"].append(runner.python("-c", "pass").seconds)
            for option in ("--version", "--help"):
                times[option].append(runner.python("-m", "multigit", option).seconds)
        for option in ("--version", "--help"):
            ratio = _ratio(times, option, "pass")
            shown = _times({name: times[name] for name in ("pass", option)}, unit="ms")
            yield Row("f", f"{option} / python -c pass", ratio, "x", "", "info", shown)

    def status(self) -> Iterator[Row]:
        """(g) Looking at a workspace in which nothing has happened since the last look."""
        count = self._sizes.few
        workspace = self._builder.workspace(count)
        self._builder.each(workspace, "pull", "--quiet", "--ff-only")
        first = self._runner.counted(STATUS, workspace)
        again = self._runner.counted(STATUS, workspace)
        workspace.delete()
        for title, counts in (("first look", first), ("nothing new", again)):
            beyond = counts.git.total() - counts.git["fetch"]
            shown = _shares(counts.git, count)
            what = f"status, git processes per repo beyond fetch, {title}"
            yield Row("g", what, beyond / count, "", "", "info", shown)

    def watching(self) -> Iterator[Row]:
        """(i) The requests to GitHub for looking at many runs."""
        count = self._sizes.runs
        workspace = self._builder.workspace(count)
        seen = deployments.watched(workspace)
        workspace.delete()
        what = f"requests per look at one of {count} runs"
        shown = (
            f"{seen.looks} looks, {seen.soon} of them soon after another; "
            f"{seen.requests} requests, {seen.unchanged} answered 304"
        )
        yield _row("i", what, seen.requests / seen.looks, "", "<=", 1, shown)

    def starting(self) -> Iterator[Row]:
        """(j) Starts are separated by the pause, and by nothing else."""
        count, pause = self._sizes.starts, deployments.PAUSE
        workspace = self._builder.workspace(count)
        seen = deployments.started(self._runner, workspace)
        workspace.delete()
        least = (count - 1) * pause
        what = f"first to last of {count} starts / {count - 1} pauses of {pause} s"
        shown = f"{seen.seconds:.2f} s"
        yield self._judged("j", what, seen.seconds / least, "<=", 1.2, shown)
        whole = seen.run.seconds
        what = f"the whole command, deploy --no-wait, beyond {count - 1} pauses"
        yield Row("j", what, whole - least, " s", "", "info", f"{whole:.2f} s")

    def long_log(self) -> Iterator[Row]:
        """(k) A log of years costs as little as a short one."""
        counts, commands = (FEW_RECORDS, self._sizes.records), ("status", "log", "promote")
        logs = {count: self._log(count) for count in counts}
        times = {name: {str(count): list[float]() for count in counts} for name in commands}
        for number in range(2 * self._sizes.rounds):
            for count in sorted(counts, reverse=number % 2 == 1):
                seen = self._with_log(logs[count])
                for name, seconds in zip(commands, seen, strict=True):
                    times[name][str(count)].append(seconds)
        for name, seconds_of in times.items():
            ratio = _ratio(seconds_of, str(counts[1]), str(counts[0]))
            what = f"{name}, {counts[1]} / {counts[0]} records"
            yield self._judged("k", what, ratio, "<=", 1.3, _times(seconds_of))

    def roll_back(self) -> Iterator[Row]:
        """(l) The first deployment of the old release starts almost as soon as without multigit."""
        sizes, seen = self._sizes, dict[str, list[rollbacks.Starts]]()
        for number in range(max(1, sizes.rounds - 2)):
            with rollbacks.two_releases(self._runner, self._builder, sizes.remote) as stage:
                ways = {
                    "multigit": lambda stage=stage: stage.back(DELAY),
                    "loop": lambda stage=stage: stage.loop(DELAY, 1),
                    "loop at once": lambda stage=stage: stage.loop(DELAY, JOBS),
                }
                for name in sorted(ways, reverse=number % 2 == 1):
                    seen.setdefault(name, []).append(ways[name]())
        first, last = ([getattr(each, at) for each in seen["multigit"]] for at in ("first", "last"))
        loop, at_once = ([each.whole for each in seen[name]] for name in ("loop", "loop at once"))
        scale = f"{sizes.remote} repos, {DELAY} s per request"
        for name, times in (("first", first), ("last", last)):
            both = {"multigit": times, "loop": loop}
            what = f"{name} start / loop of POSTs, one at a time, {scale}"
            yield self._judged("l", what, _ratio(both, *both), "<=", 2, _times(both))
        both = {"multigit": first, "loop": at_once}
        what = f"first start / loop of POSTs, {JOBS} at a time, {scale}"
        yield Row("l", what, _ratio(both, *both), "x", "", "info", _times(both))
        one = seen["multigit"][0]
        shown = f"{one.connections / sizes.remote:.3g} connections"
        what = "requests per repo, and connections to remotes"
        yield Row("l", what, one.requests / sizes.remote, "", "", "info", shown)

    def _log(self, count: int) -> Path:
        """A log with this many records, indexed by a first status."""
        workspace = self._deploying()
        log = workspace.root / "deployment.log"
        write_log(log, count, [repo.name for repo in workspace.repos])
        self._runner.multigit_at(workspace, STATUS, {})
        kept = self._folder / f"log-{count}"
        kept.mkdir()
        for file in (log, workspace.root / ".multigit" / "deployed.json"):
            if file.exists():
                shutil.copy2(file, kept)
        workspace.delete()
        return kept

    def _with_log(self, kept: Path) -> tuple[float, ...]:
        """The seconds for a status, a log and a promotion in a fresh workspace."""
        workspace = self._deploying()
        shutil.copy2(kept / "deployment.log", workspace.root)
        if (kept / "deployed.json").exists():
            shutil.copy2(kept / "deployed.json", workspace.root / ".multigit")
        os.sync()
        looks = (STATUS, ("log", "--json"))
        runs = [self._runner.multigit_at(workspace, look, {}) for look in looks]
        runs.append(self._runner.multigit(workspace))
        self._builder.verify(workspace)
        workspace.delete()
        return tuple(run.seconds for run in runs)

    def _deploying(self) -> Workspace:
        """A workspace that deploys with a command, so that a promotion reads the log."""
        workspace = self._builder.workspace(REPOS_WITH_LOG)
        (workspace.root / ".multigit").mkdir(mode=0o700)
        config = workspace.root / "multigit.toml"
        deploy = '[stages.stg.deploy]\nrunner = "command"\ncommand = ["true"]\n'
        config.write_text(f"{config.read_text()}\n{deploy}")
        return workspace

    def _interleaved(
        self, ways: dict[str, Way], count: int, rounds: int, *, ssh: bool = False, delay: float = 0
    ) -> dict[str, list[float]]:
        """The seconds for each way in each round, in alternating order."""
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            for name in sorted(ways, reverse=number % 2 == 1):
                seconds = self._once(name, ways[name], count, ssh=ssh, delay=delay)
                times[name].append(seconds)
        return times

    def _once(
        self, name: str, way: Way, count: int, *, ssh: bool = False, delay: float = 0
    ) -> float:
        """One promotion in a fresh workspace, timed and then verified."""
        workspace = self._builder.workspace(count, ssh=ssh)
        run = way(workspace, delay)
        try:
            self._builder.verify(workspace)
        except BenchError as error:
            raise BenchError(f"{name}: {error}") from error
        workspace.delete()
        where = f"{delay} s per connection" if ssh else "local"
        connections = self._runner.connections().total()
        opened = f", {connections / count:.1f} connections each" if ssh else ""
        print(f"  {name:<9}{count:>4} repos, {where}: {run.seconds:.2f} s{opened}", file=sys.stderr)
        return run.seconds

    def _judged(
        self, scenario: str, what: str, measured: float, relation: str, target: float, detail: str
    ) -> Row:
        row = _row(scenario, what, measured, "x", relation, target, detail)
        if not self._quick:
            return row
        # Too small to judge a ratio; counts are judged anyway.
        return Row(scenario, what, measured, "x", row.target, "info", detail)


def _row(
    scenario: str, what: str, measured: float, unit: str, relation: str, target: float, detail: str
) -> Row:
    holds = {
        "<": measured < target,
        "<=": measured <= target,
        ">=": measured >= target,
        "==": measured == target,
    }[relation]
    wanted = f"{relation} {target:g}{unit}"
    return Row(scenario, what, measured, unit, wanted, "ok" if holds else "SHORT", detail)


def _ratio(times: dict[str, list[float]], over: str, under: str) -> float:
    """The median of the rounds' ratios: a machine that slows down slows both sides of a round."""
    return median(a / b for a, b in zip(times[over], times[under], strict=True))


def _times(times: dict[str, list[float]], unit: Literal["s", "ms"] = "s") -> str:
    factor, digits = (1000, 0) if unit == "ms" else (1, 2)
    return ", ".join(
        f"{name} {median(seen) * factor:.{digits}f} {unit} (best {min(seen) * factor:.{digits}f})"
        for name, seen in times.items()
    )


def _shares(counted: Counter[str], repos: int) -> str:
    """The number of each per repository, the most frequent first."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {times / repos:.3g}" for name, times in ordered)


def _table(rows: Sequence[Row]) -> str:
    cells = [("", "what", "measured", "target", "", "")]
    for row in rows:
        digits = 0 if row.unit == " MB" else 2
        measured = f"{row.measured:.{digits}f}{row.unit}"
        cells.append((row.scenario, row.what, measured, row.target, row.verdict, row.detail))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        "  ".join(
            [
                f"{line[0]:<{widths[0]}}",
                f"{line[1]:<{widths[1]}}",
                f"{line[2]:>{widths[2]}}",
                f"{line[3]:>{widths[3]}}",
                f"{line[4]:<{widths[4]}}",
                line[5],
            ]
        ).rstrip()
        for line in cells
    )


def _machine() -> dict[str, str | int | None]:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "python": platform.python_version(),
        "git": git.strip().removeprefix("git version "),
        "system": platform.system(),
        "cpus": os.cpu_count(),
        "jobs": JOBS,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure promoting many repositories.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: ratios are not judged")
    parser.add_argument("--only", default="", metavar="LETTERS", help="these scenarios, as in: abk")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    for tool in ("git", "xargs", "sh"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is needed and was not found")
    machine = _machine()
    try:
        with tempfile.TemporaryDirectory(prefix="multigit-bench-") as folder:
            sizes = QUICK if options.quick else FULL
            bench = Bench(Path(folder).resolve(), sizes, quick=options.quick)
            rows = list(bench.rows(options.only))
    except BenchError as error:
        print(f"The benchmark failed: {error}", file=sys.stderr)
        return 2
    ok = all(row.verdict != "SHORT" for row in rows)
    if options.json:
        report = {"ok": ok, "quick": options.quick, "machine": machine}
        print(json.dumps(report | {"rows": [asdict(row) for row in rows]}, indent=2))
    else:
        print(_table(rows))
        print(", ".join(f"{name} {value}" for name, value in machine.items()))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
