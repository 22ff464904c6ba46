"""What a person can type next: every hint that names a command, by its id.

A hint is printed only where its command will be accepted. tests/hints holds each of them to that:
for every id some test brings about the situation, reads the hint, and types it as it stands.
`{names}` are filled in with `str.format`, quoted where a shell needs it.
"""

from __future__ import annotations

from enum import StrEnum


class Hint(StrEnum):
    """The hints, grouped by what they are about."""

    # An operation that is not finished
    FINISH = "To finish it, run multigit continue; to leave it as it is, multigit abandon."
    FINISH_OR_UNDO = (
        "To finish it, run multigit continue; to take it back, multigit undo; "
        "to leave it as it is, multigit abandon."
    )
    FINISH_WAVES = "To continue with the rest, run multigit continue."
    CONTINUE_SOON = "Wait a moment, then run multigit continue: it asks the remotes first."
    ABANDON_SOON = "Wait a moment, then run multigit abandon."
    CONTINUE_REACHABLE = "When the remote answers again, run multigit continue."
    CONTINUE_FIXED = "Fix that, then run multigit continue."
    CONTINUE_WITH_ROOM = "Make room, then run multigit continue: it asks the remotes first."
    BEGIN_AGAIN = "Look at it, then run multigit abandon and start again."
    NOT_FINISHED = "The operation is not finished; to finish it, run multigit continue."

    # What an undo leaves
    UNDO_FIRST = "Undo that first: multigit undo {operation}"
    DEPLOY_BEFORE = "To deploy the release before it: multigit deploy {stage} {release} -r {repo}"

    # Deployments
    WATCH = "To watch the deployments, run multigit watch."
    WATCH_OPERATION = "To see how it ends, run multigit watch {operation}"
    STILL_RUNNING = "What was started is still running. To watch it, run {again}."
    APPROVE = "To review it, run multigit approve; to watch it, multigit watch."
    LOOK_AGAIN = (
        "Look where it runs whether it began. To look again, run multigit continue; "
        "to leave it as it is, multigit abandon."
    )
    WATCH_AGAIN = "Look where it runs whether it began. To look again, run multigit watch."
    DEPLOY_FAILED = (
        "Fix it, then run multigit deploy {stage} --failed. "
        "If the fix is a commit: push it, and promote again."
    )
    DEPLOY_CONTINUE = (
        "Fix it, then run multigit continue. "
        "If the fix is a commit: run multigit abandon, push it, and promote again."
    )
    RERUN = (
        "Fix it, run it again at GitHub, and watch it with multigit watch. "
        "If the fix is a commit: push it, and promote again."
    )
    DEPLOY_ANYWAY = "To deploy it again all the same, run multigit deploy {stage}"
    DEPLOY_ALONE = "See multigit log; to deploy it first, run multigit deploy {stage} -r {repo}"
    STATUS = "To see what it has, run multigit status."

    # The log
    LOG = "To see what was done, run multigit log."
    LOG_IDS = "multigit log shows releases, multigit log --json the ids of operations."

    # Before anything is published
    UNSHALLOW = "Run: git -C {path} fetch --unshallow"
    ONE_PUSH_URL = (
        "To push where it fetches, run: git -C {path} config --unset-all remote.{remote}.pushurl"
    )
    NO_MIRROR = "Run: git -C {path} config --unset-all remote.{remote}.mirror"
    IDENTITY = (
        'Run: git config --global user.name "Your Name" and '
        "git config --global user.email you@example.com"
    )
    SET_PUSH_URL = "Run: git -C {path} remote set-url --push {remote} {url}"
    PUSH_AGAIN = "To push again, run: git -C {path} config --unset-all remote.{remote}.pushurl"
    SEE_REMOTES = "To see where it is set: git -C {path} remote -v"
    UNSET_PUSH_URL = (
        "{meant}; if not, run: git -C {path} config --unset-all remote.{remote}.pushurl"
    )
    CORRECT_PUSH_INSTEAD_OF = "{meant}; if not, correct pushInsteadOf: git -C {path} remote -v"
    PUSH_FIRST = "To take them along run multigit push {stage} first."
    FINISH_WORK = "Finish it or run: git -C {path} {work} {way_out}"
    RESOLVE = "Resolve them, then run: git -C {path} add {files}"
    UNSTAGE = "Run: git -C {path} restore --staged {file}"
    UNTRACK = (
        "To take it out: git -C {path} rm --cached {file}, and add it to .gitignore. "
        "If it is none: --allow {file}"
    )
    LFS_INSTALL = "Run: git -C {path} lfs install{then}"
    FIRST_COMMIT = "Make the first one by hand: git -C {path} commit"
    BACKMERGE_FROM = "Name the stage that the commits come from: multigit backmerge {stage}"
    PROMOTE_FIRST = "First run multigit promote {source} {target}. "
    PUSH_THEN_PROMOTE = (
        "Nothing is pushed. Run multigit push {source} first, then "
        "multigit promote {source} {target}"
    )
    PUSH_TAKES_ALONG = "To push it, run multigit push {stage}"
    WRITE_WORKFLOW = (
        "Put it into {folder} there, or correct workflow; multigit init --workflows writes one."
    )

    # Submodules
    UPDATE_SUBMODULE = "Bring it up to date: git -C {path} submodule update {submodule}"
    PULL_SUBMODULE = "Bring it up to date: multigit pull {stage} --switch -r {repo}"
    PUSH_SUBMODULE = "Push it first: git -C {path} push {remote} {branch}"
    COMMIT_SUBMODULE = (
        "Commit there, if it should be: git -C {path} add --all && git -C {path} commit"
    )

    CREATE_BRANCH = (
        "To create it from {base}, run: "
        "git -C {path} push {remote} refs/remotes/{remote}/{base}:refs/heads/{branch}"
    )

    # Pulling
    PULL_REBASE = "Run: git -C {path} pull --rebase --autostash {remote} {branch}"
    PULL_REBASE_THERE = (
        "Run: git -C {path} switch {branch}, then "
        "git -C {path} pull --rebase --autostash {remote} {branch}"
    )
    PULL_UNBORN = "Run: git -C {path} pull {remote} {branch}"
    STASH = "Commit or stash them: git -C {path} stash; then run {again} again."
    PULL_ELSEWHERE = "Run: git -C {path} pull --ff-only {remote} {branch}"
    MOVE_AWAY = "Move or rename {them}, then run {again} again."
    UNMARK = (
        "Let git see them: git -C {path} update-index --no-{mark} {file}; "
        "then commit or stash them."
    )
    SEE_STATUS = "To see what is there: git -C {path} status"

    # The workspace
    INIT_DRY_RUN = "To see what init would write: multigit init --dry-run"
    DOCTOR_AGAIN = "Fix the problems, then run multigit doctor again."

    # Locks across machines
    LOCK_STATUS = "To see who holds it, run multigit lock status"
    LOCK_TRY_AGAIN = "Nothing was changed. Try again, or see multigit lock status"
    LOCK_RELEASE = 'When it answers again, run multigit lock release --id {nonce} --reason "why"'
    LOCK_DEAD = (
        "Wait for it. If that process is dead, run "
        'multigit lock release --id {nonce} --reason "why"'
    )
