"""The doorway to age: streams, wrapping, opening; no secret and no key in any message."""

import copy
import pickle
import shutil
import subprocess
import tracemalloc
from io import BytesIO
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.model.errors import EvidenceError, InvalidInputError, ModicumError, NotPermittedError
from modicum.seal.age import (
    OneTimeIdentity,
    check_recipient,
    decrypt_stream,
    encrypt_stream,
    open_key,
    wrap_identity,
)

ALICE = pyrage.x25519.Identity.generate()
BOB = pyrage.x25519.Identity.generate()
NEEDS_KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
NEEDS_AGE = pytest.mark.skipif(shutil.which("age") is None, reason="needs the age program")


def sealed(content: bytes, identity: OneTimeIdentity) -> bytes:
    out = BytesIO()
    encrypt_stream(BytesIO(content), out, recipient=identity.recipient)
    return out.getvalue()


def opened(content: bytes, identity: OneTimeIdentity) -> bytes:
    out = BytesIO()
    decrypt_stream(BytesIO(content), out, identity)
    return out.getvalue()


def ssh_key(folder: Path, *, kind: str = "ed25519", passphrase: str = "") -> tuple[bytes, str]:
    path = folder / kind
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "a comment", "-f", path], check=True)
    return path.read_bytes(), path.with_suffix(".pub").read_text()


@given(st.binary(max_size=200_000))
@settings(max_examples=30, deadline=None)
def test_what_is_sealed_opens(content: bytes) -> None:
    identity = OneTimeIdentity.generate()
    assert opened(sealed(content, identity), identity) == content


def test_the_key_is_wrapped_to_each_recipient() -> None:
    identity = OneTimeIdentity.generate()
    key_age = wrap_identity(identity, [str(ALICE.to_public()), str(BOB.to_public())])
    for each in (ALICE, BOB):
        again = open_key(key_age, f"# made today\n\n{each}\r\n".encode())
        assert again.recipient == identity.recipient
    both = open_key(key_age, f"{pyrage.x25519.Identity.generate()}\n{BOB}\n".encode())
    assert both.recipient == identity.recipient


@NEEDS_KEYGEN
def test_an_ssh_key_opens_too(tmp_path: Path) -> None:
    private, public = ssh_key(tmp_path)
    identity = OneTimeIdentity.generate()
    key_age = wrap_identity(identity, [public, str(ALICE.to_public())])
    assert open_key(key_age, private).recipient == identity.recipient


@NEEDS_KEYGEN
def test_an_ssh_key_with_a_passphrase_says_what_to_do(tmp_path: Path) -> None:
    private, public = ssh_key(tmp_path, passphrase="correct horse")
    key_age = wrap_identity(OneTimeIdentity.generate(), [public])
    with pytest.raises(InvalidInputError, match="passphrase"):
        open_key(key_age, private)


@NEEDS_KEYGEN
def test_an_rsa_key_is_no_recipient(tmp_path: Path) -> None:
    _, public = ssh_key(tmp_path, kind="rsa")
    with pytest.raises(InvalidInputError):
        check_recipient(public)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "age1",
        "age1canarycanarycanary",
        str(ALICE.to_public())[:-1] + ("p" if str(ALICE.to_public()).endswith("q") else "q"),
        str(ALICE),
        "ssh-ed25519 AAAAcanary",
        "ssh-rsa AAAAcanary",
        "canary",
        "age1yubikey1canary",
        f"{ALICE.to_public()}\n{BOB.to_public()}",
    ],
    ids=range(10),  # keys are made anew in each process, and names of tests must not be
)
def test_a_bad_recipient_key_is_refused_without_echo(key: str) -> None:
    for act in (check_recipient, lambda key: wrap_identity(OneTimeIdentity.generate(), [key])):
        with pytest.raises(InvalidInputError) as caught:
            act(key)
        assert "canary" not in repr(caught.value)
        assert len(key) < 6 or key not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_recipients_are_needed_and_each_once() -> None:
    key = str(ALICE.to_public())
    for keys in ([], [key, key], [key, f" {key}"]):
        with pytest.raises(InvalidInputError):
            wrap_identity(OneTimeIdentity.generate(), keys)


