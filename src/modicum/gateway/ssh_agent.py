"""A person's key that only their ssh-agent holds: the agent is asked to sign, and what it answers is checked.

Two requests of the agent protocol, for Ed25519 keys alone. An agent is not trusted: its answers are bounded, read
strictly and awaited for `PATIENCE_SECONDS` each; a signature that does not verify under the key asked for is refused.

Source: draft-ietf-sshm-ssh-agent (before: draft-miller-ssh-agent), list of keys and private key operations; RFC 8709
for the blobs of Ed25519.
"""

import socket
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from modicum.gateway.ssh_wire import MalformedWireError, Wire, string
from modicum.model.errors import EvidenceError, ModicumError, NotFoundError, NotPermittedError, OutstandingError
from modicum_verify import base64c
from modicum_verify.sshsig import assembled, key_blob, public_key_line, read_public_key_line, to_be_signed, verify

PATIENCE_SECONDS: Final = 5.0
MESSAGE_BYTES: Final = 256 * 1024  # as OpenSSH bounds them
MOST_KEYS: Final = 2048

_FAILURE: Final = 5
_REQUEST_IDENTITIES, _IDENTITIES_ANSWER = 11, 12
_SIGN_REQUEST, _SIGN_RESPONSE = 13, 14
_KEY_TYPE: Final = b"ssh-ed25519"
_PLACE: Final = "ssh-agent"


def fingerprint(public_key: str) -> str:
    """The name of a key as `ssh-add -l` writes it: "SHA256:" and 43 characters."""
    return f"SHA256:{base64c.encode(sha256(key_blob(public_key)).digest()).rstrip('=')}"


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A key that an agent holds."""

    public_key: str
    agent: "SshAgent"

    def sign(self, namespace: str, message: bytes) -> str:
        """Let the agent sign; gives an armored SSHSIG that verifies.

        Raises NotPermittedError: it refuses. OutstandingError: no answer in time. NotFoundError: it is gone.
        EvidenceError: its answer is malformed, or no signature of this key over this message.
        """
        signature = self.agent.signature(self.public_key, to_be_signed(namespace, message))
        armored = assembled(self.public_key, namespace, signature)
        try:
            verify(armored, self.public_key, namespace, message)
        except EvidenceError:
            raise EvidenceError(
                place=_PLACE, cause=f"gave no signature of {fingerprint(self.public_key)} over what was asked"
            ) from None
        return armored


@dataclass(frozen=True, slots=True)
class SshAgent:
    """An agent behind a socket; None where the environment names none."""

    path: str | None

    def held(self) -> list[AgentKey]:
        """The Ed25519 keys that it holds, in its order. Raises as `AgentKey.sign` does."""
        answer = self._ask(bytes([_REQUEST_IDENTITIES]))
        try:
            blobs = _identities(answer)
        except MalformedWireError as error:
            raise _malformed(f"list of keys {error}") from None
        return [AgentKey(line, self) for line in map(_line, blobs) if line is not None]

    def signature(self, public_key: str, data: bytes) -> bytes:
        """The bytes that the agent gives as this key's signature, unchecked."""
        flags = bytes(4)
        answer = self._ask(bytes([_SIGN_REQUEST]) + string(key_blob(public_key)) + string(data) + flags)
        if answer == bytes([_FAILURE]):
            raise NotPermittedError(
                cause=f"the ssh-agent refuses to sign with {fingerprint(public_key)}",
                cure="confirm the use of the key when the agent asks, and see that it is not locked: ssh-add -l",
            )
        try:
            return _signature(answer)
        except MalformedWireError as error:
            raise _malformed(f"signature {error}") from None

    def _ask(self, request: bytes) -> bytes:
        if not self.path:
            raise NotFoundError(
                cause="no ssh-agent is here: SSH_AUTH_SOCK is not set",
                cure="start one and add the key: eval $(ssh-agent) && ssh-add FILE",
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
                talk.settimeout(PATIENCE_SECONDS)
                talk.connect(self.path)
                talk.sendall(string(request))
                size = int.from_bytes(_received(talk, 4, deadline), "big")
                if not 1 <= size <= MESSAGE_BYTES:
                    raise _malformed("answer is empty or too long")
                return _received(talk, size, deadline)
        except TimeoutError:
            raise OutstandingError(
                cause=f"the ssh-agent gave no answer within {PATIENCE_SECONDS:.0f} seconds; nothing was signed",
                cure="try again, and confirm the use of the key in time where the agent asks",
            ) from None
        except OSError:
            raise NotFoundError(
                cause="the ssh-agent that SSH_AUTH_SOCK names does not answer",
                cure="start one and add the key: eval $(ssh-agent) && ssh-add FILE",
            ) from None


def _received(talk: socket.socket, size: int, deadline: float) -> bytes:
    """Exactly `size` bytes; the deadline holds for all of them together, however slowly they drip."""
    parts: list[bytes] = []
    while size:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        talk.settimeout(left)
        part = talk.recv(size)
        if not part:
            raise _malformed("answer ends early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _identities(answer: bytes) -> list[bytes]:
    wire = Wire(answer)
    if wire.take(1) != bytes([_IDENTITIES_ANSWER]):
        raise MalformedWireError("is none")
    count = wire.number()
    if count > MOST_KEYS:
        raise MalformedWireError(f"names more than {MOST_KEYS}")
    blobs = []
    for _ in range(count):
        blobs.append(wire.string())
        wire.string()  # the comment: whoever filled the agent chose it
    wire.end()
    return blobs


def _signature(answer: bytes) -> bytes:
    wire = Wire(answer)
    if wire.take(1) != bytes([_SIGN_RESPONSE]):
        raise MalformedWireError("is none")
    inner = Wire(wire.string())
    wire.end()
    kind, signature = inner.string(), inner.string()
    inner.end()
    if kind != _KEY_TYPE:
        raise MalformedWireError("is of another type of key")
    return signature


def _line(blob: bytes) -> str | None:
    """The key line of an Ed25519 blob; None for a key of another type."""
    try:
        return public_key_line(read_public_key_line(f"{_KEY_TYPE.decode()} {base64c.encode(blob)}"))
    except ModicumError:
        return None


def _malformed(what: str) -> EvidenceError:
    return EvidenceError(place=_PLACE, cause=f"answers against the protocol: its {what}")
