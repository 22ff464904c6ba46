"""What must hold after anything went wrong; each check returns the violations that it found."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.support.snapshot import differences
from tests.torture.deployed import deployed, deployment_lies, in_doubt, unclear
from tests.torture.objects import HEADS, LOCKS, SHARED, TAGS, Remote
from tests.torture.releases import held, held_as_started, held_if_started, holds
from tests.torture.scenes import base
from tests.torture.world import Document, Ran, World

Violations = list[str]
Remotes = Mapping[str, Remote]

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 3, 130
NOTHING_UNFINISHED = "nothing_unfinished"
MADE = {"published", "deployed"}
TAG = re.compile(r"refs/tags/stg-deploy-\d{8}-\d{6}")
OWN_FILES = re.compile(
    r"lock|lock\.json|log\.lock|deployed\.json|\.gitignore|pushes(/[\w-]+)?|operations"
    r"|holds(/\w+\.json)?"
    r"|operations/[^/.]+(/([\w-]+\.log|journal\.jsonl))?"
    r"|operations/[^/.]+/\w+(/\w+(/1(\.[23])?(/(order|alive|began|command|ended|pid|output\.log))?)?)?"
)
WITNESS = re.compile(r"^Multigit-Log-(Seq|Head): (\S+)$", re.MULTILINE)
COMMITTED = re.compile(
    r"\.git: refs/heads/dev|\.git/index|\.git/logs/|\.git/COMMIT_EDITMSG|\.git: ORIG_HEAD"
)


# --- At any time


def together(world: World) -> Violations:
    """Check that in each repository all refs of the operation have moved, or none has.

    First wait for anything that a killed multigit left running.
    """
    found: Violations = []
    for name, remote in world.remotes().items():
        original: Mapping[str, str] = world.original[name]["refs"]
        theirs = {sha for _, sha in world.colleagues(name)}
        moved = [
            branch
            for branch in world.goal.moves
            if _ours(remote, branch, theirs) != original[f"{HEADS}{branch}"]
        ]
        tagged = [ref for ref in remote.work if ref.startswith(TAGS) and ref not in original]
        wanted = len(world.goal.moves) + bool(_tagging(world))
        if 0 < len(moved) + len(tagged) < wanted:
            found.append(f"{name}: only a part has moved: {moved or 'no branch'}, tags {tagged}")
    return found + held_if_started(world)


def _tagging(world: World) -> str:
    return "stg" if world.goal.back else world.goal.tagged


def lost(world: World) -> Violations:
    """Check that no commit has disappeared from a remote, including those of colleagues."""
    found: Violations = []
    for name, remote in world.remotes().items():
        had = remote.history(*_commits_of(remote, world.original[name]["refs"]))
        had |= {sha for _, sha in world.colleagues(name)}
        found += [f"{name}: the commit {sha} is lost" for sha in sorted(had - remote.commits)]
    return found


def _commits_of(remote: Remote, refs: Mapping[str, str]) -> list[str]:
    commits = {ref: sha for ref, sha in refs.items() if not ref.startswith(SHARED)}
    return [sha for sha in commits.values() if not remote.tag(sha)]


def lies(world: World, ran: Ran, before: Remotes, *, doubt: bool = False) -> Violations:
    """Compare what multigit said with the remotes right after; `doubt` allows "unknown"."""
    found: Violations = []
    document = ran.document
    if ran.status not in {DONE, FAILED, REFUSED, INTERRUPTED}:
        found.append(f"exit code {ran.status}: {ran.told()} {ran.stderr[-600:]}")
    if document is None:
        return [*found, f"no document: {ran.told()}"]
    if document["exit_code"] != ran.status:
        found.append(f"the document says {document['exit_code']}: {ran.told()}")
    now = world.remotes()
    for row in document["repos"]:
        found += _row_lies(world, row, now[row["repo"]], doubt=doubt)
        found += deployment_lies(world, row)
    said = f"{document['message']} {document['hint'] or ''}"
    if re.search(r"Nothing was (published|changed)", said):
        moved = [name for name in now if not _same(world, name, before[name], now[name])]
        if moved:
            found.append(f'"{said}", but on the remotes of {moved} something was')
    return [f"{each} ({ran.told()})" for each in found]


def _same(world: World, name: str, before: Remote, now: Remote) -> bool:
    theirs = {f"{HEADS}{branch}" for branch, _ in world.colleagues(name)}
    changed = {
        ref
        for ref in before.work.keys() | now.work.keys()
        if before.refs.get(ref) != now.refs.get(ref)
    }
    return changed <= theirs


def _row_lies(world: World, row: Document, now: Remote, *, doubt: bool) -> Violations:
    name, state = row["repo"], row["state"]
    if state == "published":
        return [f"{name} is called published: {text}" for text in _missing(world, row, now)]
    if state in {"failed", "not_published"}:
        arrived = _arrived(row, now)
        if any(problem["code"] == "half_published" for problem in row["problems"]):
            half = bool(arrived and _missing(world, row, now))
            return [] if half else [f"{name} is called half published: {arrived}"]
        return [f"{name} is called {state}: {text}" for text in arrived]
    if state == "unknown" and not doubt:
        return [f"{name} is called unknown, while its remote answers"]
    return []


def moving(row: Document) -> Iterator[Document]:
    """Yield the steps of a repository that move a branch."""
    return (step for step in row["steps"] if "branch" in step)


def _missing(world: World, row: Document, now: Remote) -> Violations:
    """Return what is missing from a published repository's remote."""
    found: Violations = []
    theirs = {sha for _, sha in world.colleagues(row["repo"])}
    for step in moving(row):
        branch, after = step["branch"], step["after"]
        if step["type"] == "restore":
            if _ours(now, branch, theirs) != after:
                found.append(f"{branch} was not set back to {after}")
        elif after not in now.history(now.branch(branch)):
            found.append(f"{branch} has no {after}")
    if row["tag"] and now.peeled(f"{TAGS}{row['tag']}") != row["after"]:
        found.append(f"{row['tag']} does not lead to {row['after']}")
    return found


