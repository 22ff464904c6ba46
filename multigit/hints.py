"""What a person can run next: every hint that names a command, by its id.

A hint is printed only where its command will be accepted. tests/hints checks each of them: a test
creates the situation, reads the hint, and types it as is. `{names}` are filled in by `format`,
quoted where a shell needs it. What is typed is between two `, which no one sees: a hint is a phrase
(see phrase.py), so that a screen can keep its commands whole.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from multigit.phrase import MARK, Phrase, marked, phrase


class FilledHint(Phrase):
    """A hint with its fields filled in: rules ask which one it is, not what it says."""

    __slots__ = ("hint",)
    hint: Hint


class Hint(StrEnum):
    """The hints, grouped by what they are about."""

    template: str

    def __new__(cls, template: str) -> Self:
        """Return the hint of a template: its text, without the marks."""
        text = template.replace(MARK, "")
        hint = str.__new__(cls, text)
        hint._value_, hint.template = text, template
        return hint

    @property
    def parts(self) -> tuple[str, ...]:
        """Return prose and commands, for a hint without fields."""
        return marked(self.template).parts

    def format(self, *_: object, **values: object) -> Phrase:
        """Return the hint with its fields filled in; it knows which hint it is."""
        filled = FilledHint(phrase(self.template, **values))
        filled.hint = self
        return filled

    def is_in(self, text: str) -> bool:
        """Return whether a text is this hint, filled in."""
        return isinstance(text, FilledHint) and text.hint is self

    # An unfinished operation
    FINISH = "To finish it, run `multigit continue`; to close it as is, `multigit abandon`."
    FINISH_OR_UNDO = (
        "To finish it, run `multigit continue`; to undo it, `multigit undo`; to close it as is, "
        "`multigit abandon`."
    )
    FINISH_WAVES = "To continue with the rest, run `multigit continue`."
    CONTINUE_SOON = "Wait a moment, then run `multigit continue`: it asks the remotes first."
    LEAVE_PUSHES = "Press Ctrl-C again to leave them running; `multigit continue` finishes."
    CONTINUE_REACHABLE = "When the remote can be reached again, run `multigit continue`."
    CONTINUE_FIXED = "Fix that, then run `multigit continue`."
    CONTINUE_WITH_ROOM = "Free some space, then run `multigit continue`: it asks the remotes first."
    START_OVER = "Inspect it, then run `multigit abandon` and start over."
    CLOSE = "To write it and close the operation, run `multigit continue`."
    CLOSE_WITHOUT = "To close it without them, run `multigit continue --skip-blocked`."
    CLOSE_UNDONE = "To record that and close the operation, run `multigit undo`."
    UNFINISHED = "The operation is unfinished; to finish it, run `multigit continue`."

    # Undoing
    UNDO_FIRST = "Undo that first: `multigit undo {operation}`"
    GO_FORWARD = "To deploy what it rolled back again: `multigit rollback {stage} {asked}`"
    DEPLOY_BEFORE = "To deploy the release before it: `multigit deploy {stage} {release}{repos}`"

    # Deployments
    WATCH = "To watch the deployments, run `multigit watch`."
    WATCH_OPERATION = "To see how it ends: `multigit watch {operation}`"
    RUNNING_CONTINUE = "Deployments may still be running. To watch them, run `multigit continue`."
    RUNNING_AND_MORE = (
        "Deployments may still be running. To watch them, run `multigit watch{which}`; to continue "
        "with the rest, `multigit continue`."
    )
    RUNNING_WATCH = "Deployments may still be running. To watch them: `multigit watch{which}`"
    APPROVE = "To review it: `multigit approve{which}`; to watch it: `multigit watch{which}`"
    APPROVE_ELSEWHERE = "To review, run in another terminal: `multigit approve{which}`"
    UNKNOWN_CONTINUE = (
        "Check on the host whether it is running. To check again, run `multigit continue`; to "
        "start it again if it is not running, `multigit continue --accept-doubt`; to close it as "
        "is, `multigit abandon`."
    )
    UNKNOWN_WATCH = (
        "Check on the host whether it is running. To check again: `multigit watch{which}`"
    )
    HEALTH_OR_DEPLOY = (
        "To check the health again, run `multigit watch{which}`; to deploy again, fix the cause, "
        "then run `multigit deploy {stage}{asked} --failed{repos}`."
    )
    HEALTH_OR_RERUN = (
        "To check the health again, run `multigit watch{which}`; to deploy again, fix the cause, "
        "rerun it on {host}, and watch it the same way."
    )
    DEPLOY_FAILED = (
        "Fix the cause, then run `multigit deploy {stage}{asked} --failed{repos}`. If the fix is "
        "a commit, push it and promote again."
    )
    ROLL_BACK_AGAIN = "Fix the cause, then repeat it: `multigit rollback {stage} {asked}`"
    DEPLOY_CONTINUE = (
        "Fix the cause, then run `multigit continue`. If the fix is a commit, run `multigit "
        "abandon`, push it, and promote again."
    )
    RERUN = (
        "Fix the cause, rerun it on {host}, and watch it with `multigit watch{which}`. If the fix "
        "is a commit, push it and promote again."
    )
    DEPLOY_ANYWAY = "To deploy it again anyway: `multigit deploy {stage}`"
    OVERRIDE_BAD_RELEASE = (
        "Choose another release. If it has to be this one, add: `--override bad_release --reason "
        '"why"`'
    )
    DEPLOY_ALONE = "See `multigit log`; to deploy it first: `multigit deploy {stage} -r {repo}`"
    LAST_GOOD = (
        "Name it, or pass `--last-good`; to see the releases, run `multigit log --stage {stage}`."
    )
    ROLL_BACK_REST = "To roll back the rest, too: `multigit rollback {stage} {asked}`"
    ROLL_BACK_ANYWAY = "To go back to it anyway: `multigit rollback {stage} {release}`"
    NAME_RELEASE = "Name the release; to see them, run `multigit log --stage {stage}`."
    HOW_RESTORE = "To restore its files in a new commit instead: `--how restore`"
    OVERRIDE_IRREVERSIBLE = (
        'If going back is safe nevertheless: `--override irreversible --reason "why"`'
    )
    ROLL_BACK = "To roll it back: `multigit rollback {stage} --last-good{overriding}`"
    ABANDON_AND_ROLL_BACK = (
        "To roll it back, run `multigit abandon`, then `multigit rollback {stage} "
        "--last-good{overriding}`."
    )
    STATUS = "To see what it has, run `multigit status`."
    STATUS_ELSEWHERE = "To see what waits elsewhere, run `multigit status`."

    # The log
    LOG = "To see what was done, run `multigit log`."
    LOG_IDS = "To see the ids of operations and their releases, run `multigit log`."

    # Before anything is published
    UNSHALLOW = "Run: `git -C {path} fetch --unshallow`"
    ONE_PUSH_URL = (
        "To push to where it fetches from, run: `git -C {path} config {file}--unset-all "
        "remote.{remote}.pushurl`"
    )
    NO_MIRROR = "Run: `git -C {path} config {file}--unset-all remote.{remote}.mirror`"
    IDENTITY = (
        'Run: `git config --global user.name "Your Name"` and `git config --global user.email '
        "you@example.com`"
    )
    SET_PUSH_URL = "Run: `git -C {path} remote set-url --push {remote} {url}`"
    PUSH_AGAIN = (
        "To push again, run: `git -C {path} config {file}--unset-all remote.{remote}.pushurl`"
    )
    SEE_REMOTES = "To see where it is set: `git -C {path} remote -v`"
    UNSET_PUSH_URL = (
        "{meant}; if not, run: `git -C {path} config {file}--unset-all remote.{remote}.pushurl`"
    )
    CORRECT_PUSH_INSTEAD_OF = "{meant}; if not, correct pushInsteadOf: `git -C {path} remote -v`"
    PUSH_FIRST = "To include them, run `multigit push {stage}` first."
    FINISH_WORK = "Finish it, or run: `git -C {path} {work} {way_out}`"
    RESOLVE = "Resolve them, then run: `git -C {path} add {files}`"
    UNSTAGE = "Run: `git -C {path} reset -- {file}`"
    UNTRACK = (
        "To leave it out: `git -C {path} rm --cached --force --ignore-unmatch {file}`, and add it "
        "to .gitignore; the file stays. To push it anyway: `--allow {allowed}`"
    )
    UNCOMMIT = (
        "To leave it out: `git -C {path} reset --soft {commit} && git -C {path} reset -- {file}`; "
        "the rest stays staged, to be committed again. To push it anyway: `--allow {allowed}`"
    )
    UNCOMMIT_TRACKED = (
        "To leave it out: `git -C {path} reset --soft {commit} && git -C {path} reset -- {file} && "
        "git -C {path} rm --cached -- {file}`, and add it to .gitignore; the rest stays staged, to "
        "be committed again. To push it anyway: `--allow {allowed}`"
    )
    LFS_INSTALL = "Run: `git -C {path} lfs install`{then}"
    FIRST_COMMIT = (
        'Make the first one: `git -C {path} commit --allow-empty -m "Begin"`; then run the command '
        "again."
    )
    BACKMERGE = "To carry it all the way down: `multigit backmerge {stage}`"
    BACKMERGE_FROM = "Name the stage that the commits come from: `multigit backmerge {stage}`"
    PROMOTE_FIRST = "First run `multigit promote {source} {target}`. "
    PUSH_THEN_PROMOTE = (
        "Nothing was pushed. Push first: `multigit push {source}`; then promote: `multigit promote "
        "{source} {target}`"
    )
    SEE_REVERTED = "To see how to keep that work: `multigit promote {pair} --dry-run`"
    PUSH_CHANGED = "Check them, then run `multigit push {stage}` again."
    PUSH_LATER = "To push it: `multigit push {stage}`"
    WRITE_WORKFLOW = (
        "Add it to {folder} there, or correct workflow; `multigit init --workflows` writes one."
    )

    # Submodules
    UPDATE_SUBMODULE = "To update it: `git -C {path} submodule update {submodule}`"
    PULL_SUBMODULE = "To update it: `multigit pull {stage} --switch -r {repo}`"
    PUSH_SUBMODULE = "Push it first: `git -C {path} push {remote} {branch}`"
    COMMIT_SUBMODULE = (
        "To include them, commit there: `git -C {path} add --all && git -C {path} commit`"
    )
    CREATE_BRANCH = (
        "To create it from {base}, run: `git -C {path} push {remote} "
        "refs/remotes/{remote}/{base}:refs/heads/{branch}`"
    )

    # Merges to make by hand, and work that must not be lost in them
    CONFLICT = (
        "{first}Resolve it on {here}: `cd {path} && git -c checkout.defaultRemote={remote} switch "
        "{here} && git pull --no-rebase {remote} {here} && git merge {remote}/{there}`; then "
        "resolve, commit, `git push {remote} HEAD:{here}`, and run the command again."
    )
    CONFLICT_REAPPLIED = (
        "{first}Resolve it on {here}: `cd {path} && git -c checkout.defaultRemote={remote} switch "
        "{here} && git pull --no-rebase {remote} {here} && git merge {there}`, which has the "
        "rolled-back work; then resolve, commit, `git push {remote} HEAD:{here}`, and run the "
        "command again."
    )
    CONFLICT_KEEPING = (
        "{first}Resolve it on {here}: `{keeping}`; then resolve what still conflicts, commit, `git "
        "push {remote} HEAD:{here}`{then}, and run the command again."
    )
    KEEP_WORK = (
        "To keep the work: `{keeping} && git push {remote} HEAD:{earlier} && git checkout "
        "@{{-2}}{then}`"
    )
    KEEP_OR_ACCEPT = (
        "To keep the work: `{keeping} && git push {remote} HEAD:{earlier} && git checkout "
        "@{{-2}}{then}`. To merge anyway: `--accept-reverts`"
    )
    ROLL_FORWARD = (
        "If it was a roll-back, bring that work back: `--roll-forward`; if it is meant to stay, "
        "merge without it: `--accept-reverts`"
    )
    BRING_BACK = "To bring that back as it was: `--roll-forward`"
    BRING_BACK_BY_HAND = (
        "Bring it back by hand: `{keeping}`; where git stops, commit, do the rest, `git "
        "push {remote} HEAD:{earlier}`{then}, and run the command again."
    )
    COMPARE = "To see it: `git -C {path} diff {before} {after} -- {files}`"
    KEEPING = (
        "`cd {path} && git fetch {remote} && {first}git switch --detach {there} && {back} && git "
        "switch --detach {remote}/{earlier} && git merge --no-edit -`"
    )
    REVERT = "`git revert --no-edit {commit}`"
    REVERT_MERGE = "`git revert --no-edit -m 1 {commit}`"
    STASH_FIRST = "`git stash && `"
    THEN_CHECKOUT = ", `git checkout @{-2} && git stash pop --index`"
    THEN_UNSTASH = "` && git stash pop --index`"
    APPLY = "`git diff-tree -p --binary {commit} {kept} -- {files} | git apply --3way`"
    MOVE = "`git mv -- {old} {new}`"
    COMMIT_RESTORED = '`git commit -m "Restore what {commit} reverted"`'

    # Pushing
    SWITCH_FIRST = (
        "To push {them}, switch first: `git -C {path} -c checkout.defaultRemote={remote} switch "
        "{branch}`"
    )

    # Pulling
    PULL_REBASE = "Run: `git -C {path} pull --rebase --autostash {remote} {branch}`"
    PULL_REBASE_THERE = (
        "Run: `git -C {path} switch {branch}`, then `git -C {path} pull --rebase --autostash "
        "{remote} {branch}`"
    )
    PULL_UNBORN = "Run: `git -C {path} pull {remote} {branch}`"
    STASH = "Commit or stash them: `git -C {path} stash`; then run {again} again."
    ADD_AND_STASH = (
        "Commit or stash them: `git -C {path} add {files} && git -C {path} stash`; then run "
        "{again} again."
    )
    RESET_SUBMODULES = (
        "Commit them, or reset them: `git -C {path} reset -- {files} && git -C {path} submodule "
        "update {files}`; then run {again} again."
    )
    PULL_STAGE = "`multigit pull {stage}`"
    PULL_STAGE_SWITCH = "`multigit pull {stage} --switch`"
    PULL_ELSEWHERE = "To update it: `git -C {path} pull --ff-only {remote} {branch}`"
    PRUNE = "That folder is gone. Run: `git -C {path} worktree prune`; then run {again} again."
    PRUNE_AND_FETCH = (
        "Its work tree is gone. Run: `git -C {path} worktree prune && git -C {path} fetch {remote} "
        "{branch}:{branch}`"
    )
    RESET_BRANCH = "To reset it: `git -C {path} update-ref refs/heads/{branch} {commit} {before}`"
    RESET_HEAD = "To reset it: `git -C {path} reset --keep {commit}`"
    MOVE_AWAY = "Move or rename {them}, then run {again} again."
    UNMARK = (
        "Let git see them: `git -C {path} update-index --no-{mark} {file}`; then commit or stash "
        "them."
    )
    SEE_STATUS = "To see its state: `git -C {path} status`"

    # The workspace
    INIT_DRY_RUN = "To see what init would write: `multigit init{elsewhere} --dry-run`"
    INIT_DONE = "Wrote {file}. Read it, then run: `multigit status{elsewhere}`"
    NO_CONFIG = "In the folder that holds your repositories, run `multigit init`."
    NAME_CONFIG = "Name a multigit.toml, or run `multigit init` to write one."
    WRITE_CONFIG = "To write one, run `multigit init`."
    CHECK_CONFIG = "Correct the file, then run `multigit config check`."
    CHECK_LONG_CONFIG = "Is it the right file? Correct it, then run `multigit config check`."
    PUSH_WORKFLOWS = "Wrote {count}. Review and push: `multigit push {stage}{elsewhere}`"
    PUSH_LATER_STAGE = (
        "Where work starts at {stage}, push the others: `multigit push {stage}{elsewhere}`"
    )
    EXPOSED = (
        "`multigit push` leaves it out. To make git ignore it, too: `printf '%s\\n' {lines} "
        ">>{ignore} && git -C {path} rm -r --quiet --cached --ignore-unmatch {files}`"
    )
    DOCTOR_AGAIN = "Fix the problems, then run `multigit doctor` again."
    MAKE_WRITABLE = "Run: `chmod u+w {file}`"

    # The clone and its remote
    CLONE = "To clone it: `multigit pull {stage} -r {repo}`"
    CLONE_INSTEAD = (
        "Correct its path in multigit.toml, or move it away and clone it: `multigit pull {stage} "
        "-r {repo}`"
    )
    ADD_REMOTE = "Run: `git -C {path} remote add {remote} {url}`"
    REMOVE_PROGRAM = (
        "Remove it: `git -C {path} config {file}--unset-all {key}`; or trust the repository's "
        "programs: hooks = true in [repos.{repo}]."
    )
    CLEAN_URL = (
        "Store it in a credential helper, and run: `git -C {path} remote set-url {remote} {url}`"
    )
    TRY_PUSH = (
        "Ask for push access. To see what the remote says: `git -C {path} push --dry-run {remote} "
        "HEAD:{ref}`"
    )
    TRUST = "If you trust it: `git config --global --add safe.directory {path}`"
    OTHER_PROTOCOL = (
        "Use an ssh, https or file URL. To see the current one: `git -C {path} remote -v`"
    )
    INSTALL_TRANSPORT = "Install it, or correct the URL: `git -C {path} remote -v`"
    SIGN_IN = (
        "Check your ssh key or credential helper: `git -C {path} ls-remote {remote}` must work "
        "without a prompt."
    )
    CHECK_URL = "Check its URL and your access: `git -C {path} remote -v`"
    SEE_FILTERS = "To see which programs these are: `git -C {path} config --get-regexp ^filter`"
    REMOVE_REF = "Remove it: `git -C {path} update-ref -d {ref}`"
    FETCH_ALL = (
        "Try again when the remote can be reached; to fetch everything: `git -C {path} fetch "
        "--refetch --no-filter {remote}`"
    )
    REFETCH = "Fetch everything again: `git -C {path} fetch --refetch {remote}`"
    REFETCH_FILE = (
        "Fetch everything again: `rm -f {file} && git -C {path} fetch --refetch {remote}`"
    )
    MAKE_EXECUTABLE = "Run: `chmod +x {file}`; then commit it, push it, and promote again."

    # Held stages
    PROMOTE_HELD = (
        "If it is fixed, promote the fix and release the hold: `multigit promote {pair} "
        '--release-hold --reason "why"{forward}`'
    )
    DEPLOY_HELD = (
        'If it is to go out again: `multigit deploy {stage} --release-hold --reason "why"`'
    )
    DEPLOY_BAD = (
        "Promote a fix. If it has to be this release: `multigit deploy {stage}{repos} "
        '--release-hold --override bad_release --reason "why"`'
    )
    RELEASE_HOLD = (
        "If it is fixed, and what was rolled back is to go out again: `--release-hold --reason "
        '"why"`'
    )

    # Locks across machines
    LOCK_STATUS = "To see who holds it, run `multigit lock status`."
    LOCK_TRY_AGAIN = "Nothing was changed. Try again, or see `multigit lock status`."
    LOCK_RELEASE = (
        'When the remote can be reached again: `multigit lock release --id {nonce} --reason "why"`'
    )
    LOCK_KEPT = "It is released when the operation ends; to finish it, run `multigit continue`."
    LOCK_HELD = (
        "Wait for it, or ask them to run `multigit continue` there. Only if no one can: "
        '`multigit lock release --id {nonce} --reason "why"`'
    )
