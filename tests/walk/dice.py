"""What the dice propose: the next line of a walk, depending on where the walk is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from tests.walk.hints import REASON
from tests.walk.moves import EFFECTS, WATCHED, View
from tests.walk.town import OURS, PAIRS, REPOS, STAGES, TAGGED, THEIRS, pairs_of, stages_of

RELEASING = f"--release-hold --reason {REASON}"
OVERRIDING = f"--override bad_release --reason {REASON}"
Proposal = Callable[[Random, View], str]


def _place(dice: Random, weights: Mapping[str, int]) -> str:
    """Return a repository and one of its stages, by the weights of the stages."""
    repo = dice.choice(REPOS)
    stages = [stage for stage in weights if stage in stages_of(repo)]
    return f"{repo} {dice.choices(stages, [weights[stage] for stage in stages])[0]}"


def _colleague(dice: Random, _: View) -> str:
    return f"colleague {_place(dice, {'dev': 6, 'stg': 2, 'main': 1})}"


def _contradict(dice: Random, _: View) -> str:
    return f"contradict {_place(dice, dict.fromkeys(STAGES, 1))}"


def _by_hand(dice: Random, _: View) -> str:
    repo = dice.choice(REPOS)
    source, target = dice.choice(pairs_of(repo))
    return f"by-hand {repo} {source} {target}"


def _roll_back(dice: Random, _: View) -> str:
    how = dice.choices(("roll-back", "put-back"), (2, 1))[0]
    return f"{how} {_place(dice, {'stg': 1, 'main': 3})}"


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


def _trouble(dice: Random, view: View) -> str:
    """Return what happens to the newest deployment of a stage, or a start that leaves one alone."""
    runs = [run for run in view.seen.runs if run.by == OURS]
    if not runs or dice.random() < ALONE:
        return f"deploy {dice.choice(sorted(view.town.runners) or ['stg'])} --no-wait --yes"
    if view.town.host and dice.random() < CUT:
        return f"cut {dice.choice(('request', 'answer'))}"
    if view.town.host and any(runs[-1].ends) and not runs[-1].running:
        return f"rerun {runs[-1].stage}{dice.choice(('', '', ' 2'))}"
    return dice.choice((f"lose {runs[-1].stage}", f"forget {OURS}"))


def _agree(dice: Random, view: View) -> str:
    what = dice.choice(("locks", "waves", "targets", "github", "jenkins"))
    known = view.town.host if what in {"github", "jenkins"} else getattr(view.town, what)
    return "lock status" if known else what


def _untag(dice: Random, _: View) -> str:
    return f"untag {_place(dice, dict.fromkeys(TAGGED, 1))}"


def _edit(dice: Random, _: View) -> str:
    return f"edit {dice.choice((OURS, OURS, THEIRS))} {dice.choice(REPOS)}"


def _hint(dice: Random, view: View) -> str:
    return f"hint {dice.randint(1, len(view.options))}" if view.options else _promote(dice, view)


def _some(dice: Random) -> str:
    """Return which repositories to choose, usually all of them."""
    return dice.choices(("", f" -r {dice.choice(REPOS)}", " --skip-blocked"), (6, 1, 1))[0]


def _releasing(dice: Random, view: View, stage: str) -> str:
    """Return the option that releases a hold, usually if the stage is held."""
    chance = RELEASED if view.is_held(stage) else RELEASED_FREE
    return f" {RELEASING}" if dice.random() < chance else ""


def _promote(dice: Random, view: View) -> str:
    source, target = dice.choices(PAIRS, (6, 2, 3))[0]
    how = dice.choices(
        ("", " --no-wait", " --accept-reverts", " --accept-doubt", " --roll-forward"),
        (12, 2, 1, 1, 2),
    )[0]
    how += _releasing(dice, view, target)
    first = dice.choice((source, "develop")) if (source, target) == ("dev", "main") else source
    return f"promote {first} {target}{_some(dice)}{how} --yes"


def _push(dice: Random, _: View) -> str:
    further = dice.choices(("", " --promote stg", " --promote main"), (4, 4, 1))[0]
    return f"push dev{further}{_some(dice)} --yes"


def _backmerge(dice: Random, _: View) -> str:
    how = dice.choices(("", " --accept-reverts", " --roll-forward"), (6, 1, 1))[0]
    return f"backmerge{dice.choice(('', ' stg'))}{_some(dice)}{how} --yes"


def _deploy(dice: Random, view: View) -> str:
    stages = sorted(view.town.runners) or ("stg", "main")
    what = dice.choices(("", " %1", " %2", " --failed"), (4, 2, 1, 2))[0]
    how = dice.choices(("", " --accept-doubt", f" {OVERRIDING}"), (10, 2, 1))[0]
    stage = dice.choice(stages)
    releasing = "" if OVERRIDING in how else _releasing(dice, view, stage)
    return f"deploy {stage}{what}{_some(dice)}{how}{releasing} --yes"


def _rollback(dice: Random, view: View) -> str:
    """Return a roll-back to an earlier release of a stage; a promotion if there is none."""
    released = [each["release"] for each in view.seen.records[OURS] if each["release"]]
    stages = [stage for stage, tag in TAGGED.items() if any(r.startswith(tag) for r in released)]
    if not stages and dice.random() < UNKNOWN:
        return _promote(dice, view)
    stage = dice.choice(stages or ("stg", "main"))
    to = dice.choices((" --last-good", " %1", " %2", " %3"), (2, 2, 4, 1))[0]
    how = dice.choices(("", " --how restore", " --how redeploy", " --no-wait"), (8, 2, 1, 1))[0]
    why = dice.choices(("", f" --reason {REASON}", f" {OVERRIDING}"), (3, 3, 1))[0]
    return f"rollback {stage}{to}{_some(dice)}{how}{why} --yes"


def _mark(dice: Random, _: View) -> str:
    quality = dice.choices(("bad", "good"), (3, 1))[0]
    return f"mark %{dice.randint(1, 2)} {quality} --reason {REASON}"


def _undo(dice: Random, _: View) -> str:
    return f"undo{dice.choices(('', ' %1', ' %2', ' %3'), (5, 2, 2, 1))[0]} --yes"


def _plain(line: str) -> Proposal:
    return lambda _, __: line


def _look(dice: Random, _: View) -> str:
    looks = ("status", "status --pending", "log", "log --verify", "log --verify --remote")
    return dice.choice((*looks, "watch", "doctor"))


def _pull(dice: Random, _: View) -> str:
    return f"pull {dice.choice(STAGES)}{dice.choice(('', '', ' --switch'))}"


def _dry(dice: Random, view: View) -> str:
    """Return a dry run; the walk usually runs the same command for real next."""
    whole = dice.choice(COMMANDS)(dice, view)
    return whole.replace(" --yes", " --dry-run")


def _theirs(dice: Random, view: View) -> str:
    return f"theirs {dice.choice(LIKE_US)(dice, view)}"


IN_MIDAIR = ("kill:push-1/orphan", "kill:mid-push", "int2:mid-push")  # a push continues without us
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
    """Return a command that is cut short, usually while it has the most effect."""
    commands = (
        *(_promote, _promote, _push, _backmerge, _plain("continue --yes")),
        *(_undo, _deploy, _rollback, _rollback),
    )
    moment = dice.choice(MOMENTS).format(
        n=dice.randint(1, 3), edge=dice.randint(4, 30), tenths=dice.randint(2, 9)
    )
    return f"{moment} {dice.choice(commands)(dice, view)}"


def _in_midair(dice: Random, view: View) -> str:
    """Return a command that is left while its pushes are in flight."""
    command = dice.choice((_promote, _promote, _push, _backmerge, _rollback))(dice, view)
    return f"{dice.choice(IN_MIDAIR)} {command}"


FOLLOWED_UP, TYPED, REFILLED, SEEN = 0.7, 0.4, 0.5, 0.25  # probabilities
ALONE, CUT, EMPLOYED = 0.3, 0.3, 0.15
RELEASED, RELEASED_FREE, UNKNOWN = 0.5, 0.05, 0.9
COMMANDS: tuple[Proposal, ...] = (_promote, _push, _backmerge, _deploy, _rollback, _undo)
LIKE_US: tuple[Proposal, ...] = (_promote, _deploy, _undo, _backmerge, _push, _rollback)
ANY_TIME: tuple[tuple[int, Proposal], ...] = (
    (3, _server),
    (3, _hold),
    (2, _runner),
    (2, _trouble),
    (3, _agree),
    (1, _untag),
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
    (2, _roll_back),
    (8, _promote),
    (2, _push),
    (2, _backmerge),
    (3, _deploy),
    (4, _rollback),
    (4, _undo),
    (3, _dry),
    (2, _trouble),
    (1, _mark),
    (5, _cut),
)
UNDER_WAY: tuple[tuple[int, Proposal], ...] = (
    (6, _server),
    (5, _hint),
    (6, _plain("continue --yes")),
    (4, _plain("undo --yes")),
    (2, _plain("abandon")),
    (1, _plain("continue --accept-doubt --yes")),
    (1, _plain("continue --dry-run")),
    (1, _plain("undo --dry-run")),
    (1, _colleague),
    (1, _by_hand),
    (2, _cut),
)


HELD: tuple[tuple[int, Proposal], ...] = ((10, _in_midair), *AT_REST)


def propose(dice: Random, view: View) -> str:
    """Return the next line of a walk; a dry run is usually followed by the real command.

    A hint's command is often run at once. When there was nothing to do, a line is often
    proposed that creates something to do.
    """
    last = view.last
    if not view.town.runners and dice.random() < EMPLOYED:
        return _runner(dice, view)
    if last and last.dry and last.status == 0 and dice.random() < FOLLOWED_UP:
        where = f"{THEIRS} " if last.workspace == THEIRS else ""
        line = where + " ".join(last.words).replace("--dry-run", "--yes")
    elif view.options and dice.random() < TYPED:
        line = _hint(dice, view)
    elif last and last.result == "nothing" and dice.random() < REFILLED:
        line = _colleague(dice, view)
    else:
        table = (*ANY_TIME, *(UNDER_WAY if view.open else HELD if view.town.held() else AT_REST))
        weights = [weight for weight, _ in table]
        line = dice.choices([each for _, each in table], weights)[0](dice, view)
    watched = line.split()[0] not in EFFECTS and dice.random() < SEEN
    return f"{WATCHED} {line}" if watched else line
