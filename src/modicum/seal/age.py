"""The one doorway to age: seal a stream to a one-time key, wrap that key to recipients, open both again.

Rules kept here: a secret lives in memory only and no `repr`, pickle or error shows it; a recipient's key is never
echoed back; streams pass in constant memory; a fault of the reader or the writer comes back as it was raised, not as a
fault of age. What this leaves to others: where files stand (storage), what they hold (manifest).

Source: the age format, C2SP age v1 (X25519 and ssh-ed25519 recipients), through pyrage.
"""

import io
from collections.abc import Sequence
from typing import Any, Final, NoReturn, Protocol

import pyrage

from modicum.model.errors import EvidenceError, InternalError, InvalidInputError, NotPermittedError
from modicum.storage import Folder

_X25519: Final = "age1"
_ED25519: Final = "ssh-ed25519 "
_OPENSSH_FILE: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_SECRET_LINE: Final = "AGE-SECRET-KEY-1"  # noqa: S105 - how such a line begins
_NO_MATCH: Final = "No matching keys found"


class Reader(Protocol):
    """Where plain or sealed bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


class Writer(Protocol):
    """Where plain or sealed bytes go."""

    def write(self, data: bytes, /) -> int:
        """Take all bytes given; gives their number."""
        ...


class OneTimeIdentity:
    """A key for one release: everybody may know its recipient half, its secret stays in this object."""

    __slots__ = ("_identity",)

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity

    @classmethod
    def generate(cls) -> "OneTimeIdentity":
        """Make a fresh one from the system's randomness."""
        return cls(pyrage.x25519.Identity.generate())

    @property
    def recipient(self) -> str:
        """The public half (`age1...`): whoever has it can seal, not open."""
        return str(self._identity.to_public())

    def __repr__(self) -> str:
        return "OneTimeIdentity(secret not shown)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse pickling and copying: the secret would leave this object."""
        raise TypeError("a one-time identity is not copied")

    def _secret_file(self) -> bytes:
        return f"{self._identity}\n".encode()


