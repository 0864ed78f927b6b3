"""Which key a person means by `--key`: a file, or one that their ssh-agent holds.

FILE                 a private key without a passphrase, which signs here
FILE, FILE.pub       a private key with a passphrase, or a public key: the agent must hold it
agent:SHA256:...     the agent's key of this fingerprint
agent                the one key in the agent that is enrolled in the home
"""

import base64
import binascii
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from modicum.docket.signing import LoadedKey, PersonKey
from modicum.gateway.ssh_agent import AgentKey, SshAgent, fingerprint
from modicum.gateway.ssh_wire import MalformedWireError, Wire
from modicum.model.errors import ConflictError, InvalidInputError, ModicumError, NotFoundError
from modicum_verify import base64c
from modicum_verify.sshsig import load_private_key, public_key_line, read_public_key_line

AGENT: Final = "agent"
KEY_FILE_BYTES: Final = 64 * 1024

_BEGIN, _END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC: Final = b"openssh-key-v1\0"
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def find_key(given: str, *, agent: SshAgent, enrolled: Callable[[], Collection[str]]) -> PersonKey:
    """The key that `given` names, ready to sign.

    enrolled: the key lines of the people of the home, asked for only where `given` is "agent".

    Raises NotFoundError: no such file, no agent, or a key that it does not hold. InvalidInputError: no key file.
    ConflictError: "agent" fits several keys.
    """
    if given == AGENT:
        return _only(agent.held(), enrolled())
    if given.startswith(f"{AGENT}:"):
        return _held(agent, given.removeprefix(f"{AGENT}:"))
    line = _line_for_agent(Path(given))
    return key_file(Path(given)) if line is None else _held(agent, fingerprint(line))


def key_file(path: Path) -> LoadedKey:
    """Read a person's own OpenSSH Ed25519 private key file, one without a passphrase."""
    data = _read(path)
    if data is None:
        raise NotFoundError(cause=f"there is no key file {path}", cure=_PATH)
    try:
        return LoadedKey(load_private_key(data))
    except ModicumError:
        raise _not_a_key(path) from None


def public_half(data: bytes) -> str | None:
    """The public key line in a private key file that has a passphrase; None: it has none, or is no such file.

    Source: OpenSSH PROTOCOL.key; the public half stands before the encrypted part.
    """
    try:
        body = data[data.index(_BEGIN) + len(_BEGIN) : data.index(_END)]
        wire = Wire(base64.b64decode(b"".join(body.split()), validate=True))
        if wire.take(len(_MAGIC)) != _MAGIC or wire.string() == b"none":
            return None
        wire.string()  # the key derivation, and
        wire.string()  # its options
        if wire.number() != 1:
            return None
        return public_key_line(read_public_key_line(f"ssh-ed25519 {base64c.encode(wire.string())}"))
    except (ValueError, MalformedWireError, binascii.Error, ModicumError):
        return None


def _line_for_agent(path: Path) -> str | None:
    """The public key that a file names where the agent must sign for it; None: the file may hold the key itself."""
    data = _read(path)
    if data is None:
        return _beside(path, NotFoundError(cause=f"there is no key file {path}", cure=_PATH))
    if data.startswith(b"ssh-"):
        return _public(path, data)
    if data.startswith(_ENCRYPTED):
        return _beside(path, _not_a_key(path))
    return public_half(data)


def _held(agent: SshAgent, wanted: str) -> AgentKey:
    keys = agent.held()
    for each in keys:
        if fingerprint(each.public_key) == wanted:
            return each
    names = ", ".join(fingerprint(each.public_key) for each in keys) or "no Ed25519 key"
    raise NotFoundError(
        cause=f"the ssh-agent does not hold the key {wanted}; it holds {names}", cure="add it: ssh-add FILE"
    )


def _only(keys: Collection[AgentKey], enrolled: Collection[str]) -> AgentKey:
    found = [each for each in keys if each.public_key in enrolled]
    if not found:
        raise NotFoundError(
            cause="the ssh-agent holds no key that is enrolled here",
            cure="add yours with ssh-add FILE, or name one: --key agent:SHA256:...",
        )
    if len(found) > 1:
        names = ", ".join(f"agent:{fingerprint(each.public_key)}" for each in found)
        raise ConflictError(cause="the ssh-agent holds several keys that are enrolled here", cure=f"name one: {names}")
    return found[0]


_PATH: Final = "check the path, or give a .pub file, agent, or agent:SHA256:... for a key in your ssh-agent"


def _beside(path: Path, otherwise: ModicumError) -> str:
    beside = path.with_name(f"{path.name}.pub")
    data = _read(beside)
    if data is None:
        raise otherwise
    return _public(beside, data)


def _public(path: Path, data: bytes) -> str:
    try:
        return public_key_line(read_public_key_line(data.decode("utf-8")))
    except (ModicumError, ValueError):
        raise InvalidInputError(
            cause=f"{path} is not an OpenSSH Ed25519 public key", cure="give the .pub file of an ssh-ed25519 key"
        ) from None


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(KEY_FILE_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        raise _not_a_key(path) from None


def _not_a_key(path: Path) -> InvalidInputError:
    return InvalidInputError(
        cause=f"{path} is not an OpenSSH Ed25519 key, or has a passphrase and no agent can be asked for it",
        cure="make one with: ssh-keygen -t ed25519 -f FILE; one with a passphrase goes into your agent: ssh-add FILE",
    )
