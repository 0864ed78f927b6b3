"""Agents that lie, drip, hang or break off: an error of ours in time, and nothing signed."""

import random
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from agents import false_agent, needs_ssh, passphrase, string

from modicum.docket.signing import LoadedKey
from modicum.gateway import ssh_agent
from modicum.gateway.keys import openssh_bytes
from modicum.gateway.person_keys import KEY_FILE_BYTES, find_key, public_half
from modicum.gateway.ssh_agent import AgentKey, SshAgent, fingerprint
from modicum.model.errors import EvidenceError, InvalidInputError, ModicumError, NotFoundError, OutstandingError
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.sshsig import key_blob, public_key_line, sign, to_be_signed, verify

KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"k" * 32), Ed25519PrivateKey.from_private_bytes(b"o" * 32)
LINE = public_key_line(KEY)
NAMESPACE, MESSAGE = "modicum-approve@v1", b"a statement"
IDENTITIES, SIGNED = b"\x0c", b"\x0e"


def identities(*blobs: bytes, count: int | None = None) -> bytes:
    named = b"".join(string(blob) + string(b"a comment") for blob in blobs)
    return string(IDENTITIES + (len(blobs) if count is None else count).to_bytes(4, "big") + named)


def signed(signature: bytes, kind: bytes = b"ssh-ed25519") -> bytes:
    return string(SIGNED + string(string(kind) + string(signature)))


def asked(path: str) -> str:
    return AgentKey(LINE, SshAgent(path)).sign(NAMESPACE, MESSAGE)


GOOD = KEY.sign(to_be_signed(NAMESPACE, MESSAGE))


def test_an_honest_answer_gives_what_the_key_itself_gives() -> None:
    with false_agent(identities(key_blob(LINE)), signed(GOOD)) as path:
        (key,) = SshAgent(path).held()
        assert key.sign(NAMESPACE, MESSAGE) == sign(KEY, NAMESPACE, MESSAGE)