def new_recipient(folder: Folder, name: str) -> str:
    """Make a recipient's own age identity in `NAME.key`, as age-keygen would; gives the public half (`age1...`)."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    folder.write_new(f"{name}.key", f"# public key: {public}\n{identity}\n".encode())
    return public


def own_identity(identity_file: bytes) -> OneTimeIdentity:
    """Read an identity that the house keeps for itself, as `new_recipient` wrote it. Raises EvidenceError."""
    found = [each for each in _identities(identity_file) if isinstance(each, pyrage.x25519.Identity)]
    if len(found) != 1:
        raise EvidenceError(place="the key", cause="is not one age identity")
    return OneTimeIdentity(found[0])


def check_recipient(key: str) -> str:
    """Give the key in the form we use (no blanks around it), or raise.

    Raises InvalidInputError: neither an `age1...` key nor an `ssh-ed25519 ...` line. The key is not echoed.
    """
    key = key.strip()
    _recipient(key)
    return key


def encrypt_stream(reader: Reader, writer: Writer, *, recipient: str) -> None:
    """Seal all that `reader` gives to one recipient (`age1...` or `ssh-ed25519 ...`), in constant memory.

    The end of `reader` is taken for the end of the data: who feeds it must raise from `read` when the source failed.
    Raises InvalidInputError (recipient), or whatever reader and writer raise.
    """
    _through(pyrage.encrypt_io, reader, writer, [_recipient(recipient)])


def wrap_identity(identity: OneTimeIdentity, recipients: Sequence[str]) -> bytes:
    """Make the bytes of `key.age`: the identity as an age identity file, sealed to every recipient.

    Raises InvalidInputError: no recipient, the same twice, or a key that is none.
    """
    keys = [key.strip() for key in recipients]
    if not keys or len(set(keys)) != len(keys):
        raise InvalidInputError(
            cause="a package needs at least one recipient key, and each once", cure="mend the request's `recipients`"
        )
    sealed = io.BytesIO()
    _through(pyrage.encrypt_io, io.BytesIO(identity._secret_file()), sealed, [_recipient(key) for key in keys])  # noqa: SLF001
    return sealed.getvalue()


def open_key(key_age: bytes, identity_file: bytes) -> OneTimeIdentity:
    """Get the one-time identity out of `key.age` with a recipient's own identity file.

    identity_file: lines `AGE-SECRET-KEY-1...` (as `age-keygen` writes them), or an OpenSSH private key.
    Raises InvalidInputError (no such file), NotPermittedError (not a recipient), EvidenceError (damaged).
    """
    plain = io.BytesIO()
    _through(pyrage.decrypt_io, io.BytesIO(key_age), plain, _identities(identity_file), place="key.age")
    try:
        return OneTimeIdentity(pyrage.x25519.Identity.from_str(plain.getvalue().decode("ascii").strip()))
    except (UnicodeDecodeError, pyrage.IdentityError):
        raise EvidenceError(place="key.age", cause="does not hold an age identity") from None


def decrypt_stream(reader: Reader, writer: Writer, identity: OneTimeIdentity, *, place: str = "data") -> None:
    """Open what `encrypt_stream` sealed, in constant memory.

    Each chunk is authentic before it is written, but a cut-off stream is noticed at its end only: throw away what was
    written when this raises. Raises EvidenceError (damaged, cut off, or sealed to another key) naming `place`.
    """
    try:
        _through(pyrage.decrypt_io, reader, writer, [identity._identity], place=place)  # noqa: SLF001
    except NotPermittedError:
        raise EvidenceError(place=place, cause="is not sealed to the key that key.age holds") from None


def _recipient(key: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    try:
        if key.startswith(_X25519):
            return pyrage.x25519.Recipient.from_str(key)
        if key.startswith(_ED25519) and "\n" not in key:
            return pyrage.ssh.Recipient.from_str(key)
    except pyrage.RecipientError:
        pass
    raise InvalidInputError(
        cause="a recipient's key is neither an age X25519 key (age1...) nor an ssh-ed25519 public key line",
        cure="ask the recipient for the public key that `age-keygen` or `ssh-keygen -t ed25519` printed",
    )


def _identities(identity_file: bytes) -> list[pyrage.x25519.Identity | pyrage.ssh.Identity]:
    try:
        if identity_file.lstrip().startswith(_OPENSSH_FILE):
            return [pyrage.ssh.Identity.from_buffer(identity_file)]
        lines = [line.strip() for line in identity_file.decode("utf-8").splitlines()]
        secrets = [line for line in lines if line and not line.startswith("#")]
        if secrets and all(line.startswith(_SECRET_LINE) for line in secrets):
            return [pyrage.x25519.Identity.from_str(line) for line in secrets]
    except (UnicodeDecodeError, pyrage.IdentityError):
        pass
    raise InvalidInputError(
        cause="the identity file holds neither AGE-SECRET-KEY-1 lines nor an OpenSSH key without a passphrase",
        cure="give the file that `age-keygen -o` wrote, or an ssh-ed25519 private key; one with a passphrase opens "
        "with the `age` program",
    )


class _Watched:
    """A stream that remembers its own failure, which pyrage would turn into a message."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a Reader or a Writer
        self._stream, self.failure = stream, None

    failure: BaseException | None

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except BaseException as error:
            self.failure = error
            raise
        return data

    def write(self, data: bytes) -> int:
        try:
            self._stream.write(data)
        except BaseException as error:
            self.failure = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here; who owns the stream flushes it."""


def _through(work: Any, reader: Reader, writer: Writer, keys: Sequence[Any], *, place: str = "age") -> None:  # noqa: ANN401
    source, sink = _Watched(reader), _Watched(writer)
    try:
        work(source, sink, keys)
    except (pyrage.EncryptError, pyrage.DecryptError, OSError) as error:
        failure = source.failure or sink.failure
        if failure is not None:
            raise failure from None
        if work is pyrage.encrypt_io:
            raise InternalError(cause="age could not seal", cure="report this with the version of modicum") from None
        if str(error) == _NO_MATCH:
            raise NotPermittedError(
                cause="this identity is not one that the package was sealed to",
                cure="open it with the private key that belongs to a recipient named in the manifest",
            ) from None
        raise EvidenceError(place=place, cause="is damaged or cut off") from None
