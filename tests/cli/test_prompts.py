"""Questions at a real terminal: yes, no, a name, a checklist, Ctrl-C; and none without one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    INTERRUPTED,
    MESSAGE_QUESTION,
    NAME_QUESTION,
    QUESTION,
    REFUSED,
    USAGE,
    answered,
    asked_for_json,
    at_terminal,
    codes,
    hook,
    in_shell,
    merge_facts,
    pushing_slowly,
    rows,
    states,
    subject,
    told,
    wait_for,
)
from tests.support.forge import Forge, untouched
from tests.support.terminal import Terminal

CHECKLIST = 'checklist = ["Staging is verified", "A roll-back plan exists"]\n'


@pytest.fixture
def pair(forge: Forge) -> Forge:
    """Return a workspace of two repositories that both have work to push and to promote."""
    for name in ("database", "api"):
        repo = forge.add(name)
        repo.commit("stg", {"stg.txt": "1\n"}, message="feat: on stg")
        repo.commit("main", {"fix.txt": "1\n"}, message="fix: on main")
        repo.write({"mine.txt": "1\n"})
    forge.write_config()
    return forge


def last_record(forge: Forge) -> dict[str, object]:
    """Return the newest record of the deployment log."""
    record = json.loads((forge.shop / "deployment.log").read_text().splitlines()[-1])
    assert isinstance(record, dict)
    return record


def no(terminal: Terminal) -> None:
    """Answer no."""
    terminal.send_line("n")


def enter(terminal: Terminal) -> None:
    """Accept the default."""
    terminal.send_key("enter")


def emptied(terminal: Terminal) -> None:
    """Delete the proposal, and press Enter."""
    terminal.send_key("\x15")
    terminal.send_key("enter")


def ctrl_c(terminal: Terminal) -> None:
    """Press Ctrl-C."""
    terminal.press_ctrl_c()


def wrong_words(terminal: Terminal) -> None:
    """Enter another stage's name, the name with a capital letter, and another one."""
    for word in ("stg", "Main"):
        terminal.send_line(word)
        terminal.expect("That was not main.")
        terminal.expect(NAME_QUESTION)
    terminal.send_line("dev")
    terminal.expect("That was not main.")


def work_on(forge: Forge, branch: str) -> None:
    """Check the branch out everywhere, with the work in the files."""
    for repo in forge.repos.values():
        repo.git("switch", "-q", branch)
        repo.git("pull", "-q", "--ff-only", "origin", branch)


def strict(forge: Forge) -> None:
    """Make main require a message."""
    text = forge.write_config().read_text()
    forge.write_config(text.replace('confirm = "name"', 'confirm = "name"\nrequire_message = true'))


PUSH, PROMOTE, BACKMERGE = ("push", "dev"), ("promote", "dev", "stg"), ("backmerge",)
TO_MAIN = ("promote", "stg", "main")


@pytest.mark.parametrize(
    ("command", "question", "answer", "exit_code"),
    [
        (PUSH, QUESTION, no, REFUSED),
        (PUSH, QUESTION, ctrl_c, INTERRUPTED),
        (("push", "dev", "--promote", "stg"), QUESTION, enter, REFUSED),
        (BACKMERGE, QUESTION, enter, REFUSED),
        (BACKMERGE, QUESTION, ctrl_c, INTERRUPTED),
        (("promote", "main", "stg"), QUESTION, no, REFUSED),
        (TO_MAIN, NAME_QUESTION, wrong_words, REFUSED),
        (TO_MAIN, NAME_QUESTION, enter, REFUSED),
        (TO_MAIN, NAME_QUESTION, ctrl_c, INTERRUPTED),
    ],
)
def test_anything_but_consent_leaves_all_untouched(
    command: tuple[str, ...],
    question: str,
    answer: Callable[[Terminal], None],
    exit_code: int,
    pair: Forge,
) -> None:
    """No, the default, another word, Ctrl-C: nothing changes, and the log says cancelled."""
    with untouched(pair), at_terminal(pair, *command) as terminal:
        terminal.expect(question)
        answer(terminal)
        assert terminal.finish() == exit_code
    assert "Traceback" not in terminal.text
    assert last_record(pair)["result"] == "cancelled"


def test_yes_and_the_stages_name_are_consent(pair: Forge) -> None:
    """`y` confirms for stg, `main` for main, and the question comes after the plan."""
    stg, main = (pair.repos["api"].tip(name) for name in ("stg", "main"))
    with at_terminal(pair, *TO_MAIN) as terminal:
        terminal.expect("database")
        terminal.expect(NAME_QUESTION)
        terminal.send_line("main")
        assert terminal.finish() == DONE
    assert merge_facts(pair.repos["api"], "main")[0] == [main, stg]
    assert last_record(pair)["result"] == "done"
    assert terminal.text.index("merge, tag") < terminal.text.index(NAME_QUESTION)


