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
    CONTINUE_REACHABLE = "When the remote answers again, run multigit continue."
    CONTINUE_FIXED = "Fix that, then run multigit continue."
    CONTINUE_WITH_ROOM = "Make room, then run multigit continue: it asks the remotes first."
    BEGIN_AGAIN = "Look at it, then run multigit abandon and start again."
    CLOSE = "To write it and close the operation, run multigit continue."
    CLOSE_WITHOUT = "To close it without them, run multigit continue --skip-blocked."
    CLOSE_UNDONE = "To record that and close the operation, run multigit undo."
    NOT_FINISHED = "The operation is not finished; to finish it, run multigit continue."

    # What an undo leaves
    UNDO_FIRST = "Undo that first: multigit undo {operation}"
    DEPLOY_BEFORE = "To deploy the release before it: multigit deploy {stage} {release} -r {repo}"

    # Deployments
    WATCH = "To watch the deployments, run multigit watch."
    WATCH_OPERATION = "To see how it ends, run multigit watch {operation}"
    STILL_RUNNING = "What was started is still running. To watch it, run multigit continue."
    RUNS_ON = "What was started is still running. To watch it, run multigit watch."
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
        "Fix it, run it again at {host}, and watch it with multigit watch. "
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
        "To push where it fetches, run: "
        "git -C {path} config {file}--unset-all remote.{remote}.pushurl"
    )
    NO_MIRROR = "Run: git -C {path} config {file}--unset-all remote.{remote}.mirror"
    IDENTITY = (
        'Run: git config --global user.name "Your Name" and '
        "git config --global user.email you@example.com"
    )
    SET_PUSH_URL = "Run: git -C {path} remote set-url --push {remote} {url}"
    PUSH_AGAIN = (
        "To push again, run: git -C {path} config {file}--unset-all remote.{remote}.pushurl"
    )
    SEE_REMOTES = "To see where it is set: git -C {path} remote -v"
    UNSET_PUSH_URL = (
        "{meant}; if not, run: git -C {path} config {file}--unset-all remote.{remote}.pushurl"
    )
    CORRECT_PUSH_INSTEAD_OF = "{meant}; if not, correct pushInsteadOf: git -C {path} remote -v"
    PUSH_FIRST = "To take them along run multigit push {stage} first."
    FINISH_WORK = "Finish it or run: git -C {path} {work} {way_out}"
    RESOLVE = "Resolve them, then run: git -C {path} add {files}"
    UNSTAGE = "Run: git -C {path} reset -- {file}"
    UNTRACK = (
        "To take it out: git -C {path} rm --cached --force --ignore-unmatch {file}, and add it to "
        ".gitignore; the file stays. If it is meant: --allow {allowed}"
    )
    UNCOMMIT = (
        "To take it out: git -C {path} reset --soft {commit} && git -C {path} reset -- {file}; "
        "the rest stays staged and is committed anew. If it is meant: --allow {allowed}"
    )
    UNCOMMIT_TRACKED = (
        "To take it out: git -C {path} reset --soft {commit} && git -C {path} reset -- {file} && "
        "git -C {path} rm --cached -- {file}, and add it to .gitignore; the rest stays staged and "
        "is committed anew. If it is meant: --allow {allowed}"
    )
    LFS_INSTALL = "Run: git -C {path} lfs install{then}"
    FIRST_COMMIT = (
        'Make the first one: git -C {path} commit --allow-empty -m "Begin"; '
        "then run the command again."
    )
    BACKMERGE = "To carry it all the way down, run multigit backmerge {stage}"
    BACKMERGE_FROM = "Name the stage that the commits come from: multigit backmerge {stage}"
    PROMOTE_FIRST = "First run multigit promote {source} {target}. "
    PUSH_THEN_PROMOTE = (
        "Nothing is pushed. Run multigit push {source} first, then "
        "multigit promote {source} {target}"
    )
    SEE_REVERTED = "To see how to keep that work, run multigit promote {pair} --dry-run"
    PUSH_ANEW = "Look at them, then run multigit push {stage} again."
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

    # Merges that a person has to make, and work that must not get lost in them
    CONFLICT = (
        "{first}Resolve it on {here}: cd {path} && "
        "git -c checkout.defaultRemote={remote} switch {here} && git pull --no-rebase {remote} "
        "{here} && "
        "git merge {remote}/{there}; then resolve, commit, git push {remote} HEAD:{here}, and run "
        "the command again."
    )
    CONFLICT_KEEPING = (
        "{first}Resolve it on {here}: {keeping}; then resolve what still conflicts, commit, "
        "git push {remote} HEAD:{here}{then}, and run the command again."
    )
    KEEP_WORK = (
        "To keep the work: {keeping} && git push {remote} HEAD:{earlier} && git checkout @{{-2}}"
        "{then}"
    )
    KEEP_OR_ACCEPT = (
        "To keep the work: {keeping} && git push {remote} HEAD:{earlier} && git checkout @{{-2}}"
        "{then}. If it is meant: --accept-reverts"
    )
    KEEPING = (
        "cd {path} && git fetch {remote} && {first}git switch --detach {there} && {back} && "
        "git switch --detach {remote}/{earlier} && git merge --no-edit -"
    )
    REVERT = "git revert --no-edit {commit}"
    REVERT_MERGE = "git revert --no-edit -m 1 {commit}"
    STASH_FIRST = "git stash && "
    THEN_CHECKOUT = ", git checkout @{-2} && git stash pop --index"
    THEN_UNSTASH = " && git stash pop --index"
    APPLY = "git diff-tree -p --binary {commit} {kept} -- {files} | git apply --3way"
    MOVE = "git mv -- {old} {new}"
    COMMIT_BACK = 'git commit -m "Bring back what {commit} took back"'

    # Pushing
    SWITCH_FIRST = (
        "To push them, switch first: git -C {path} -c checkout.defaultRemote={remote} "
        "switch {branch}"
    )

    # Pulling
    PULL_REBASE = "Run: git -C {path} pull --rebase --autostash {remote} {branch}"
    PULL_REBASE_THERE = (
        "Run: git -C {path} switch {branch}, then "
        "git -C {path} pull --rebase --autostash {remote} {branch}"
    )
    PULL_UNBORN = "Run: git -C {path} pull {remote} {branch}"
    STASH = "Commit or stash them: git -C {path} stash; then run {again} again."
    ADD_AND_STASH = (
        "Commit or stash them: git -C {path} add {files} && git -C {path} stash; "
        "then run {again} again."
    )
    SET_BACK_SUBMODULES = (
        "Commit them, or set them back: git -C {path} reset -- {files} && "
        "git -C {path} submodule update {files}; then run {again} again."
    )
    PULL_STAGE = "multigit pull {stage}"
    PULL_STAGE_SWITCH = "multigit pull {stage} --switch"
    PULL_ELSEWHERE = "To bring it up to date: git -C {path} pull --ff-only {remote} {branch}"
    PRUNE = "That folder is gone. Run: git -C {path} worktree prune; then run {again} again."
    PRUNE_AND_FETCH = (
        "Its work tree is gone. Run: git -C {path} worktree prune && "
        "git -C {path} fetch {remote} {branch}:{branch}"
    )
    SET_BACK = "To set it back: git -C {path} update-ref refs/heads/{branch} {commit} {before}"
    SET_BACK_HERE = "To set it back: git -C {path} reset --keep {commit}"
    MOVE_AWAY = "Move or rename {them}, then run {again} again."
    UNMARK = (
        "Let git see them: git -C {path} update-index --no-{mark} {file}; "
        "then commit or stash them."
    )
    SEE_STATUS = "To see what is there: git -C {path} status"

    # The workspace
    INIT_DRY_RUN = "To see what init would write: multigit init{elsewhere} --dry-run"
    INIT_DONE = "{file} written. Read it, then try: multigit status{elsewhere}"
    NO_CONFIG = "In the folder that holds your repositories, run multigit init."
    NAME_CONFIG = "Name the multigit.toml itself, or run multigit init to write one."
    WRITE_CONFIG = "To write one, run multigit init."
    CHECK_CONFIG = "Correct the file, then run multigit config check."
    CHECK_LONG_CONFIG = "Is it the right file? Correct it, then run multigit config check."
    PUSH_WORKFLOWS = (
        "{count} written. Look at them, then push them: multigit push {stage}{elsewhere}"
    )
    EXPOSED = (
        "multigit push leaves it out. To keep git from it, too: "
        "printf '%s\\n' {lines} >>{ignore} && "
        "git -C {path} rm -r --quiet --cached --ignore-unmatch {files}"
    )
    DOCTOR_AGAIN = "Fix the problems, then run multigit doctor again."

    MAKE_WRITABLE = "Run: chmod u+w {file}"

    # The clone and its remote
    CLONE = "To clone it, run multigit pull {stage} -r {repo}"
    CLONE_INSTEAD = (
        "Correct its path in multigit.toml, or move it away and run multigit pull {stage} -r {repo}"
    )
    ADD_REMOTE = "Run: git -C {path} remote add {remote} {url}"
    REMOVE_PROGRAM = (
        "Remove it: git -C {path} config {file}--unset-all {key}; or trust the repository's "
        "programs: hooks = true in [repos.{repo}]."
    )
    CLEAN_URL = (
        "Keep it in a credential helper, and run: git -C {path} remote set-url {remote} {url}"
    )
    TRY_PUSH = (
        "Ask for the right to push. To see what the remote says: "
        "git -C {path} push --dry-run {remote} HEAD:{ref}"
    )
    TRUST = "If you trust it: git config --global --add safe.directory {path}"
    OTHER_PROTOCOL = (
        "Give it an ssh, https or file URL. To see the one it has: git -C {path} remote -v"
    )
    INSTALL_TRANSPORT = "Install it, or correct the URL: git -C {path} remote -v"
    SIGN_IN = (
        "Check your ssh key or credential helper: git -C {path} ls-remote {remote} must work "
        "without a question."
    )
    CHECK_URL = "Check its URL and your access: git -C {path} remote -v"
    SEE_FILTERS = "To see which programs these are: git -C {path} config --get-regexp ^filter"
    REMOVE_REF = "Remove it: git -C {path} update-ref -d {ref}"
    FETCH_ALL = (
        "Try again when the remote answers; to have everything here: "
        "git -C {path} fetch --refetch --no-filter {remote}"
    )
    REFETCH = "Fetch everything anew: git -C {path} fetch --refetch {remote}"
    REFETCH_FILE = "Fetch everything anew: rm -f {file} && git -C {path} fetch --refetch {remote}"
    MAKE_EXECUTABLE = "Run: chmod +x {file}; then commit it, push it, and promote again."

    # Locks across machines
    LOCK_STATUS = "To see who holds it, run multigit lock status"
    LOCK_TRY_AGAIN = "Nothing was changed. Try again, or see multigit lock status"
    LOCK_RELEASE = 'When it answers again, run multigit lock release --id {nonce} --reason "why"'
    LOCK_KEPT = "It is given back when the operation ends; to finish it, run multigit continue."
    LOCK_HELD = (
        "Wait for it, or ask them to run multigit continue there. Only if nobody can, run "
        'multigit lock release --id {nonce} --reason "why"'
    )