def _arrived(row: Document, now: Remote) -> Violations:
    """Return what the remote of an unpublished repository has of the operation."""
    found = [f"{row['tag']} is there"] if f"{TAGS}{row['tag']}" in now.refs else []
    for step in moving(row):
        after, reached = step["after"], now.history(now.branch(step["branch"]))
        if step["type"] == "restore":
            if step["before"] not in reached:
                found.append(f"{step['branch']} was set back")
        elif after in reached:
            found.append(f"{step['branch']} has {after}")
    return found


# --- At the end


def untouched(world: World) -> Violations:
    """Check that nothing happened: remotes, workspace and log are as at the beginning."""
    found: Violations = []
    for name, remote in world.remotes().items():
        if not _same(world, name, world.at_first[name], remote):
            found.append(f"{name}: refs have changed")
        found += [f"{name}: the lock {ref} is left" for ref in remote.locks]
    if any(row["state"] in MADE for each in world.new_records() for row in each["repos"]):
        found.append("the log calls published what is not")
    if bool(holds(world)) != (base(world.scene) == "release"):
        found.append(f"the holds have changed: {holds(world)}")
    return [*found, *_disturbed(world)]


def began(world: World) -> bool:
    """Return whether the operation got far enough to leave a trace."""
    if world.unfinished() != world.open_at_first:
        return True
    remotes = world.remotes().items()
    if any(not _same(world, name, world.at_first[name], remote) for name, remote in remotes):
        return True
    rows = [row for each in world.new_records() for row in each["repos"]]
    return any(row["state"] in MADE for row in rows)


def complete(world: World, *, torn: bool = False) -> Violations:
    """Check that the command's goal is reached exactly once, and that no trouble left a trace.

    With `torn` a torn line may have been moved aside.
    """
    check: Callable[[World, str, Remote], Violations] = taken_back if world.goal.back else published
    found: Violations = []
    for name, remote in world.remotes().items():
        found += check(world, name, remote)
        found += [f"{name}: the lock {ref} is left" for ref in remote.locks]
        found += [f"{name}: git's {file} is left" for file in remote.leftovers()]
    return [
        *found,
        *lost(world),
        *recorded(world),
        *deployed(world),
        *held(world),
        *leftovers(world, torn=torn),
        *_disturbed(world),
    ]


def _disturbed(world: World) -> Violations:
    """Return the changes to the user's files and clones."""
    changed = differences(world.began, world.workspace())
    if world.goal.commits_files:
        changed = [fact for fact in changed if not COMMITTED.search(fact)]
    return [f"changed: {fact}" for fact in changed]