def test_what_was_typed_before_the_question_is_no_answer(pair: Forge) -> None:
    """Input from before the question is ignored; “maybe” is asked again, and Enter is a no.

    So it is if it comes with the answer to the question before it, as when it is pasted.
    """
    pair.repos["api"].commit("dev", {"a.txt": "1\n"})
    with untouched(pair), at_terminal(pair, *PROMOTE) as terminal:
        terminal.send_line("y")
        terminal.expect(QUESTION)
        terminal.send_key("maybe\ry\r")
        terminal.expect("Answer y or n.")
        terminal.expect(QUESTION)
        terminal.send_line("")
        assert terminal.finish() == REFUSED
    with untouched(pair), at_terminal(pair, *TO_MAIN) as terminal:
        terminal.send_line("main")
        terminal.expect(NAME_QUESTION)
        terminal.send_line("")
        assert terminal.finish() == REFUSED


def test_checklist_has_to_be_ticked_before_the_name_is_asked_for(pair: Forge) -> None:
    """What is open is asked for again, on its first item; Ctrl-C and Ctrl-D cancel."""
    text = pair.write_config().read_text()
    pair.write_config(text.replace('confirm = "name"\n', f'confirm = "name"\n{CHECKLIST}'))
    for key, exit_code in (("ctrl-d", REFUSED), ("ctrl-c", INTERRUPTED)):
        with untouched(pair), at_terminal(pair, *TO_MAIN) as terminal:
            _leave_one_open(terminal)
            terminal.send_key(key)
            assert terminal.finish() == exit_code
        assert NAME_QUESTION not in terminal.text
    with at_terminal(pair, *TO_MAIN) as terminal:
        _leave_one_open(terminal)
        for answer in ("space", "enter"):
            terminal.send_key(answer)
        terminal.expect(NAME_QUESTION)
        terminal.send_line("main")
        assert terminal.finish() == DONE


def _leave_one_open(terminal: Terminal) -> None:
    """Check off the first of two items, and wait for the checklist with the other one."""
    terminal.expect("A roll-back plan exists")
    for key in ("space", "enter"):
        terminal.send_key(key)
    terminal.expect("Still open: A roll-back plan exists.")
    terminal.expect("● Staging is verified")
    terminal.expect("○ A roll-back plan exists")
    terminal.expect_keys()


def test_long_items_and_questions_wrap(pair: Forge) -> None:
    """On a narrow terminal every word of an item can be read, and no name is broken."""
    text = pair.write_config().read_text()
    item = "Staging was verified by someone who did not write the change"
    pair.write_config(
        text.replace('confirm = "name"\n', f'confirm = "name"\nchecklist = ["{item}"]\n')
    )
    with at_terminal(pair, *TO_MAIN, cols=24) as terminal:
        terminal.expect("     change")
        for key in ("space", "enter"):
            terminal.send_key(key)
        terminal.expect("promote:")
        terminal.expect_keys()
        terminal.send_line("main")
        assert terminal.finish() == DONE
    assert f"○ {item}" in " ".join(terminal.text.split())
    assert "Type main to promote: main" in " ".join(terminal.text.split())


@pytest.mark.parametrize("checklist", ["", CHECKLIST])
@pytest.mark.parametrize(
    ("when", "typed"),
    [("before", ""), ("before", "main"), ("before", "main\r"), ("at it", ""), ("at it", "main")],
)
def test_end_of_the_input_is_a_no(pair: Forge, checklist: str, typed: str, when: str) -> None:
    """End of input cancels, whenever it comes, as with `script </dev/null`."""
    text = pair.write_config().read_text()
    pair.write_config(text.replace('confirm = "name"\n', f'confirm = "name"\n{checklist}'))
    question = "A roll-back plan exists" if checklist else NAME_QUESTION
    with untouched(pair), at_terminal(pair, *TO_MAIN) as terminal:
        if when == "at it":
            terminal.expect(question)
            terminal.expect_keys()
        terminal.send_key(typed)
        terminal.send_key("ctrl-d")
        assert terminal.finish() == REFUSED
    assert "Traceback" not in terminal.text


def test_files_that_change_at_the_question_are_not_committed(pair: Forge) -> None:
    """A file saved while the question is open is not committed."""
    api = pair.repos["api"]
    with at_terminal(pair, "push", "dev", "--promote", "stg", "-r", "api") as terminal:
        terminal.expect(QUESTION)
        api.write({"mine.txt": "not agreed to\n"})
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert "have changed since the plan was made" in " ".join(terminal.text.split())
    assert "mine.txt" not in api.tree("dev")
    assert api.git("status", "--porcelain") == "?? mine.txt"


