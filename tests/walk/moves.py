"""The moves of a walk: each is one line, proposed by dice and understood by `play`.

colleague web dev                     commits there
contradict api stg                    changes a line that others change, too
by-hand api dev stg                   merges by hand
refuse web · accept web               its server
hold web · hurry                      its server waits with every push; everything goes on
runner stg · no-runner stg            in the configuration of all workspaces
badly stg · well stg                  how deployments there end
edit ours api                         work in a clone
promote dev stg --yes                 multigit, in our workspace
theirs promote dev stg --yes          … in the colleague's
kill:push-2/orphan promote dev stg    … cut short: see `Cut`
watched status                        … with a person who reads at a terminal
undo %1                               … with the newest release of its log; %2 the one before
hint 2                                … what the last hints proposed second
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.walk.commands import Cut, Said, run
from tests.walk.hints import agreed, proposed
from tests.walk.seen import Seen
from tests.walk.town import OURS, PAIRS, REPOS, STAGES, THEIRS, Town

WATCHED = "watched"


@dataclass(frozen=True, slots=True)
class View:
    """What the dice may know: the town, what there is, and what was said last."""

    town: Town
    seen: Seen
    last: Said | None

    @property
    def options(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the hints of what was said last, each with a command that it proposes."""
        if self.last is None:
            return ()
        found = {words: hint for hint in self.last.advice for words in proposed(hint)}
        return tuple((hint, words) for words, hint in found.items())

    @property
    def open(self) -> bool:
        """Tell whether our workspace has an unfinished operation."""
        return bool(self.seen.unfinished[OURS])


# --- What others do

Effect = Callable[[Town, Sequence[str]], object]
EFFECTS: dict[str, Effect] = {
    "colleague": lambda town, words: town.colleague(words[0], words[1]),
    "contradict": lambda town, words: town.contradict(words[0], words[1]),
    "by-hand": lambda town, words: town.merge_by_hand(words[0], words[1], words[2]),
    "refuse": lambda town, words: town.set_mood(words[0], "refusing", on=True),
    "accept": lambda town, words: town.set_mood(words[0], "refusing", on=False),
    "hold": lambda town, words: town.set_mood(words[0], "held", on=True),
    "hurry": lambda town, _: town.hurry(),
    "runner": lambda town, words: town.employ(words[0], wanted=True),
    "no-runner": lambda town, words: town.employ(words[0], wanted=False),
    "badly": lambda town, words: town.set_mood(words[0], "badly", on=True),
    "well": lambda town, words: town.set_mood(words[0], "badly", on=False),
    "edit": lambda town, words: town.edit(words[0], words[1]),
}


@dataclass(frozen=True, slots=True)
class Played:
    """What a line was in the end: the command that was typed, and the hint that proposed it."""

    said: Said | None = None
    hint: str = ""


def play(line: str, view: View) -> Played:
    """Do what a line says. A hint or release that there is none of is left out."""
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
        words = list(agreed(command))
    typed = [_release(word, view.seen, workspace) for word in words]
    if not all(typed):
        return Played()
    if cut:
        typed += ["--jobs", "1"]
    return Played(run(view.town, workspace, typed, cut, watched=watched), hint)


def _release(word: str, seen: Seen, workspace: str) -> str:
    """Return a word, or the release that it stands for: %1 the newest one; empty for none."""
    if not word.startswith("%"):
        return word
    known = [each["release"] for each in seen.records[workspace] if each["release"]]
    known = list(dict.fromkeys(reversed(known)))
    number = int(word[1:])
    return str(known[number - 1]) if number <= len(known) else ""


# --- What the dice propose

Proposal = Callable[[Random, View], str]


def _colleague(dice: Random, _: View) -> str:
    branch = dice.choices(STAGES, (6, 2, 1))[0]
    return f"colleague {dice.choice(REPOS)} {branch}"


def _contradict(dice: Random, _: View) -> str:
    return f"contradict {dice.choice(REPOS)} {dice.choice(STAGES)}"


def _by_hand(dice: Random, _: View) -> str:
    source, target = dice.choice(PAIRS)
    return f"by-hand {dice.choice(REPOS)} {source} {target}"


def _server(dice: Random, view: View) -> str:
    refusing = [name for name in REPOS if view.town.has_mood(name, "refusing")]
    if refusing:
        return f"accept {dice.choice(refusing)}"
    return f"refuse {dice.choice(REPOS)}"


def _hold(dice: Random, view: View) -> str:
    return "hurry" if view.town.held() else f"hold {dice.choice((*REPOS, 'stg'))}"


def _runner(dice: Random, view: View) -> str:
    stage = dice.choices(("stg", "main"), (3, 1))[0]
    if stage not in view.town.runners:
        return f"runner {stage}"
    if view.town.has_mood(stage, "badly"):
        return f"well {stage}"
    return f"{dice.choice(('badly', 'no-runner'))} {stage}"


def _edit(dice: Random, _: View) -> str:
    return f"edit {dice.choice((OURS, OURS, THEIRS))} {dice.choice(REPOS)}"