def _ours(remote: Remote, branch: str, theirs: set[str]) -> str:
    """Return a branch's newest commit that is not a colleague's."""
    sha = remote.branch(branch)
    while sha in theirs:
        sha = remote.commit(sha).parents[0]
    return sha


def published(world: World, name: str, remote: Remote) -> Violations:
    """Check one repository: the new commits, the tag, and nothing else."""
    known: dict[str, Any] = world.original[name]
    original: dict[str, str] = known["refs"]
    pushes = world.colleagues(name)
    theirs = {sha for _, sha in pushes}
    made: dict[str, str] = {}
    found: Violations = []
    for branch, wanted in world.goal.moves.items():
        sha = _ours(remote, branch, theirs)
        if sha == original[f"{HEADS}{branch}"]:
            found.append(f"{name}: {branch} is not published")
            continue
        made[branch] = sha
        allowed = [_allowed(word, original, pushes, made) for word in wanted]
        parents = remote.commit(sha).parents
        if len(parents) != len(allowed) or any(
            parent not in each for parent, each in zip(parents, allowed, strict=False)
        ):
            found.append(f"{name}: {branch} has the parents {parents}, wanted {allowed}")
        found += _written(world, name, remote, f"{HEADS}{branch}")
    if world.goal.tagged == "stg" and not world.goal.commits_files:
        tree = remote.commit(made["stg"]).tree if "stg" in made else known["tree"]
        if tree != known["tree"]:
            found.append(f"{name}: the merge's tree is {tree}, git makes {known['tree']}")
    found += _tag(world, name, remote, made)
    before = remote.history(*_commits_of(remote, original))
    extra = remote.commits - before - theirs - set(made.values())
    found += [f"{name}: the commit {sha} is too much" for sha in sorted(extra)]
    return found


def _allowed(
    word: str,
    original: Mapping[str, str],
    pushes: Sequence[tuple[str, str]],
    made: Mapping[str, str],
) -> set[str]:
    """Return the commits that `stg@` or `dev'` may mean."""
    branch = word[:-1]
    if word.endswith("'"):
        return {made.get(branch, "")}
    return {original[f"{HEADS}{branch}"], *(sha for where, sha in pushes if where == branch)}


def _written(world: World, name: str, remote: Remote, ref: str) -> Violations:
    """Check that we wrote a ref exactly once."""
    before = world.original[name]["writes"].get(ref, 0)
    theirs = sum(f"{HEADS}{branch}" == ref for branch, _ in world.colleagues(name))
    count = remote.writes(ref) - before - theirs
    return [] if count == 1 else [f"{name}: {ref} was written {count} times"]


def _tag(world: World, name: str, remote: Remote, made: Mapping[str, str]) -> Violations:
    """Check the deploy tag, and that no other ref is new."""
    original: Mapping[str, str] = world.original[name]["refs"]
    moved = {f"{HEADS}{branch}" for branch in world.goal.moves}
    moved |= {f"{HEADS}{branch}" for branch, _ in world.colleagues(name)}
    others = {
        ref
        for ref in remote.work.keys() | original.keys()
        if not (ref in moved or ref.startswith(LOCKS)) and remote.refs.get(ref) != original.get(ref)
    }
    tags = sorted(ref for ref in others if TAG.fullmatch(ref) and ref not in original)
    found = [f"{name}: {ref} has changed" for ref in sorted(others - set(tags))]
    wanted = 1 if world.goal.tagged else 0
    if len(tags) != wanted:
        return [*found, f"{name}: {len(tags)} tags instead of {wanted}: {tags}"]
    for ref in tags:
        tag = remote.tag(remote.refs[ref])
        target = made.get(world.goal.tagged, "")
        if tag is None or (tag.kind, tag.target) != ("commit", target):
            found.append(f"{name}: {ref} is {tag}, wanted an annotated tag of {target}")
        found += _written(world, name, remote, ref)
    return found


def taken_back(world: World, name: str, remote: Remote) -> Violations:
    """Check that every ref of one repository is back where it was at first."""
    original: Mapping[str, str] = world.original[name]["refs"]
    wrong = {
        ref: (original.get(ref), remote.refs.get(ref))
        for ref in remote.work.keys() | original.keys()
        if remote.refs.get(ref) != original.get(ref)
    }
    return [f"{name}: {ref} is {now}, was {was}" for ref, (was, now) in sorted(wrong.items())]