def test_consent_beforehand_is_not_asked_for_again(pair: Forge) -> None:
    """--yes, or --confirm main for main, skips the question; --yes alone does not for main."""
    with at_terminal(pair, *PUSH, "--yes") as terminal:
        assert terminal.finish() == DONE
    assert QUESTION not in terminal.text
    with untouched(pair), at_terminal(pair, *TO_MAIN, "--yes") as terminal:
        terminal.expect(NAME_QUESTION)
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
    with at_terminal(pair, *TO_MAIN, "--confirm", "main") as terminal:
        assert terminal.finish() == DONE
    assert NAME_QUESTION not in terminal.text


@pytest.mark.parametrize(
    "command", [TO_MAIN, ("push", "main"), ("push", "stg", "--promote", "main")], ids="-".join
)
def test_message_that_a_stage_wants_is_asked_for(command: tuple[str, ...], pair: Forge) -> None:
    """It is asked for after the plan; an empty answer or Ctrl-C cancels, and -m skips it."""
    strict(pair)
    if command[0] == "push":
        work_on(pair, command[1])
    for answer, exit_code in ((emptied, REFUSED), (ctrl_c, INTERRUPTED)):
        with untouched(pair), at_terminal(pair, *command) as terminal:
            terminal.expect("will be")
            terminal.expect(MESSAGE_QUESTION)
            answer(terminal)
            assert terminal.finish() == exit_code
        assert "Nothing was changed" in terminal.text
        assert last_record(pair)["result"] == "cancelled"
    with untouched(pair), at_terminal(pair, *command, "-n", "-m", "release: 1") as terminal:
        assert terminal.finish() == DONE
    assert MESSAGE_QUESTION not in terminal.text


def test_message_that_was_typed_is_the_merges(pair: Forge) -> None:
    """The edited proposal is in the merge commit, in the tag and in the log, as with -m.

    The plan shows no commit that will not exist, and the merge has the content that it shows.
    """
    strict(pair)
    stg, main = (pair.repos["api"].tip(name) for name in ("stg", "main"))
    with at_terminal(pair, *TO_MAIN, "--confirm", "main") as terminal:
        terminal.expect("a merge")
        terminal.expect(MESSAGE_QUESTION)
        terminal.expect("> feat: on stg")
        terminal.send_line(", orders by date")
        assert terminal.finish() == DONE
    words, api = "feat: on stg, orders by date", pair.repos["api"]
    assert subject(api, "main") == words
    assert merge_facts(api, "main")[0] == [main, stg]
    record = last_record(pair)
    assert record["message"] == words
    assert api.remote_git("tag", "-l", "--format=%(subject)", str(record["release"])) == words


def test_message_of_a_push_is_its_commits(pair: Forge) -> None:
    """Enter accepts the proposal, for the commit and for the merge that follows."""
    strict(pair)
    work_on(pair, "stg")
    api = pair.repos["api"]
    with at_terminal(pair, "push", "stg", "--promote", "main", "-r", "api") as terminal:
        terminal.expect("mine.txt")
        terminal.expect(MESSAGE_QUESTION)
        terminal.send_key("enter")
        terminal.expect(NAME_QUESTION)
        terminal.send_line("main")
        assert terminal.finish() == DONE
    subjects = [subject(api, branch) for branch in ("stg", "main")]
    assert subjects == [str(last_record(pair)["message"])] * 2
    assert subjects[0].startswith("change mine.txt")
    assert merge_facts(api, "main")[0][1] == api.tip("stg")


def test_message_is_not_asked_for_where_none_is_wanted(pair: Forge) -> None:
    """A back-merge, an earlier stage, a dry run, and stages that are not neighbors ask for none."""
    strict(pair)
    for command, exit_code in (
        (("promote", "main", "stg", "-n"), DONE),
        (("backmerge", "-n"), DONE),
        (("push", "dev", "-n"), DONE),
        ((*TO_MAIN, "-n"), DONE),
        (("promote", "dev", "main"), USAGE),
    ):
        with untouched(pair), at_terminal(pair, *command) as terminal:
            assert terminal.finish() == exit_code
        assert MESSAGE_QUESTION not in terminal.text


def test_stage_that_asks_nothing_asks_nothing(pair: Forge) -> None:
    """With confirm = "none" a push continues without a question."""
    text = pair.write_config().read_text()
    pair.write_config(text.replace('branch = "dev"', 'branch = "dev"\nconfirm = "none"'))
    assert states(pair.json(*PUSH, check=DONE)) == {"database": "published", "api": "published"}


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (PUSH, "--yes"),
        (("promote", "main", "stg"), "--yes"),
        (BACKMERGE, "--yes"),
        (TO_MAIN, "--confirm main"),
        ((*TO_MAIN, "--yes"), "--confirm main"),
    ],
)
def test_without_a_terminal_the_missing_option_is_named_at_once(
    command: tuple[str, ...], option: str, pair: Forge
) -> None:
    """Exit 3 with the option to pass, and nothing is touched; piped input does not confirm."""
    with untouched(pair):
        document = pair.json(*command, input="y\nmain\n", check=REFUSED)
    assert (document["result"], codes(document)) == ("blocked", ["confirmation_needed"])
    assert option in told(document)
    assert document["message"]


