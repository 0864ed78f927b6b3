"""Agreement with OpenSSH's own program, both ways."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum_verify import sshsig
from modicum_verify.errors import EvidenceError

KEYGEN = shutil.which("ssh-keygen")
needs_keygen = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen (openssh-client) is not installed")
NAMESPACE = "modicum-approve@v1"
MESSAGE = b'{"verb":"approve"}'


def keygen(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(KEYGEN), *arguments], cwd=cwd, input=stdin, capture_output=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert keygen("-q", "-t", "ed25519", "-N", "", "-C", "someone", "-f", "id", cwd=tmp_path).returncode == 0
    (tmp_path / "message").write_bytes(MESSAGE)
    return tmp_path


@needs_keygen
def test_our_signature_is_byte_equal_to_theirs_and_theirs_verifies(folder: Path) -> None:
    assert keygen("-Y", "sign", "-n", NAMESPACE, "-f", "id", "message", cwd=folder).returncode == 0
    theirs = (folder / "message.sig").read_text()
    key = sshsig.load_private_key((folder / "id").read_bytes())
    assert sshsig.sign(key, NAMESPACE, MESSAGE) == theirs
    sshsig.verify(theirs, (folder / "id.pub").read_text(), NAMESPACE, MESSAGE)


@needs_keygen
def test_their_sha256_signature_verifies_too(folder: Path) -> None:
    made = keygen("-Y", "sign", "-O", "hashalg=sha256", "-n", NAMESPACE, "-f", "id", "message", cwd=folder)
    if made.returncode:
        pytest.skip("this ssh-keygen knows no -O hashalg")
    sshsig.verify((folder / "message.sig").read_text(), (folder / "id.pub").read_text(), NAMESPACE, MESSAGE)


@needs_keygen
@pytest.mark.parametrize(("message", "good"), [(MESSAGE, True), (MESSAGE + b" ", False)])
def test_they_judge_our_signature_as_we_do(tmp_path: Path, message: bytes, *, good: bool) -> None:
    key = Ed25519PrivateKey.generate()
    (tmp_path / "allowed").write_text(f"someone {sshsig.public_key_line(key)}\n")
    (tmp_path / "sig").write_text(sshsig.sign(key, NAMESPACE, MESSAGE))
    check = ("-Y", "verify", "-f", "allowed", "-I", "someone", "-n", NAMESPACE, "-s", "sig")
    assert (keygen(*check, cwd=tmp_path, stdin=message).returncode == 0) is good


def openssh(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, protection)


def test_a_key_file_without_passphrase_loads() -> None:
    key = Ed25519PrivateKey.generate()
    assert sshsig.public_key_line(sshsig.load_private_key(openssh(key))) == sshsig.public_key_line(key)


def test_other_key_files_are_refused_without_their_bytes_in_the_error() -> None:
    others = [openssh(ec.generate_private_key(ec.SECP256R1())), b"no key SECRETCANARY", b""]
    for data in others:
        with pytest.raises(sshsig.UnreadableKeyError) as caught:
            sshsig.load_private_key(data)
        assert "SECRETCANARY" not in str(caught.value)
        assert caught.value.__cause__ is None


@needs_keygen
def test_a_key_with_a_passphrase_is_refused_with_a_cure(tmp_path: Path) -> None:
    assert keygen("-q", "-t", "ed25519", "-N", "secret words", "-f", "id", cwd=tmp_path).returncode == 0
    with pytest.raises(sshsig.UnreadableKeyError, match="passphrase") as caught:
        sshsig.load_private_key((tmp_path / "id").read_bytes())
    assert "ssh-keygen" in caught.value.cure


def test_a_signature_holds_for_one_key_namespace_and_message_only() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    armored, line = sshsig.sign(key, NAMESPACE, MESSAGE), sshsig.public_key_line(key)
    sshsig.verify(armored, line, NAMESPACE, MESSAGE)
    sshsig.verify(armored, f"{line} a comment of the holder", NAMESPACE, MESSAGE)
    for wrong in [
        (armored, sshsig.public_key_line(other), NAMESPACE, MESSAGE),
        (armored, line, "modicum-reject@v1", MESSAGE),
        (armored, line, NAMESPACE, MESSAGE + b"x"),
        ("", line, NAMESPACE, MESSAGE),
    ]:
        with pytest.raises(EvidenceError):
            sshsig.verify(*wrong)


def test_each_changed_character_of_a_signature_is_noticed() -> None:
    key = Ed25519PrivateKey.generate()
    armored, line = sshsig.sign(key, NAMESPACE, MESSAGE), sshsig.public_key_line(key)
    for at in range(len(armored)):
        changed = armored[:at] + chr(ord(armored[at]) ^ 1) + armored[at + 1 :]
        with pytest.raises(EvidenceError):
            sshsig.verify(changed, line, NAMESPACE, MESSAGE)
    for more in (armored + "\n", armored[:-1], "\n" + armored, armored.replace("\n", "\r\n")):
        with pytest.raises(EvidenceError):
            sshsig.verify(more, line, NAMESPACE, MESSAGE)


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==", "x" * 999]
)
def test_a_line_that_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(sshsig.UnreadableKeyError):
        sshsig.verify("", line, NAMESPACE, MESSAGE)