def recorded(world: World) -> Violations:
    """Check the log: it has one record for each operation, and the records are true."""
    records, new = world.records(), world.new_records()
    counts = Counter(each["operation"] for each in records)
    found = [f"{count} records of {name}" for name, count in counts.items() if count > 1]
    closed = [file.parent.name for file in _operations(world).glob("*/journal.jsonl")]
    found += [f"no record of {name}" for name in sorted(set(closed) - counts.keys())]
    if world.goal.back:
        undone = [each for each in new if each["command"] == "undo" and _did_something(each)]
        if len(undone) != 1:
            found.append(f"{len(undone)} records of an undo that did something")
        return found
    for name, remote in world.remotes().items():
        rows = [row for each in new for row in each["repos"] if row["repo"] == name]
        made = "deployed" if world.goal.holds else "published"
        published = [row for row in rows if row["state"] == made]
        if len(published) != 1:
            states = [row["state"] for row in rows]
            found.append(f"{name}: the log calls it {made} {len(published)} times: {states}")
        found += [
            f"{name}: the log says {row['tag']} at {row['after']}"
            for row in published
            if row["tag"] and remote.peeled(f"{TAGS}{row['tag']}") != row["after"]
        ]
    return found


def _did_something(record: Document) -> bool:
    return any(row["state"] == "published" for row in record["repos"])


def _exports_in_use(world: World) -> Iterator[str]:
    """Yield the folders of commands that may still begin, or be running, as records say."""
    for record in world.new_records():
        for row in record["repos"]:
            if any(each["state"] in {"starting", "unknown"} for each in row["deployments"]):
                yield f"operations/{record['operation']}/{row['repo']}/"


def leftovers(world: World, *, torn: bool = False) -> Violations:
    """Check multigit's own files: no open journal, and nothing out of place."""
    operations = _operations(world).glob("*.jsonl")
    found = [f".multigit/operations/{file.name} is left" for file in operations]
    own = world.shop / ".multigit"
    if own.exists():
        places = [str(path.relative_to(own)) for path in sorted(own.rglob("*"))]
        found += [
            f".multigit/{place} is left"
            for place in places
            if not OWN_FILES.fullmatch(place) and not place.endswith(".jsonl")
            if not place.startswith(tuple(_exports_in_use(world)))
        ]
    if not torn:
        found += [f"{path.name} is left" for path in world.shop.glob("deployment.log.torn")]
    found += _modes(world)
    return found


def _modes(world: World) -> Violations:
    own = world.shop / ".multigit"
    private = [*own.rglob("*.jsonl"), *own.glob("lock.json"), world.shop / "deployment.log"]
    return [
        f"{path.name} has the mode {oct(path.stat().st_mode)}"
        for path in private
        if path.exists() and path.stat().st_mode & 0o077
    ]


def _operations(world: World) -> Any:
    return world.shop / ".multigit/operations"


def verified(world: World) -> Violations:
    """Check the log's chain, and the tags against it; in a thorough world multigit does so, too."""
    found = chained(world)
    if world.thorough:
        ran = world.run("log", "--verify", "--remote", "--limit", "0")
        found += [] if ran.status == DONE else [f"log --verify --remote: {ran.told()} {ran.stdout}"]
    return found


def chained(world: World) -> Violations:
    """Check that each line follows the one before, and that the tags were made after theirs."""
    log = world.shop / "deployment.log"
    *lines, torn = log.read_bytes().split(b"\n") if log.exists() else [b""]
    found = ["the log ends in the middle of a line"] if torn else []
    hashes = ["0" * 64, *(hashlib.sha256(line).hexdigest() for line in lines)]
    for number, line in enumerate(lines):
        record = json.loads(line)
        if (record["seq"], record["prev"]) != (number + 1, hashes[number]):
            found.append(f"line {number + 1} of the log does not follow the one before")
    for name, remote in world.remotes().items():
        for ref in remote.work:
            tag = remote.tag(remote.refs[ref]) if TAG.fullmatch(ref) else None
            said = dict(WITNESS.findall(tag.message)) if tag else {}
            seq = int(said.get("Seq", 0))
            if tag and (seq >= len(hashes) or said.get("Head") != hashes[seq]):
                found.append(f"{name}: {ref} does not say how the log was: {said}")
    return found


def scratch(world: World) -> Violations:
    """Check that no temporary file is left; a multigit that was killed may leave some."""
    left = sorted(path.name for path in (world.root / "tmp").glob("multigit-*"))
    return [f"the temporary folder {name} is left" for name in left]