LIES = {
    "another key's": signed(OTHER.sign(to_be_signed(NAMESPACE, MESSAGE))),
    "of another message": signed(KEY.sign(to_be_signed(NAMESPACE, b"another"))),
    "of another verb": signed(KEY.sign(to_be_signed("modicum-reject@v1", MESSAGE))),
    "over the bare message": signed(KEY.sign(MESSAGE)),
    "empty": signed(b""),
    "too long": signed(GOOD + b"\0"),
    "of another type": signed(GOOD, b"ssh-rsa"),
    "more after it": string(SIGNED + string(string(b"ssh-ed25519") + string(GOOD)) + b"\0"),
    "more in it": string(SIGNED + string(string(b"ssh-ed25519") + string(GOOD) + b"\0")),
    "of another request": identities(key_blob(LINE)),
    "a length that lies": string(SIGNED + b"\xff\xff\xff\xff"),
    "nothing": b"",
    "an empty message": string(b""),
    "half": signed(GOOD)[:40],
    "too much": (1 << 30).to_bytes(4, "big"),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_becomes_a_signature(lie: str) -> None:
    with false_agent(LIES[lie]) as path, pytest.raises(EvidenceError, match="ssh-agent"):
        asked(path)


@pytest.mark.parametrize(
    "answer",
    [
        identities(key_blob(LINE), count=2),
        identities(key_blob(LINE), count=0),
        identities(count=1 << 31),
        string(b"\x05"),
        signed(GOOD),
    ],
)
def test_no_lie_becomes_a_list_of_keys(answer: bytes) -> None:
    with false_agent(answer) as path, pytest.raises(EvidenceError, match="list of keys"):
        SshAgent(path).held()


def test_keys_of_other_types_and_broken_ones_are_passed_over() -> None:
    rsa = string(b"ssh-rsa") + string(b"\1") + string(b"\1" * 40)
    with false_agent(identities(rsa, b"", key_blob(LINE)[:-1], key_blob(LINE))) as path:
        assert [each.public_key for each in SshAgent(path).held()] == [LINE]


def hangs(talk: socket.socket) -> None:
    talk.recv(1)  # until the asker gives up


def drips(talk: socket.socket) -> None:
    for byte in signed(GOOD):
        talk.sendall(bytes([byte]))
        time.sleep(0.1)


@pytest.mark.parametrize("slow", [hangs, drips])
def test_a_slow_agent_is_left_in_time(slow: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert ssh_agent.PATIENCE_SECONDS == 5.0
    monkeypatch.setattr(ssh_agent, "PATIENCE_SECONDS", 0.5)
    with false_agent(slow) as path:
        before = time.monotonic()
        with pytest.raises(OutstandingError, match="no answer within"):
            asked(path)
        assert time.monotonic() - before < 3


def test_random_answers_end_in_our_errors() -> None:
    rng = random.Random(11)
    bodies = [rng.randbytes(rng.randrange(80)) for _ in range(150)]
    whole = signed(GOOD)
    for _ in range(150):
        changed = bytearray(whole[4:])
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        bodies.append(bytes(changed))
    with false_agent(*map(string, bodies)) as path:
        for body in bodies:
            with pytest.raises(ModicumError):
                asked(path)
            assert body != whole[4:]


def test_files_that_are_no_keys_are_named_without_their_bytes(tmp_path: Path) -> None:
    nobody = SshAgent(None)
    for name, data, error in [
        ("rsa.pub", b"ssh-rsa AAAA SECRETCANARY", InvalidInputError),
        ("text", b"SECRETCANARY", InvalidInputError),
        ("long", b"SECRETCANARY" * KEY_FILE_BYTES, InvalidInputError),
        ("begun", b"-----BEGIN OPENSSH PRIVATE KEY-----\nSECRETCANARY", InvalidInputError),
        ("pkcs8", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nSECRETCANARY", InvalidInputError),
        ("good.pub", f"{LINE} me\n".encode(), NotFoundError),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(error) as raised:
            find_key(str(tmp_path / name), agent=nobody, enrolled=list)
        assert "SECRETCANARY" not in str(raised.value)
    for name in ("nowhere", "text/below"):
        with pytest.raises(NotFoundError, match="there is no key file"):
            find_key(str(tmp_path / name), agent=nobody, enrolled=list)
    with pytest.raises(InvalidInputError):
        find_key(str(tmp_path), agent=nobody, enrolled=list)


def test_a_private_key_without_passphrase_asks_no_agent(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(openssh_bytes(KEY))
    found = find_key(str(tmp_path / "key"), agent=SshAgent(None), enrolled=list)
    assert found.sign(NAMESPACE, MESSAGE) == sign(KEY, NAMESPACE, MESSAGE)
    assert repr(found) == repr(LoadedKey(OTHER)) == "LoadedKey()"
    assert public_half(openssh_bytes(KEY)) is None


@needs_ssh
def test_the_public_half_of_a_key_with_a_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    passphrase(path, "closed")
    line = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    assert public_half(path.read_bytes()) == line
    for cut in range(0, 300, 7):
        assert public_half(path.read_bytes()[:cut]) is None
    with false_agent(identities(key_blob(line))) as agent:
        assert find_key(str(path), agent=SshAgent(agent), enrolled=list).public_key == line
    with false_agent(identities(key_blob(LINE))) as agent, pytest.raises(NotFoundError, match=fingerprint(LINE)[:20]):
        find_key(str(path), agent=SshAgent(agent), enrolled=list)


def test_verify_judges_what_the_agent_made() -> None:
    with false_agent(signed(GOOD)) as path:
        armored = asked(path)
    verify(armored, LINE, NAMESPACE, MESSAGE)
    with pytest.raises(EvidenceError):
        verify(armored, LINE, "modicum-reject@v1", MESSAGE)
