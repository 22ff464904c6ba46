"""What a revert did in files of all kinds, however its message was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.merge import Reversal
from tests.adapters.git.clones import open_clone, sides
from tests.support.forge import Forge, ForgeRepo

LINES = [f"{number}\n" for number in range(20)]


def lines(**changed: str) -> str:
    """Return a file of twenty lines, some of which have another text: `line3="three"`."""
    texts = {int(name.removeprefix("line")): text for name, text in changed.items()}
    return "".join(f"{texts[at]}\n" if at in texts else line for at, line in enumerate(LINES))


def worked(api: ForgeRepo, files: Mapping[str, str | None]) -> str:
    """Let dev have some work, with which main begins; return its commit."""
    work = api.commit("dev", files, message="feat: pay")
    api.remote_git("update-ref", "refs/heads/main", work)
    return work


def reverted(forge: Forge, api: ForgeRepo) -> Reversal:
    """Return the only commit of main through which a merge of dev would lose work."""
    api.commit("dev", {"new": "1\n"}, message="feat: new")
    repository = open_clone(forge, api)
    later, earlier = sides(repository)
    merged = repository.merge(later, earlier, None)
    (found,) = repository.reversals(earlier, later, merged.tree, merged.conflicts)
    return found


def processes(forge: Forge, repository: GitRepository) -> Callable[[], int]:
    """Return what counts the processes of git that are started from now on."""
    transcript = forge.root / "transcript"
    repository.transcript.keep(transcript)
    transcript.write_text("")
    return lambda: transcript.read_text().count("$ git ")


@pytest.mark.parametrize("attributes", ["", "a -diff\n"])
def test_more_in_a_file_that_is_not_compared_line_by_line_is_noticed(
    forge: Forge, attributes: str
) -> None:
    """A revert that leaves a third content there does more than it says."""
    null = "" if attributes else "\0"
    before = {"a": f"{null}1\n", "b": "1\n", ".gitattributes": attributes}
    api = forge.add("api", files=before)
    work = worked(api, {"a": f"{null}2\n", "b": "2\n"})
    message = f"Revert\n\nThis reverts commit {work}."
    api.commit("main", {"a": f"{null}own\n", "b": "1\n"}, message=message)
    found = reverted(forge, api)
    assert (found.back, found.mixed) == (("b",), ("a",))


def test_a_revert_below_newer_changes_is_one_in_any_file(forge: Forge) -> None:
    """Also in one whose attributes hide its lines, such as a lock file."""
    api = forge.add("api", files={"lock": lines(), ".gitattributes": "lock -diff\n"})
    work = worked(api, {"lock": lines(line3="three")})
    api.commit("main", {"lock": lines(line3="three", line15="hot")}, message="fix: hot")
    message = f"Revert\n\nThis reverts commit {work}."
    api.commit("main", {"lock": lines(line15="hot")}, message=message)
    found = reverted(forge, api)
    assert (found.back, found.mixed) == (("lock",), ())


def test_a_file_that_a_revert_makes_a_link_is_more_than_reverted(forge: Forge) -> None:
    """The kind of a file has no lines that could be compared."""
    api = forge.add("api", files={"a": "1\n"})
    work = worked(api, {"a": "2\n"})
    api.git("fetch", "--quiet", "origin")
    api.git("checkout", "--quiet", "--detach", "origin/main")
    (api.clone / "a").unlink()
    (api.clone / "a").symlink_to("b")
    api.git("commit", "--quiet", "--all", "--message", f"Revert\n\nThis reverts commit {work}.")
    api.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    found = reverted(forge, api)
    assert (found.back, found.mixed) == ((), ("a",))


def test_what_rolled_back_and_brought_back_is_nobodys_work(forge: Forge) -> None:
    """A later roll-back takes both with it, but only the hotfix is work of main itself."""
    api = forge.add("api", files={"a": "1\n"})
    before = api.tip("dev")
    worked(api, {"a": "2\n"})
    hotfix = api.commit("main", {"hot": "1\n"}, message="fix: hot")
    message = f"Back\n\nRolls-back-to: {before}"
    first = api.commit("main", {"a": "1\n", "hot": None}, message=message)
    again = f"Again\n\nThis reverts commit {first}.\n\nReapplies: {first}"
    api.commit("main", {"a": "2\n", "hot": "1\n"}, message=again)
    second = api.commit("main", {"a": "1\n", "hot": None}, message=message)
    found = reverted(forge, api)
    assert (found.sha, found.lost) == (second, 1)
    assert [each.sha for each in found.besides] == [hotfix]


def test_a_roll_back_of_many_files_starts_no_process_for_each(forge: Forge) -> None:
    """Also if some of them were moved, or changed by the stage before."""
    files = {f"{number}": f"{number}\n" for number in range(60)}
    api = forge.add("api", files=files)
    before = api.tip("dev")
    worked(api, {path: f"{text}more\n" for path, text in files.items()} | {"9": None, "x": "9\n"})
    api.commit("main", {"2": None, "two": "2\nmore\n"}, message="chore: names")
    own = {path: f"{text}more\nown\n" for path, text in files.items() if path not in {"2", "9"}}
    api.commit("main", own, message="fix: all")
    back = files | {"two": None, "x": None}
    api.commit("main", back, message=f"Back\n\nRolls-back-to: {before}")
    repository = open_clone(forge, api)
    later, earlier = sides(repository)
    merged = repository.merge(later, earlier, None)
    started = processes(forge, repository)
    (found,) = repository.reversals(earlier, later, merged.tree, merged.conflicts)
    assert len(found.paths) >= len(files)
    assert started() < len(files) // 2


def test_moves_are_found_whatever_the_user_limits(forge: Forge) -> None:
    """Else files that the stage moved and changed would look deleted."""
    files = {name: "".join(f"{name}{line}" for line in LINES) for name in ("a", "b")}
    api = forge.add("api", files=files)
    worked(api, {path: f"{text}more\n" for path, text in files.items()})
    moved = {f"{path}2": f"top\n{text}more\n" for path, text in files.items()}
    api.commit("main", {"a": None, "b": None, **moved}, message="chore: names")
    api.commit("dev", {"a": f"{files['a']}more\nmore\n"}, message="feat: more")
    api.git("config", "diff.renameLimit", "1")
    repository = open_clone(forge, api)
    later, earlier = sides(repository)
    merged = repository.merge(later, earlier, None)
    assert not merged.conflicted
    assert repository.reversals(earlier, later, merged.tree) == ()


@pytest.mark.parametrize("way", ["graft", "replace"])
def test_history_is_read_as_everyone_has_it(forge: Forge, api: ForgeRepo, way: str) -> None:
    """Neither replaced objects nor grafts of a clone count."""
    first = api.tip("dev")
    work = worked(api, {"a": "1\n"})
    revert = api.commit("main", {"a": None}, message=f"Revert\n\nThis reverts commit {work}.")
    api.git("fetch", "--quiet", "origin")
    if way == "replace":
        api.git("replace", "--graft", revert, first)
    else:
        (api.clone / ".git/info").mkdir(exist_ok=True)
        (api.clone / ".git/info/grafts").write_text(f"{revert} {first}\n")
    assert api.git("log", "--format=%P", "-1", revert).strip() == first
    found = reverted(forge, api)
    assert (found.sha, found.lost, found.back) == (revert, 1, ("a",))


@pytest.mark.parametrize(
    "content",
    [lines(line15="hot"), lines(line3="three", line15="hot")],
    ids=["beside", "instead"],
)
def test_a_mode_that_a_revert_changes_is_more_than_reverted(forge: Forge, content: str) -> None:
    """Beside the lines of the work, or instead of them."""
    api = forge.add("api", files={"run": lines()})
    work = worked(api, {"run": lines(line3="three")})
    api.commit("main", {"run": lines(line3="three", line15="hot")}, message="fix: hot")
    api.git("fetch", "--quiet", "origin")
    api.git("checkout", "--quiet", "--detach", "origin/main")
    (api.clone / "run").write_text(content)
    (api.clone / "run").chmod(0o755)
    api.git("commit", "--quiet", "--all", "--message", f"Revert\n\nThis reverts commit {work}.")
    api.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    found = reverted(forge, api)
    assert (found.back, found.mixed) == ((), ("run",))


def test_the_same_lines_changed_elsewhere_are_more_than_reverted(forge: Forge) -> None:
    """A hand-made revert may decide the same for another place."""
    api = forge.add("api", files={"a": lines(line3="off", line15="on")})
    work = worked(api, {"a": lines(line3="on", line15="on")})
    message = f"Revert\n\nThis reverts commit {work}."
    api.commit("main", {"a": lines(line3="off", line15="off")}, message=message)
    found = reverted(forge, api)
    assert (found.back, found.mixed) == ((), ("a",))


@pytest.mark.parametrize(
    ("work", "own"),
    [({"a": "2\n", "x": "1\n"}, "x/own"), ({"a": "2\n", "x/y": "1\n"}, "x")],
    ids=["folder", "file"],
)
@pytest.mark.parametrize("says", ["This reverts commit {work}.", "Rolls-back-to: {before}"])
def test_what_a_revert_puts_in_place_of_a_file_is_more_than_reverted(
    forge: Forge, work: dict[str, str | None], own: str, says: str
) -> None:
    """A folder cannot be where the file comes back, nor a file where the folder does."""
    api = forge.add("api", files={"a": "1\n"})
    before, (_, path) = api.tip("dev"), work
    made = worked(api, work)
    message = f"Revert\n\n{says.format(work=made, before=before)}"
    api.commit("main", {"a": "1\n", path: None, own: "own\n"}, message=message)
    found = reverted(forge, api)
    assert (found.back, found.mixed) == (("a",), (path,))


def test_each_of_many_reverts_takes_few_processes(forge: Forge) -> None:
    """What one changed is read once, whoever asks."""
    files: dict[str, str | None] = {f"{number}": "1\n" for number in range(12)}
    api = forge.add("api", files=dict.fromkeys(files, "0\n"))
    works = [api.commit("dev", {path: text}) for path, text in files.items()]
    api.remote_git("update-ref", "refs/heads/main", works[-1])
    for path, work in zip(files, works, strict=True):
        api.commit("main", {path: "0\n"}, message=f"Revert\n\nThis reverts commit {work}.")
    repository = open_clone(forge, api)
    later, earlier = sides(repository)
    merged = repository.merge(later, earlier, None)
    started = processes(forge, repository)
    found = repository.reversals(earlier, later, merged.tree)
    assert len(found) == len(files)
    assert started() < 5 * len(files)


@pytest.mark.parametrize("names", ["\n\nThis reverts commit {work}.", ""])
@pytest.mark.parametrize("path", ["a", "old"])
def test_an_older_file_that_a_revert_deletes_is_more_than_reverted(
    forge: Forge, names: str, path: str
) -> None:
    """Whether the work that it names was in that file or not: to revert work restores a file."""
    api = forge.add("api", files={"a": "1\n", "b": "1\n", "old": "1\n"})
    worked(api, {"old": "2\n"})
    work = worked(api, {"a": "2\n", "b": "2\n"})
    files = {"a": "1\n", "b": "1\n", path: None}
    api.commit("main", files, message=f'Revert "feat: pay"{names.format(work=work)}')
    found = reverted(forge, api)
    assert found.mixed == (path,)
    assert set(found.back) == {"a", "b"} - {path}
