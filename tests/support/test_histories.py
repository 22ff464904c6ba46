"""Random histories have the promised features, and the oracle merges them as git does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from . import fastimport, histories, oracle
from .forge import COLLEAGUE
from .gitenv import GitFailedError, default_environment, git, init

SEEDS = range(100)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init(tmp_path_factory.mktemp("histories") / "store.git", bare=True)


@pytest.fixture(scope="module")
def merged(store: Path) -> list[tuple[histories.History, oracle.Outcome]]:
    made = histories.build_many(SEEDS, store)
    scratch = store.parent / "merges"
    return [
        (history, oracle.oracle(store, history.target_sha, history.source_sha, scratch))
        for history in made
    ]


def test_history_is_the_same_for_a_seed(
    merged: list[tuple[histories.History, oracle.Outcome]], tmp_path: Path
) -> None:
    """Even alone, in another repository, and in a process with other hashes."""
    bare = init(tmp_path / "other.git", bare=True)
    assert histories.build(41, bare) == merged[41][0]
    program = (
        f"import sys; from {histories.__name__} import random_history\n"
        "sys.stdout.buffer.write(random_history(41))"
    )
    folder = Path(histories.__file__).parents[histories.__name__.count(".")]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**default_environment(), "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == histories.random_history(41)
    assert histories.random_history(41) != histories.random_history(42)


def test_histories_have_every_feature(
    merged: list[tuple[histories.History, oracle.Outcome]],
) -> None:
    assert frozenset().union(*(history.features for history, _ in merged)) == histories.FEATURES


def test_histories_merge_cleanly_and_conflict(
    merged: list[tuple[histories.History, oracle.Outcome]],
) -> None:
    conflicting = [outcome for _, outcome in merged if not outcome.clean]
    assert 30 <= len(conflicting) <= 50
    assert all(outcome.conflicts == outcome.reported for outcome in conflicting)
    assert all(outcome.conflicts == frozenset() for _, outcome in merged if outcome.clean)
    assert any(outcome.already_merged for _, outcome in merged)


def test_history_shapes_are_what_they_say(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    for history, outcome in merged:
        bases = git(store, "merge-base", "--all", history.target_sha, history.source_sha).split()
        assert ("already merged" in history.features) == outcome.already_merged
        assert outcome.already_merged == (bases == [history.source_sha])
        assert ("ahead" in history.features) == (bases == [history.target_sha])
        assert ("criss-cross" in history.features) == (len(bases) > 1)


def test_every_history_is_sound(store: Path, merged: object) -> None:
    assert merged
    assert git(store, "fsck", "--strict", "--no-dangling") == ""


def test_histories_hold_odd_paths_and_kinds(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    listing = "".join(git(store, "ls-tree", "-r", "-z", item.source_sha) for item, _ in merged)
    for part in ("\t--output=f\0", "new\nline", "日本", "120000 ", "100755 ", "160000 "):
        assert part in listing
    assert "/.gitattributes\0" in listing
    assert "\udcff" in listing or sys.platform == "darwin"


def test_oracle_agrees_with_itself(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    scratch = store.parent / "again"
    for history, outcome in merged[::5]:
        assert oracle.oracle(store, history.target_sha, history.source_sha, scratch) == outcome
    assert list(scratch.iterdir()) == []


def test_oracle_raises_when_git_fails_for_another_reason(store: Path, merged: object) -> None:
    assert merged
    entry = {b"a": fastimport.text_file("1")}
    stamp = fastimport.Stamp(COLLEAGUE, 0)
    stream = b"".join(
        fastimport.commit(
            f"refs/heads/{name}", mark, stamp=stamp, message=name, parents=[], changes=entry
        )
        for mark, name in enumerate(("one", "two"), 1)
    )
    one, two = fastimport.run(store, stream, [1, 2])
    with pytest.raises(GitFailedError, match="unrelated histories"):
        oracle.oracle(store, one, two, store.parent / "unrelated")


def test_clash_of_file_and_folder_compares_without_labels() -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    paths = {"a~HEAD", f"b~{sha}", f"c~{sha}_0", "d~other"}
    assert oracle.unlabelled(paths) == {"a", "b", "c", "d~other"}
