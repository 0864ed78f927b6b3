"""`--key` with OpenSSH's own agent: every way to name a key, every verb; and what stands in the log, judged by ssh-keygen."""

import shutil
import subprocess
from pathlib import Path

import pytest
from agents import add, needs_ssh, passphrase, real_agent
from cli_world import CASE, STATISTICS, World

from modicum.gateway.home import Home
from modicum.gateway.person_keys import key_file
from modicum.gateway.ssh_agent import SshAgent, fingerprint
from modicum_verify.events import text_sha256
from modicum_verify.statement import Statement, namespace

pytestmark = needs_ssh


def taken(world: World, handle: str) -> Path:
    """A person's private key and public line, out of the home into a folder of their own."""
    place = world.home / "keys" / "people" / handle.replace("/", ".")
    mine = world.folder / "mine"
    mine.mkdir(exist_ok=True)
    for suffix in ("", ".pub"):
        shutil.move(f"{place}{suffix}", mine / f"{place.name}{suffix}")
    return mine / place.name


def name_in_agent(key: Path) -> str:
    return f"agent:{fingerprint(key_file(key).public_key)}"


def test_every_way_to_name_a_key_of_the_agent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = ("hhs-oig/analyst", "cms/privacy-officer", "cms/counsel", "wa-hca/data-officer")
    analyst, privacy, counsel, origin = (taken(world, each) for each in people)
    with real_agent() as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        add(agent, analyst)
        world.ok("docket", "file", world.request(STATISTICS), "--key", "agent")
        for key in (privacy, counsel, origin):
            add(agent, key)
        privacy.unlink()
        world.ok("docket", "approve", CASE, "--key", f"{privacy}.pub")
        passphrase(counsel, "not for you")
        Path(f"{counsel}.pub").unlink()
        world.ok("docket", "reject", CASE, "--text", "Too much.", "--key", counsel)
        objection = str(len(Home.open(world.home).journal.entries()))
        world.ok("docket", "object", CASE, "--text", "Ours.", "--key", name_in_agent(origin))
        origin.unlink()
        world.ok("docket", "answer", CASE, "--objection", objection, "--text", "Seen.", "--key", privacy)
        world.ok("docket", "approve", CASE, "--key", origin)  # no file of that name, but its .pub beside it
    assert world.kinds()[-6:] == ["notified", "review", "review", "objected", "answered", "review"]
    world.holds()
    assert approval_is_good(world, "cms/privacy-officer", Path(f"{privacy}.pub"))
    assert not approval_is_good(world, "cms/privacy-officer", Path(f"{origin}.pub"))


def approval_is_good(world: World, person: str, public: Path) -> bool:
    """What the stock program says of the last approval of a person."""
    entries = [each for each in Home.open(world.home).journal.entries() if each.kind in {"approved", "review"}]
    content = next(each.content for each in entries if each.actor == person)
    assert content is not None
    signature = content["signature"]
    statement = Statement(
        verb="approve",
        case=CASE,
        round=signature["round"],
        decision_sha256=content["decision_sha256"],
        organisation=person.split("/", maxsplit=1)[0],
        text_sha256=text_sha256("review" if "verdict" in content else "approved", content),
        log_size=signature["log_size"],
    )
    (world.folder / "signers").write_text(f"{person} {public.read_text()}")
    (world.folder / "sig").write_text(signature["sshsig"])
    check = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", person, "-n", namespace("approve"), "-s", "sig"]
    done = subprocess.run(check, input=statement.message(), cwd=world.folder, capture_output=True, check=False)
    return done.returncode == 0


def test_members_come_and_change_keys_through_the_agent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    privacy, origin = taken(world, "cms/privacy-officer"), taken(world, "ca-dhcs/data-officer")
    new, newer = world.folder / "new", world.folder / "newer"
    for each in (new, newer):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(each)], check=True)
    member = world.folder / "member.toml"
    member.write_text('[person]\norganisation = "cms"\nperson = "deputy"\nroles = ["privacy_officer"]\n')
    with real_agent() as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        for key in (privacy, origin, new, newer):
            add(agent, key)
        signers = ("--key", f"{privacy}.pub", "--key", name_in_agent(origin))
        world.ok("member", "enrol", member, *signers, "--member-key", f"{new}.pub")
        world.ok("member", "rotate", "cms/deputy", "--new-key", name_in_agent(newer), "--key", f"{new}.pub")
        several = world.run("docket", "approve", CASE, "--key", "agent")
        assert several.exit == 9
        assert name_in_agent(newer) in several.err
        world.ok("member", "revoke", "cms/deputy", "--text", "left", *signers)
    world.holds()


def test_a_key_that_the_agent_lacks_or_that_its_owner_denies(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.file(STATISTICS)
    privacy, counsel = taken(world, "cms/privacy-officer"), taken(world, "cms/counsel")
    before = len(world.kinds())
    approve = ("docket", "approve", CASE, "--key")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "SSH_AUTH_SOCK is not set" in refused(world.run(*approve, "agent"), 8)
    with real_agent({"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        assert "holds no key that is enrolled here" in refused(world.run(*approve, "agent"), 8)
        assert "does not hold" in refused(world.run(*approve, f"{privacy}.pub"), 8)
        assert "does not hold" in refused(world.run(*approve, "agent:SHA256:nothing"), 8)
        add(agent, counsel)
        assert name_in_agent(counsel).removeprefix("agent:") in refused(world.run(*approve, f"{privacy}.pub"), 8)
        add(agent, privacy, "-c")  # asks its owner before each use, and here the answer is no
        assert "refuses to sign" in refused(world.run(*approve, f"{privacy}.pub"), 7)
    assert "does not answer" in refused(world.run(*approve, f"{privacy}.pub"), 8)
    assert len(world.kinds()) == before


def refused(ran: object, exit_code: int) -> str:
    assert ran.exit == exit_code, ran  # type: ignore[attr-defined]
    return str(ran.err)  # type: ignore[attr-defined]


def test_the_real_agent_lists_ed25519_alone(tmp_path: Path) -> None:
    for kind in ("ed25519", "ecdsa"):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(tmp_path / kind)], check=True)
    with real_agent() as agent:
        for kind in ("ecdsa", "ed25519"):
            add(agent, tmp_path / kind)
        keys = SshAgent(agent).held()
        listed = subprocess.run(
            ["ssh-add", "-l"], env={"SSH_AUTH_SOCK": agent}, capture_output=True, check=True, text=True
        )
    assert [each.public_key for each in keys] == [key_file(tmp_path / "ed25519").public_key]
    assert fingerprint(keys[0].public_key) in listed.stdout
