"""The oracle: every statement, in one table, and the verdict on a step."""

from __future__ import annotations

from dataclasses import dataclass

from tests.walk.annals import Annals, Step
from tests.walk.claims import Statement
from tests.walk.statements.clones import unpushed_work_stays, work_trees_stay
from tests.walk.statements.counts import counts_are_right
from tests.walk.statements.doubts import (
    a_doubt_is_decided_by_a_person,
    nothing_starts_beside_another,
    only_what_may_run_blocks,
    what_is_noted_of_an_end_is_true,
)
from tests.walk.statements.endings import exit_codes_fit
from tests.walk.statements.hints import a_hint_is_accepted
from tests.walk.statements.holds import (
    a_hold_changes_only_with_a_roll_back_or_a_release,
    a_release_of_a_hold_keeps_what_did_not_go_out,
    a_roll_back_holds_what_it_deploys_again,
    lock_status_names_the_holds,
    what_is_held_does_not_go_out,
)
from tests.walk.statements.locks import (
    lock_status_is_right,
    locks_are_given_back,
    locks_keep_others_out,
)
from tests.walk.statements.log import (
    log_shows_what_is_kept,
    the_log_is_a_chain,
    the_log_is_true,
    the_log_says_the_same,
)
from tests.walk.statements.marks import a_mark_is_where_it_says
from tests.walk.statements.overrides import what_was_overridden_has_the_reason
from tests.walk.statements.people import people_read_the_same
from tests.walk.statements.plans import a_plan_is_what_happens, plans_count_right
from tests.walk.statements.remotes import (
    denied_never_comes,
    no_commit_is_lost,
    not_published_is_not_there,
    nothing_changed_where_it_says_so,
    only_what_was_said_moved,
    published_is_there,
)
from tests.walk.statements.rollbacks import (
    a_restore_has_the_old_files,
    it_goes_back_to_the_release,
    what_goes_out_again_is_counted,
    what_leaves_is_counted,
)
from tests.walk.statements.runs import (
    a_deployment_begins_once,
    deployments_are_as_told,
    what_is_deployed_is_the_release,
)
from tests.walk.statements.stages import (
    merges_join_neighbors,
    only_what_has_the_stages_takes_part,
)
from tests.walk.statements.status import (
    marks_are_right,
    status_is_right,
    what_is_called_rolled_back_is_deployed,
)
from tests.walk.statements.undos import (
    denied_did_not_go_back,
    taken_back_went_back,
    undo_leaves_what_went_further,
    undo_takes_back_all_or_says_why,
)
from tests.walk.statements.work import (
    a_promotion_tells_what_was_taken_back,
    what_comes_back_is_counted,
    what_comes_back_is_there,
    work_is_kept,
)

STATEMENTS: tuple[Statement, ...] = (
    exit_codes_fit,
    published_is_there,
    not_published_is_not_there,
    denied_never_comes,
    only_what_was_said_moved,
    nothing_changed_where_it_says_so,
    no_commit_is_lost,
    work_is_kept,
    a_promotion_tells_what_was_taken_back,
    what_comes_back_is_there,
    what_comes_back_is_counted,
    a_restore_has_the_old_files,
    it_goes_back_to_the_release,
    what_leaves_is_counted,
    what_goes_out_again_is_counted,
    undo_takes_back_all_or_says_why,
    undo_leaves_what_went_further,
    taken_back_went_back,
    denied_did_not_go_back,
    only_what_has_the_stages_takes_part,
    merges_join_neighbors,
    counts_are_right,
    plans_count_right,
    a_plan_is_what_happens,
    a_deployment_begins_once,
    nothing_starts_beside_another,
    a_doubt_is_decided_by_a_person,
    only_what_may_run_blocks,
    what_is_noted_of_an_end_is_true,
    what_was_overridden_has_the_reason,
    deployments_are_as_told,
    what_is_deployed_is_the_release,
    the_log_says_the_same,
    the_log_is_true,
    the_log_is_a_chain,
    log_shows_what_is_kept,
    status_is_right,
    marks_are_right,
    what_is_called_rolled_back_is_deployed,
    locks_are_given_back,
    locks_keep_others_out,
    lock_status_is_right,
    a_mark_is_where_it_says,
    a_hold_changes_only_with_a_roll_back_or_a_release,
    a_roll_back_holds_what_it_deploys_again,
    a_release_of_a_hold_keeps_what_did_not_go_out,
    what_is_held_does_not_go_out,
    lock_status_names_the_holds,
    a_hint_is_accepted,
    people_read_the_same,
    work_trees_stay,
    unpushed_work_stays,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many claims were checked in a step, and which do not hold, by statement."""

    claims: int
    violations: tuple[str, ...]


def judge(step: Step, annals: Annals) -> Verdict:
    """Check everything that was said in a step."""
    claims = [(each.__name__, *claim) for each in STATEMENTS for claim in each(step, annals)]
    wrong = tuple(f"{name}: {text}" for name, holds, text in claims if not holds)
    return Verdict(len(claims), wrong)
