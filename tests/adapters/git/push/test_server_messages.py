"""Which of the lines that hosts print when they refuse a push give the reason.

The texts are those of GitHub, GitLab, Bitbucket, Azure DevOps, Gitea, Gerrit, gitolite and plain
hooks, as git shows them: `remote:` before each line, and eight spaces after it.
"""

from __future__ import annotations

import pytest

from multigit.adapters.git.outcome import Completed, failure
from multigit.adapters.git.push.server_messages import hook_words, server_lines, why

RULE = "=" * 72
DASHES = "\u2014" * 60


def remote(text: str) -> str:
    """Return a text as git shows what the server sent."""
    return "".join(f"remote: {line}        \n" for line in text.split("\n"))


PROTECTED = "protected branch hook declined"
DECLINED = "pre-receive hook declined"
RULES = "push declined due to repository rule violations"

# What the server sent, git's summary for the ref, what the reason must contain, and what not.
CORPUS = {
    "GitHub, classic protection": (
        (
            "error: GH006: Protected branch update failed for refs/heads/main.\n\n"
            '- Required status check "build" is expected.\n'
            "- Changes must be made through a pull request."
        ),
        PROTECTED,
        ["GH006", 'check "build" is expected', "through a pull request"],
        [PROTECTED],
    ),
    "GitHub, ruleset": (
        (
            "error: GH013: Repository rule violations found for refs/heads/main.\n"
            "Review all repository rules at https://github.com/acme/api/rules?ref=refs%2Fheads%2Fx\n"
            "\n- Changes must be made through a pull request.\n\n"
            "- 2 of 3 required status checks are expected.\n\n"
            "- Commits must have verified signatures.\n"
            "  Found 1 violation:\n\n  1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b\n"
        ),
        RULES,
        ["GH013", "through a pull request", "status checks", "verified signatures"],
        ["Review all", "1a2b3c4d", RULES],
    ),
    "GitHub, push protection": (
        (
            "error: GH013: Repository rule violations found for refs/heads/stg.\n\n"
            f"- GITHUB PUSH PROTECTION\n  {DASHES}\n"
            "    Resolve the following violations before pushing again\n\n"
            "    - Push cannot contain secrets\n\n    \n"
            "     (?) Learn how to resolve a blocked push\n"
            "     https://docs.github.com/code-security/secret-scanning/blocked\n    \n    \n"
            "      \u2014\u2014 Amazon AWS Access Key ID \u2014\u2014\u2014\u2014\n"
            "       locations:\n         - commit: 1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b\n"
            "           path: config/deploy.yml:4\n    \n"
            "       (?) To push, remove secret from commit(s) or follow this URL to allow it.\n"
            "       https://github.com/acme/api/security/secret-scanning/unblock-secret/x"
        ),
        RULES,
        ["GH013", "Push cannot contain secrets"],
        ["(?)", "https://", DASHES],
    ),
    "GitHub, large file": (
        (
            "error: Trace: 0123456789abcdef\n"
            "error: See https://gh.io/lfs for more information.\n"
            "error: File dump.sql is 148.32 MB; this exceeds GitHub's size limit of 100.00 MB\n"
            "error: GH001: Large files detected. You may want to try Git Large File Storage."
        ),
        DECLINED,
        ["File dump.sql is 148.32 MB", "GH001"],
        [DECLINED],
    ),
    "GitHub, a token without the scope": (
        "",
        (
            "refusing to allow a Personal Access Token to create or update workflow "
            "`.github/workflows/x.yml` without `workflow` scope"
        ),
        ["without `workflow` scope"],
        [],
    ),
    "GitLab, protected": (
        "GitLab: You are not allowed to push code to protected branches on this project.",
        DECLINED,
        ["GitLab: You are not allowed to push code to protected branches"],
        [DECLINED],
    ),
    "GitLab, in a box": (
        f"\n{RULE}\n\nGitLab: Commit message does not follow the pattern 'SHOP-[0-9]+'\n{RULE}\n",
        DECLINED,
        ["Commit message does not follow the pattern 'SHOP-[0-9]+'"],
        ["==="],
    ),
    "GitLab, an error in a box": (
        (
            f"\n{RULE}\n\nERROR: The repository is temporarily read-only. Try again later.\n\n"
            f"{RULE}\n"
        ),
        DECLINED,
        ["The repository is temporarily read-only"],
        ["===", "ERROR"],
    ),
    "Bitbucket Cloud": (
        "Permission denied to update branch main.",
        DECLINED,
        ["Permission denied to update branch main."],
        [DECLINED],
    ),
    "Bitbucket Data Center": (
        (
            "-----------------------------------------------------\n"
            "Branch refs/heads/main can only be modified through pull requests.\n"
            "Check your branch permissions configuration with the project administrator.\n"
            "-----------------------------------------------------"
        ),
        DECLINED,
        ["Branch refs/heads/main can only be modified through pull requests."],
        ["---"],
    ),
    "Azure DevOps, policy": (
        "Analyzing objects... (3/3) (5 ms)\nStoring packfile... done (40 ms)",
        (
            "TF402455: Pushes to this branch are not permitted; you must use a pull request to "
            "update this branch."
        ),
        ["TF402455", "you must use a pull request"],
        ["Storing packfile", "Analyzing"],
    ),
    "Azure DevOps, a permission": (
        "",
        "TF401027: You need the Git 'GenericContribute' permission to perform this action.",
        ["TF401027", "GenericContribute"],
        [],
    ),
    "Gitea": (
        "\nGitea: Not allowed to push to protected branch main",
        DECLINED,
        ["Not allowed to push to protected branch main"],
        [DECLINED],
    ),
    "Gerrit": (
        (
            "Resolving deltas: 100% (1/1)\nProcessing changes: refs: 1, done\n"
            "error: branch refs/heads/main:\n"
            "You need 'Push' rights to update this branch\nUser: robin\n"
            "Contact an administrator to fix the permissions"
        ),
        "prohibited by Gerrit: not permitted: update",
        ["prohibited by Gerrit: not permitted: update", "You need 'Push' rights"],
        ["Processing changes", "Resolving deltas"],
    ),
    "gitolite": (
        (
            "FATAL: W refs/heads/main api robin DENIED by refs/heads/main\n"
            "error: hook declined to update refs/heads/main"
        ),
        "hook declined",
        ["W refs/heads/main api robin DENIED by refs/heads/main"],
        ["hook declined"],
    ),
    "a hook with a banner": (
        "\n".join(
            [
                "*" * 60,
                *(f"*  Git at Example Corp, rule number {n:<21}*" for n in range(20)),
                "*" * 60,
                "Welcome, Robin.",
                "The change freeze for main began on 20 December; pushes are rejected.",
                *(f"See https://wiki.example.org/freeze/{n}" for n in range(20)),
            ]
        ),
        DECLINED,
        ["The change freeze for main began on 20 December; pushes are rejected."],
        ["***", "https://"],
    ),
    "a hook that wraps its lines": (
        (
            "| The commit 1a2b3c4 was made by somebody whose address |\n"
            "| is not one of this company, and is refused.           |"
        ),
        DECLINED,
        ["by somebody whose address is not one of this company, and is refused."],
        ["|"],
    ),
    "a hook that fails": (
        (
            'Traceback (most recent call last):\n  File "hooks/pre-receive", line 3, in <module>\n'
            "ValueError: invalid ticket"
        ),
        DECLINED,
        ["ValueError: invalid ticket"],
        ["Traceback", "line 3"],
    ),
    "colours and progress": (
        (
            "Checking: 10% (1/10)\rChecking: 100% (10/10)\r\n\x1b[1;31mERROR\x1b[0m: "
            "branch is \x1b[1mfrozen\x1b[K"
        ),
        DECLINED,
        ["branch is frozen"],
        ["\x1b", "\r", "100%"],
    ),
    "nothing at all": ("", DECLINED, [DECLINED], []),
}


