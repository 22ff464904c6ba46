"""The hints about problems of a clone or its remote, each typed as is."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from multigit.hints import Hint
from tests.cli.answers import DONE, REFUSED
from tests.hints.typing import follow, hints
from tests.support.forge import Forge, ForgeRepo

NO_REMOTE = 128  # git's exit code if a remote does not answer


def configured(forge: Forge, repo: str, line: str) -> None:
    """Add a line to a repository's table."""
    text = forge.write_config().read_text()
    forge.write_config(text.replace(f'[repos."{repo}"]\n', f'[repos."{repo}"]\n{line}\n'))


def urls(repo: ForgeRepo, *pushed: str) -> None:
    """Make a clone push to these URLs."""
    for url in pushed:
        repo.git("remote", "set-url", "--add", "--push", "origin", url)


def test_what_keeps_a_clone_from_publishing_is_fixed(forge: Forge) -> None:
    """One run of doctor finds all problems, and the commands fix all of them."""
    names = ("away", "fork", "mirror", "named", "off", "program", "rewritten", "shallow", "two")
    repos = {name: forge.add(name) for name in (*names, "fine", "folder", "lost", "bare", "behind")}
    fine = repos["fine"].url
    repos["shallow"].commit("dev", {"a": "1\n"})
    repos["shallow"].git("fetch", "--quiet", "--depth=1", "origin")
    urls(repos["two"], repos["two"].url, fine)
    urls(repos["off"], "DISABLED")
    urls(repos["fork"], fine)
    repos["mirror"].git("config", "remote.origin.mirror", "true")
    repos["program"].git("config", "remote.origin.uploadpack", "git-upload-pack")
    for name, to in (("rewritten", fine), ("away", "DISABLED")):
        repos[name].git("config", f"url.{to}.pushInsteadOf", repos[name].url)
    repos["behind"].remote_git("branch", "--quiet", "-D", "stg")
    repos["bare"].git("remote", "remove", "origin")
    shutil.rmtree(repos["lost"].clone)
    shutil.rmtree(repos["folder"].clone / ".git")
    configured(forge, "named", f'push_url = "{fine}"')
    said = forge.json("doctor", check=REFUSED)

    follow(forge, said, Hint.UNSHALLOW, "git -C shallow fetch --unshallow")
    unset = "config --unset-all remote.origin"
    follow(forge, said, Hint.ONE_PUSH_URL, f"git -C two {unset}.pushurl")
    follow(forge, said, Hint.PUSH_AGAIN, f"git -C off {unset}.pushurl")
    follow(forge, said, Hint.UNSET_PUSH_URL, f"git -C fork {unset}.pushurl")
    follow(forge, said, Hint.NO_MIRROR, f"git -C mirror {unset}.mirror")
    follow(forge, said, Hint.REMOVE_PROGRAM, f"git -C program {unset}.uploadpack")
    set_url = f"git -C named remote set-url --push origin {fine}"
    follow(forge, said, Hint.SET_PUSH_URL, set_url)
    seen = follow(forge, said, Hint.CORRECT_PUSH_INSTEAD_OF, "git -C rewritten remote -v")
    assert fine in seen
    assert "DISABLED" in follow(forge, said, Hint.SEE_REMOTES, "git -C away remote -v")
    create = "git -C behind push origin refs/remotes/origin/main:refs/heads/stg"
    follow(forge, said, Hint.CREATE_BRANCH, create)
    follow(forge, said, Hint.ADD_REMOTE, f"git -C bare remote add origin {repos['bare'].url}")
    follow(forge, said, Hint.CLONE, "multigit pull dev -r lost")
    repos["folder"].clone.rename(forge.root / "folder")
    follow(forge, said, Hint.CLONE_INSTEAD, "multigit pull dev -r folder")
    for name in ("rewritten", "away"):
        repos[name].git(
            "config", "--remove-section", f"url.{fine if name == 'rewritten' else 'DISABLED'}"
        )
    follow(forge, said, Hint.DOCTOR_AGAIN, "multigit doctor")