def _hint(dice: Random, view: View) -> str:
    return f"hint {dice.randint(1, len(view.options))}" if view.options else _promote(dice, view)


def _some(dice: Random) -> str:
    """Return a choice of repositories, mostly all."""
    return dice.choices(("", f" -r {dice.choice(REPOS)}", " --skip-blocked"), (6, 1, 1))[0]


def _promote(dice: Random, _: View) -> str:
    source, target = dice.choices(PAIRS, (3, 1))[0]
    no_wait = dice.choices(("", " --no-wait"), (6, 1))[0]
    return f"promote {source} {target}{_some(dice)}{no_wait} --yes"


def _push(dice: Random, _: View) -> str:
    return f"push dev{dice.choice(('', ' --promote stg'))}{_some(dice)} --yes"


def _backmerge(dice: Random, _: View) -> str:
    return f"backmerge{dice.choice(('', ' stg'))}{_some(dice)} --yes"


def _deploy(dice: Random, _: View) -> str:
    what = dice.choices(("", " %1", " %2", " --failed"), (4, 2, 1, 2))[0]
    return f"deploy {dice.choices(('stg', 'main'), (3, 1))[0]}{what}{_some(dice)} --yes"


def _undo(dice: Random, _: View) -> str:
    return f"undo{dice.choices(('', ' %1', ' %2'), (6, 2, 1))[0]} --yes"


def _plain(line: str) -> Proposal:
    return lambda _, __: line


def _look(dice: Random, _: View) -> str:
    return dice.choice(("status", "log", "log --verify", "log --verify --remote", "watch"))


def _pull(dice: Random, _: View) -> str:
    return f"pull {dice.choice(STAGES)}{dice.choice(('', '', ' --switch'))}"


def _dry(dice: Random, view: View) -> str:
    """Return what is looked at first; the same is done next (see the walk)."""
    whole = dice.choice(COMMANDS)(dice, view)
    return whole.replace(" --yes", " --dry-run")


def _theirs(dice: Random, view: View) -> str:
    return f"theirs {dice.choice((_promote, _deploy, _undo, _backmerge, _push))(dice, view)}"


MOMENTS = (
    "kill:push-{n}/orphan",
    "kill:push-{n}/before",
    "kill:push-{n}/after",
    "kill:edge-{edge}",
    "kill:edge-{edge}/half",
    "kill:after-0.{tenths}",
    "kill:mid-push",
    "kill:mid-deploy",
    "int:mid-push",
    "int2:mid-push",
    "int:mid-deploy",
    "int2:mid-deploy",
    "int:after-0.{tenths}",
)


def _cut(dice: Random, view: View) -> str:
    """Return a command that is cut short: mostly where it does the most."""
    commands = (_promote, _promote, _push, _backmerge, _plain("continue --yes"), _undo, _deploy)
    moment = dice.choice(MOMENTS).format(
        n=dice.randint(1, 3), edge=dice.randint(4, 30), tenths=dice.randint(2, 9)
    )
    return f"{moment} {dice.choice(commands)(dice, view)}"


FOLLOWED_UP, SEEN = 0.7, 0.25  # how often
COMMANDS: tuple[Proposal, ...] = (_promote, _push, _backmerge, _deploy, _undo)
ANY_TIME: tuple[tuple[int, Proposal], ...] = (
    (3, _server),
    (3, _hold),
    (1, _runner),
    (1, _edit),
    (3, _hint),
    (3, _look),
    (1, _pull),
    (2, _theirs),
)
AT_REST: tuple[tuple[int, Proposal], ...] = (
    (8, _colleague),
    (1, _contradict),
    (1, _by_hand),
    (8, _promote),
    (2, _push),
    (2, _backmerge),
    (3, _deploy),
    (4, _undo),
    (3, _dry),
    (5, _cut),
)
UNDER_WAY: tuple[tuple[int, Proposal], ...] = (
    (6, _server),
    (5, _hint),
    (6, _plain("continue --yes")),
    (4, _plain("undo --yes")),
    (2, _plain("abandon")),
    (1, _plain("continue --dry-run")),
    (1, _plain("undo --dry-run")),
    (1, _colleague),
    (1, _by_hand),
    (2, _cut),
)


def propose(dice: Random, view: View) -> str:
    """Return the next line of a walk. A dry run is mostly followed by what it was about."""
    last = view.last
    if last and last.dry and last.status == 0 and dice.random() < FOLLOWED_UP:
        where = f"{THEIRS} " if last.workspace == THEIRS else ""
        line = where + " ".join(last.words).replace("--dry-run", "--yes")
    else:
        table = (*ANY_TIME, *(UNDER_WAY if view.open else AT_REST))
        weights = [weight for weight, _ in table]
        line = dice.choices([each for _, each in table], weights)[0](dice, view)
    watched = line.split()[0] not in EFFECTS and dice.random() < SEEN
    return f"{WATCHED} {line}" if watched else line
