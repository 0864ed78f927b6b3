"""The keys of a home: made once, stored under `keys/`, read when used, never printed.

log.key       signs checkpoints          manifest.key  signs manifests
pseudonym.key 32 bytes, master of all recipients' pseudonym keys
people/       evaluation homes only: one OpenSSH Ed25519 key per enrolled person, so that one machine can play all parts
"""

import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from modicum.docket.signing import LoadedKey
from modicum.model.errors import NotFoundError
from modicum.storage import Folder
from modicum_verify.sshsig import load_private_key, public_key_line

LOG_KEY: Final = "keys/log.key"
MANIFEST_KEY: Final = "keys/manifest.key"
PSEUDONYM_KEY: Final = "keys/pseudonym.key"
PEOPLE: Final = "keys/people"


def make_home_keys(folder: Folder) -> None:
    """Make the three keys of a home; refuses to replace one."""
    make_signing_keys(folder)
    folder.write_new(PSEUDONYM_KEY, secrets.token_bytes(32))


def make_signing_keys(folder: Folder) -> None:
    """Make the two keys that a home signs with; refuses to replace one."""
    for path in (LOG_KEY, MANIFEST_KEY):
        folder.write_new(path, openssh_bytes(Ed25519PrivateKey.generate()))


def make_person_key(folder: Folder, *, organisation: str, person: str) -> LoadedKey:
    """Make the key of an evaluation person, with its public line beside it."""
    key = Ed25519PrivateKey.generate()
    path = f"{PEOPLE}/{organisation}.{person}"
    folder.write_new(path, openssh_bytes(key))
    folder.write_new(f"{path}.pub", f"{public_key_line(key)} {organisation}/{person}\n".encode())
    return LoadedKey(key)


def read_key(folder: Folder, path: str) -> Ed25519PrivateKey:
    """Read one of the home's own signing keys."""
    return load_private_key(folder.read(path))


def person_key(folder: Folder, handle: str) -> LoadedKey:
    """Read the key of `organisation/person` in an evaluation home."""
    path = f"{PEOPLE}/{handle.replace('/', '.')}"
    if handle.count("/") != 1 or not folder.exists(path):
        raise NotFoundError(
            cause=f"this home holds no key for {handle}",
            cure="name an enrolled organisation/person of an evaluation home, or give the person's own --key",
        )
    return LoadedKey(load_private_key(folder.read(path)))


def openssh_bytes(key: Ed25519PrivateKey) -> bytes:
    """A private key in OpenSSH form, as ssh-keygen writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def public_hex(key: Ed25519PrivateKey) -> str:
    """The 32-byte public key, hex, as `trust.json` holds the manifest key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