def test_the_url_of_a_remote_that_cannot_be_reached(forge: Forge) -> None:
    """The command in the hint shows the URL."""
    for name, url in (("gone", "file:///nothing.git"), ("ext", "ext::true"), ("odd", "odd::x")):
        forge.add(name).git("config", "remote.origin.url", url)
    forge.write_config()
    said = forge.json("doctor", check=REFUSED)
    assert "nothing.git" in follow(forge, said, Hint.CHECK_URL, "git -C gone remote -v")
    assert "ext::" in follow(forge, said, Hint.OTHER_PROTOCOL, "git -C ext remote -v")
    below = forge.root / "odd folder"
    below.mkdir()
    said = forge.json("doctor", "--config", str(forge.shop / "multigit.toml"), cwd=below)
    odd = f"git -C {forge.shop}/odd remote -v"
    assert "odd::" in follow(forge, said, Hint.INSTALL_TRANSPORT, odd, cwd=below)


def test_a_setting_is_removed_from_the_file_that_has_it(forge: Forge) -> None:
    """A file that the clone's configuration includes, or the configuration of its work tree."""
    given = {
        "program": ("uploadpack = git-upload-pack", Hint.REMOVE_PROGRAM),
        "worktree": ("uploadpack = git-upload-pack", Hint.REMOVE_PROGRAM),
        "off": ("pushurl = DISABLED", Hint.PUSH_AGAIN),
        "mirror": ("mirror = true", Hint.NO_MIRROR),
    }
    files = {}
    for name, (line, _) in given.items():
        api, files[name] = forge.add(name), forge.root / f"{name} config"
        if name == "worktree":
            files[name] = api.clone / ".git/config.worktree"
            api.git("config", "extensions.worktreeConfig", "true")
        else:
            api.git("config", "include.path", str(files[name]))
        files[name].write_text(f'[remote "origin"]\n\t{line}\n')
    forge.write_config()
    said = forge.json("doctor", check=REFUSED)
    for name, (line, hint) in given.items():
        key, file = line.split()[0], shlex.quote(str(files[name]))
        command = f"git -C {name} config --file {file} --unset-all remote.origin.{key}"
        follow(forge, said, hint, command)
    forge.json("doctor", check=DONE)


def test_what_failed_to_be_cloned_names_no_folder(forge: Forge) -> None:
    """The temporary folder is gone, so no command could run there."""
    api = forge.add("api")
    shutil.rmtree(api.clone)
    api.url = "file:///nothing.git"
    forge.write_config()
    said = forge.json("pull", "dev")
    assert said["exit_code"] != DONE
    assert "git " not in "".join(each for each in hints(said) if "url" in each)


def test_a_repository_of_another_user_is_trusted(forge: Forge) -> None:
    """The command trusts the folder that git names."""
    forge.add("api")
    forge.write_config()
    forge.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    said = forge.json("doctor", check=REFUSED)
    command = f"git config --global --add safe.directory {forge.shop}/api"
    follow(forge, said, Hint.TRUST, command)
    assert "foreign_owner" not in [each["code"] for each in forge.json("status")["problems"]]


def test_an_identity_is_configured(forge: Forge) -> None:
    """The name and the address in the hint are examples, and work as is."""
    forge.add("api").commit("dev", {"a": "1\n"})
    forge.write_config()
    mine = forge.root / "mine"
    mine.touch()
    for role in ("AUTHOR", "COMMITTER"):
        for part in ("NAME", "EMAIL"):
            forge.env.pop(f"GIT_{role}_{part}", None)
    forge.env.pop("EMAIL", None)
    forge.env["GIT_CONFIG_GLOBAL"] = str(mine)
    said = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    for command in (
        'git config --global user.name "Your Name"',
        "git config --global user.email you@example.com",
    ):
        follow(forge, said, Hint.IDENTITY, command)
    forge.json("promote", "dev", "stg", "--yes", "--dry-run", check=DONE)


def test_a_script_that_is_not_executable(forge: Forge) -> None:
    """It is made executable in the work tree, and committed there."""
    api = forge.add("api", files={"ship.sh": "#!/bin/sh\n"})
    api.commit("dev", {"a": "1\n"})
    config = forge.write_config()
    runner = '\n[stages.stg.deploy]\nrunner = "command"\ncommand = ["./ship.sh"]\n'
    config.write_text(config.read_text() + runner)
    said = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    follow(forge, said, Hint.MAKE_EXECUTABLE, "chmod +x api/ship.sh")
    api.git("pull", "--quiet", "origin", "dev")
    forge.json("push", "dev", "--yes", check=DONE)
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert Path(api.clone / "ship.sh").stat().st_mode & 0o100