def test_wrong_name_in_confirm_is_refused(pair: Forge) -> None:
    """--confirm with another stage's name is refused, even with --yes."""
    with untouched(pair):
        for name in ("stg", "Main"):
            document = pair.json(*TO_MAIN, "--yes", "--confirm", name, check=REFUSED)
            assert codes(document) == ["confirmation_differs"]
    assert states(pair.json(*TO_MAIN, "--confirm", "main", check=DONE))["api"] == "published"


def test_question_is_on_stderr_so_that_the_document_stays_alone(pair: Forge) -> None:
    """`multigit promote --json >file` asks on the terminal, and the file has one document."""
    pair.repos["api"].commit("dev", {"a.txt": "1\n"})
    with asked_for_json(pair, *PROMOTE) as terminal:
        terminal.expect("merge, tag")
        terminal.expect(QUESTION)
        terminal.send_line("y")
        assert terminal.finish() == DONE
    assert states(answered(pair)) == {"database": "up_to_date", "api": "published"}


def test_plan_that_blocks_or_is_empty_asks_nothing(pair: Forge) -> None:
    """An empty plan or a blocked plan asks nothing."""
    with untouched(pair), at_terminal(pair, *PROMOTE) as terminal:
        assert terminal.finish() == DONE
    assert QUESTION not in terminal.text
    pair.repos["api"].commit("dev", {"stg.txt": "dev\n"})
    with untouched(pair), at_terminal(pair, *PROMOTE) as terminal:
        assert terminal.finish() == REFUSED
    assert QUESTION not in terminal.text
    assert "stg.txt" in terminal.text


# --- Ctrl-C during an operation


def test_ctrl_c_while_reading_ends_and_leaves_all_untouched(pair: Forge) -> None:
    """With a server that never answers, a second Ctrl-C ends the wait: exit 130, no traceback.

    Until then nothing that is typed is shown among what is drawn.
    """
    pid = pair.root / "pid"
    ssh = hook(pair.root / "slow-ssh", f'echo $$ >"{pid}"; exec sleep 60')
    pair.repos["api"].use_url("git@example.org:shop/api.git")
    env = {"GIT_SSH_COMMAND": str(ssh), "GIT_SSH_VARIANT": "simple"}
    pair.write_config()
    with untouched(pair), at_terminal(pair, *PROMOTE, env=env) as terminal:
        wait_for(pid)
        terminal.expect_no_echo()
        terminal.press_ctrl_c()
        terminal.press_ctrl_c()
        assert terminal.finish() == INTERRUPTED
    assert "Traceback" not in terminal.text
    in_shell(pair, f'kill "$(cat "{pid}")"')


def test_ctrl_c_while_publishing_lets_running_pushes_end_and_reports_them(forge: Forge) -> None:
    """The first Ctrl-C starts nothing new, waits for running pushes and reports them: exit 130."""
    for name in ("database", "api", "web"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    api = forge.repos["api"]
    command = (*PROMOTE, "--yes", "-j", "1")
    with pushing_slowly(api) as (came, go), asked_for_json(forge, *command) as terminal:
        came()
        terminal.press_ctrl_c()
        terminal.expect("Waiting for 1 push: api. Press Ctrl-C again")
        go()
        assert terminal.finish() == INTERRUPTED
    document = answered(forge)
    assert states(document) == {
        "database": "published", "api": "published", "web": "not_published",
    }  # fmt: skip
    assert document["exit_code"] == INTERRUPTED
    assert rows(document)["api"]["after"] == api.tip("stg")
    assert len(merge_facts(api, "stg")[0]) == 2
    assert len(merge_facts(forge.repos["web"], "stg")[0]) != 2
    assert "Traceback" not in terminal.text
    forge.json("continue", check=DONE)
    tag = document["release"]
    for repo in forge.repos.values():
        assert repo.remote_git("rev-parse", f"{tag}^{{commit}}") == repo.tip("stg")


def test_failure_is_shown_last_at_a_terminal(pair: Forge) -> None:
    """Published repositories come first, then the failed one with its reason."""
    pair.repos["database"].reject_pushes("refs/heads/main", "GH006: Protected branch")
    with at_terminal(pair, *TO_MAIN, "--confirm", "main") as terminal:
        assert terminal.finish() == FAILED
    result = terminal.text[terminal.text.rindex("✓") :]
    assert result.index("✓") < result.index("✗") < result.index("GH006")