@pytest.mark.parametrize("data", [b"", b"# only a comment\n", b"\xff\xfe", b"AGE-SECRET-KEY-1canary", b"canary"])
def test_a_bad_identity_file_is_refused_without_echo(data: bytes) -> None:
    key_age = wrap_identity(OneTimeIdentity.generate(), [str(ALICE.to_public())])
    with pytest.raises(InvalidInputError) as caught:
        open_key(key_age, data)
    assert "canary" not in str(caught.value)


def test_a_stranger_is_told_so() -> None:
    key_age = wrap_identity(OneTimeIdentity.generate(), [str(ALICE.to_public())])
    with pytest.raises(NotPermittedError):
        open_key(key_age, f"{BOB}".encode())


def test_damage_is_evidence_of_damage() -> None:
    identity = OneTimeIdentity.generate()
    content = sealed(b"x" * 100_000, identity)
    changed = content[:300] + bytes([content[300] ^ 1]) + content[301:]
    for broken in (content[:-1], content[:70_000], b"", content + b"x", changed):
        with pytest.raises(EvidenceError, match="data"):
            opened(broken, identity)
    with pytest.raises(EvidenceError, match="not sealed to the key"):
        opened(content, OneTimeIdentity.generate())
    with pytest.raises(EvidenceError, match=r"key\.age"):
        open_key(wrap_identity(identity, [str(ALICE.to_public())])[:-1], str(ALICE).encode())
    with pytest.raises(EvidenceError, match="does not hold"):
        open_key(pyrage.encrypt(b"no key", [ALICE.to_public()]), str(ALICE).encode())


def test_the_secret_is_never_shown_or_copied() -> None:
    identity = OneTimeIdentity.generate()
    for text in (repr(identity), str(identity), f"{identity}", repr([identity])):
        assert "AGE-SECRET" not in text
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(identity)
    assert not hasattr(identity, "__dict__")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk"), ModicumError(cause="c", cure="d")])
def test_a_fault_of_reader_or_writer_comes_back_as_it_was(error: BaseException) -> None:
    class Faulty:
        def read(self, _size: int = -1) -> bytes:
            raise error

        def write(self, _data: bytes) -> int:
            raise error

    identity = OneTimeIdentity.generate()
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind):
        encrypt_stream(Faulty(), BytesIO(), recipient=identity.recipient)
    with pytest.raises(kind):
        encrypt_stream(BytesIO(b"x" * 100_000), Faulty(), recipient=identity.recipient)
    with pytest.raises(kind):
        decrypt_stream(BytesIO(sealed(b"x", identity)), Faulty(), identity)


def test_a_stream_passes_in_constant_memory() -> None:
    class Zeros:
        left = 64 << 20

        def read(self, size: int = -1) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    class Nowhere:
        size = 0

        def write(self, data: bytes) -> int:
            self.size += len(data)
            return len(data)

    sink = Nowhere()
    tracemalloc.start()
    encrypt_stream(Zeros(), sink, recipient=OneTimeIdentity.generate().recipient)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sink.size > 64 << 20
    assert peak < 4 << 20


@NEEDS_AGE
def test_the_stock_program_opens_what_we_seal(tmp_path: Path) -> None:
    identity = OneTimeIdentity.generate()
    (tmp_path / "me.txt").write_text(f"{ALICE}\n")
    (tmp_path / "key.age").write_bytes(wrap_identity(identity, [str(ALICE.to_public())]))
    (tmp_path / "x.age").write_bytes(sealed(b"the answer", identity))
    stock = ["age", "-d", "-i"]
    key = subprocess.run([*stock, "me.txt", "key.age"], cwd=tmp_path, check=True, capture_output=True).stdout
    (tmp_path / "one-time.key").write_bytes(key)
    out = subprocess.run([*stock, "one-time.key", "x.age"], cwd=tmp_path, check=True, capture_output=True).stdout
    assert out == b"the answer"


@NEEDS_AGE
@NEEDS_KEYGEN
def test_the_stock_program_opens_with_an_ssh_key(tmp_path: Path) -> None:
    _, public = ssh_key(tmp_path)
    (tmp_path / "key.age").write_bytes(wrap_identity(OneTimeIdentity.generate(), [public]))
    command = ["age", "-d", "-i", "ed25519", "key.age"]
    out = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout
    assert out.startswith(b"AGE-SECRET-KEY-1")
