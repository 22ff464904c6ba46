"""The moves of a walk: each is one line, proposed by the dice and carried out by `play`.

colleague web dev                     commits there
contradict api stg                    changes a line that others change, too
by-hand api dev stg                   merges by hand
roll-back api main                    reverts the merge, or the revert, at its tip
put-back api main                     … by restoring the content, without saying so
refuse web · accept web               its server
hold web · hurry                      its server delays every push; everything continues
runner stg · no-runner stg            in the configuration of all workspaces
locks · waves · targets               … from now on
untag api stg                         deletes the newest deploy tag there
badly stg · well stg                  how deployments there end
github · jenkins                      carries out all deployments from now on
cut request · cut answer              of the next start there
rerun stg · rerun stg 2               runs the newest failed run there again, or the one before
lose stg                              loses the trace of the newest run: no one knows how it ended
forget ours                           continues on a machine that has only the log
edit ours api                         work in a clone
promote dev stg --yes                 multigit, in our workspace
theirs promote dev stg --yes          … in the colleague's
kill:push-2/orphan promote dev stg    … cut short: see `Cut`
watched status                        … with a person reading at a terminal
undo %1                               … with the newest release of its log; %2 the one before
rollback stg %2 --yes                 … which may hold the stage
promote dev stg --release-hold --reason tried --yes
hint 2                                … the second command that the last hints proposed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.torture.objects import LOCKS
from tests.walk import traces
from tests.walk.commands import Cut, Said, run
from tests.walk.hints import added, agreed, proposed
from tests.walk.seen import Seen
from tests.walk.town import KEEPER, OURS, THEIRS, Town

WATCHED = "watched"


@dataclass(frozen=True, slots=True)
class View:
    """What the dice may know: the town, its current state, and what was said last."""

    town: Town
    seen: Seen
    last: Said | None

    @property
    def options(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the last hints, each with a command that it proposes."""
        if self.last is None:
            return ()
        found = {words: hint for hint in self.last.advice for words in proposed(hint)}
        found |= {
            (*self.last.words, *words): hint for hint in self.last.advice for words in added(hint)
        }
        return tuple((hint, words) for words, hint in found.items())

    def is_held(self, stage: str) -> bool:
        """Return whether a roll-back may hold a stage, for us or for all."""
        return stage in self.seen.held[OURS] or f"{LOCKS}{stage}" in self.seen.refs[KEEPER]

    @property
    def open(self) -> bool:
        """Return whether our workspace has an unfinished operation."""
        return bool(self.seen.unfinished[OURS])


# --- What others do

Effect = Callable[[Town, Sequence[str]], object]
EFFECTS: dict[str, Effect] = {
    "colleague": lambda town, words: town.colleague(words[0], words[1]),
    "contradict": lambda town, words: town.contradict(words[0], words[1]),
    "by-hand": lambda town, words: town.merge_by_hand(words[0], words[1], words[2]),
    "roll-back": lambda town, words: town.roll_back(words[0], words[1], silent=False),
    "put-back": lambda town, words: town.roll_back(words[0], words[1], silent=True),
    "refuse": lambda town, words: town.set_mood(words[0], "refusing", on=True),
    "accept": lambda town, words: town.set_mood(words[0], "refusing", on=False),
    "hold": lambda town, words: town.set_mood(words[0], "held", on=True),
    "hurry": lambda town, _: town.hurry(),
    "runner": lambda town, words: town.employ(words[0], wanted=True),
    "no-runner": lambda town, words: town.employ(words[0], wanted=False),
    "locks": lambda town, _: town.agree("locks"),
    "waves": lambda town, _: town.agree("waves"),
    "targets": lambda town, _: town.agree("targets"),
    "untag": lambda town, words: town.untag(words[0], words[1]),
    "badly": lambda town, words: town.set_mood(words[0], "badly", on=True),
    "well": lambda town, words: town.set_mood(words[0], "badly", on=False),
    "github": lambda town, _: traces.employ(town, "github"),
    "jenkins": lambda town, _: traces.employ(town, "jenkins"),
    "cut": lambda town, words: traces.cut(town, words[0]),
    "rerun": lambda town, words: traces.rerun(town, *words),
    "lose": lambda town, words: traces.lose(town, words[0]),
    "forget": lambda town, words: traces.forget(town, words[0]),
    "edit": lambda town, words: town.edit(words[0], words[1]),
}
MOODS = {"refuse", "accept", "hold", "hurry", "badly", "well", "cut"}  # a hint outlasts them


@dataclass(frozen=True, slots=True)
class Played:
    """What a line became: the command that was run, and the hint that proposed it."""

    said: Said | None = None
    hint: str = ""


def play(line: str, view: View) -> Played:
    """Carry out a line; skip it if its hint or release does not exist."""
    words = line.split()
    if words[0] in EFFECTS:
        EFFECTS[words[0]](view.town, words[1:])
        return Played()
    if watched := words[0] == WATCHED:
        words = words[1:]
    if cut := Cut.named(words[0]):
        words = words[1:]
    workspace = OURS
    if words[0] == THEIRS:
        workspace, words = THEIRS, words[1:]
    hint = ""
    if words[0] == "hint":
        options = view.options
        number = int(words[1])
        if number > len(options):
            return Played()
        hint, command = options[number - 1]
        workspace = view.last.workspace if view.last else workspace
        if f"multigit {' '.join(command)} there" in hint:  # in the other workspace
            workspace = THEIRS if workspace == OURS else OURS
        words = list(agreed(command))
    typed = [_release(word, view.seen, workspace) for word in words]
    if not all(typed):
        return Played()
    if cut:
        typed += ["--jobs", "1"]
    return Played(run(view.town, workspace, typed, cut, watched=watched), hint)


def _release(word: str, seen: Seen, workspace: str) -> str:
    """Return a word, with %1 replaced by the newest release, and so on; empty if there is none."""
    if not word.startswith("%"):
        return word
    known = [each["release"] for each in seen.records[workspace] if each["release"]]
    known = list(dict.fromkeys(reversed(known)))
    number = int(word[1:])
    return str(known[number - 1]) if number <= len(known) else ""