# --- On the way


def settle(world: World, *, most: int = 2, torn: bool = False) -> Violations:
    """Continue until the operation is finished, and return everything that is wrong then.

    If it never began, running the command itself must succeed. A start whose outcome is unknown is
    never sent again, however often we continue: then the operation is closed as it is.
    """
    world.in_doubt = in_doubt(world)
    goes_on = world.goal.command[0] == "continue"
    if not began(world) and not goes_on and not world.open_at_first:
        ran = world.run("continue", "--yes")
        if ran.codes != [NOTHING_UNFINISHED]:
            return [f"nothing was begun, but: {ran.told()}"]
    found: Violations = []
    for _ in range(most if began(world) or goes_on else 0):
        before = world.remotes()
        ran = world.run("continue", "--yes")
        if ran.codes == [NOTHING_UNFINISHED]:
            break
        found += lies(world, ran, before)
        if ran.status == DONE:
            break
    world.wait_for_orphans()
    if world.unfinished() and unclear(world):
        ran = world.run("abandon")
        found += lies(world, ran, world.remotes())
    if world.unfinished() and (began(world) or goes_on):
        found.append(f"still unfinished after {most} times: {ran.told()}")
    return found + at_rest(world, torn=torn)


def finish(world: World, ran: Ran) -> Violations:
    """Continue if a command did not finish, and check the end."""
    return at_rest(world) if ran.status == DONE else settle(world)


def at_rest(world: World, *, torn: bool = False) -> Violations:
    """Check the end; if the operation never began, first run the command again."""
    found: Violations = []
    if not began(world) and world.goal.command[0] != "continue":
        found += untouched(world)
        before = world.remotes()
        ran = world.run(*world.goal.command)
        found += lies(world, ran, before)
        if ran.status != DONE:
            found.append(f"it cannot be run again: {ran.told()}")
    return [*found, *complete(world, torn=torn), *verified(world)]


def undone(world: World, *, torn: bool = False) -> Violations:
    """Undo the operation and check that it is as if nothing had ever been published."""
    before = world.remotes()
    ran = world.run("undo", "--yes")
    nothing = ran.codes == ["nothing_to_undo"]
    found = [] if nothing else lies(world, ran, before)
    if ran.status != DONE and not nothing:
        found.append(f"it cannot be undone: {ran.told()}")
    for name, remote in world.remotes().items():
        found += taken_back(world, name, remote)
        found += [f"{name}: the lock {ref} is left" for ref in remote.locks]
    counts = Counter(each["operation"] for each in world.records())
    found += [f"{count} records of {name}" for name, count in counts.items() if count > 1]
    return [*found, *lost(world), *leftovers(world, torn=torn), *verified(world)]


def recorded_truly(world: World) -> Violations:
    """Compare what the log calls published with the tags of the remotes."""
    found: Violations = []
    for name, remote in world.remotes().items():
        for record in world.new_records() if not world.goal.holds else ():
            rows = [row for row in record["repos"] if row["repo"] == name]
            tags = [f"{TAGS}{row['tag']}" in remote.refs for row in rows]
            said = [row["state"] == "published" for row in rows]
            if tags != said:
                found.append(f"{name}: the log calls it {rows[0]['state']}, its tag: {tags[0]}")
    return found


def all_taken_back(world: World) -> Violations:
    """Check that every ref of every repository is back where it was at first."""
    remotes = world.remotes().items()
    return [each for name, remote in remotes for each in taken_back(world, name, remote)]


def abandoned(world: World, *, torn: bool = False) -> Violations:
    """Close the operation as it is, and check that the log says what is on the remotes."""
    before, world.in_doubt = world.remotes(), in_doubt(world)
    ran = world.run("abandon")
    nothing = ran.codes == [NOTHING_UNFINISHED]
    found = [] if nothing or ran.status == DONE else [f"it cannot be abandoned: {ran.told()}"]
    for name, remote in world.remotes().items():
        if remote.work != before[name].work:
            found.append(f"{name}: abandon has changed refs")
        found += [f"{name}: the lock {ref} is left" for ref in remote.locks]
    found += recorded_truly(world) + held_as_started(world)
    counts = Counter(each["operation"] for each in world.records())
    found += [f"{count} records of {name}" for name, count in counts.items() if count > 1]
    return [*found, *lost(world), *leftovers(world, torn=torn), *verified(world)]