@pytest.mark.parametrize("name", CORPUS)
def test_the_reason_survives_its_frame(name: str) -> None:
    """It is one line that fits on a screen, however much the server printed."""
    said, summary, told, left_out = CORPUS[name]
    stderr = f"{remote(said)}error: failed to push some refs to 'https://host/acme/api.git'\n"
    reason = why(["atomic push failed", summary], stderr)
    assert [text for text in told if text not in reason] == []
    assert [text for text in left_out if text in reason] == []
    assert len(reason) < 450
    assert "\n" not in reason


def test_a_reason_of_many_lines_keeps_those_that_say_it() -> None:
    """They are found wherever they are among the other lines."""
    others = [f"Line {number} of the terms of use." for number in range(100)]
    for place in (0, 50, 100):
        lines = [*others[:place], "Commits without a ticket are rejected.", *others[place:]]
        assert "Commits without a ticket are rejected." in why([], remote("\n".join(lines)))


def test_only_what_the_other_side_said_counts() -> None:
    """Git's own lines are not the server's reason."""
    stderr = "Pushing to host\nremote: no\nfatal: the remote end hung up unexpectedly\n"
    assert server_lines(stderr) == ["no"]
    assert server_lines("ERROR: Write access to repository not granted.\n") == [
        "Write access to repository not granted."
    ]


@pytest.mark.parametrize(
    ("stderr", "code"),
    [
        (
            "ERROR: This repository was archived so it is read-only.\nfatal: Could not read",
            "archived",
        ),
        (
            (
                "remote: This repository was archived so it is read-only.\n"
                "fatal: unable to access 'https://github.com/acme/api/': The URL returned "
                "error: 403"
            ),
            "archived",
        ),
        ("ERROR: Repository 'acme/api' is disabled.\nfatal: Could not read", "disabled"),
        (
            (
                "remote: Repository 'acme/api' is disabled.\nremote: Please ask the owner to check "
                "their account.\nfatal: unable to access: The requested URL returned error: 403"
            ),
            "disabled",
        ),
        ("fatal: remote error: TF401000: The Git repository acme is disabled.", "disabled"),
        ("ERROR: Permission to acme/api.git denied to robin.\nfatal: x", "permission to push"),
        ("ERROR: Write access to repository not granted.\nfatal: x", "permission to push"),
        (
            (
                f"remote: \nremote: {RULE}\nremote: You are not allowed to push code to "
                f"this project.\nremote: \nremote: {RULE}\nfatal: Could not read from it."
            ),
            "permission to push",
        ),
        (
            (
                f"remote: {RULE}\nremote: ERROR: This deploy key does not have write access to "
                "this project.\n"
            ),
            "permission to push",
        ),
    ],
)
def test_what_can_only_be_read_is_known(stderr: str, code: str) -> None:
    """The messages of the hosts are recognized, over ssh and https."""
    error = failure("push", Completed(128, b"", stderr))
    assert error.code == "read_only"
    assert code in error.message


def test_the_words_of_a_hook_are_those_that_it_printed() -> None:
    """Both streams are read, and git's own line is left out."""
    stderr = "tests are red\r\nerror: failed to push some refs to 'x'\n"
    assert hook_words("2 tests failed\n", stderr) == "tests are red; 2 tests failed"
    assert hook_words("", "error: failed to push some refs to 'x'\n") == ""
    noise = "".join(f"ok {number}\n" for number in range(500))
    assert "not ok 501: login fails" in hook_words(f"{noise}not ok 501: login fails\n{noise}", "")
