"""Where a store is: the file `store.db` of the home, or a PostgreSQL database. A password is never shown."""

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from modicum.model.errors import InvalidInputError

FILE: Final = "store.db"
_SCHEME: Final = "postgresql+pg8000"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CURE: Final = (
    f"write {_SCHEME}://USER:PASSWORD@HOST:PORT/DATABASE, perhaps with ?sslrootcert=FILE; without a password in it,"
    " PGPASSWORD is used"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL database and how to log in; its password stands in no `repr`."""

    host: str
    port: int
    database: str
    user: str
    password: str | None = field(repr=False)
    root_certificate: str | None

    def tls(self) -> ssl.SSLContext | None:
        """TLS with a certificate that checks, on every way that leaves this machine; None on the loopback."""
        if self.host in _LOOPBACK and self.root_certificate is None:
            return None
        try:
            return ssl.create_default_context(cafile=self.root_certificate)
        except OSError:
            raise InvalidInputError(
                cause="the sslrootcert of the store's address is no readable certificate file", cure=_CURE
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A file or a server; `name` is how errors call it."""

    name: str
    file: Path | None = None
    server: Server | None = None


def parse_address(home: Path, url: str | None) -> Address:
    """Read the `store` of a home's settings; None stands for the file in the home.

    Raises InvalidInputError: no address of a PostgreSQL database. The address itself is not repeated in the error.
    """
    if url is None:
        return Address(name=FILE, file=home / FILE)
    if not url.isprintable() or any(sign in url for sign in "\"'\\ "):
        raise InvalidInputError(cause="the store's address holds a blank, a quote or a backslash", cure=_CURE)
    try:
        parts = urlsplit(url)
        server = _server(parts)
    except ValueError:
        raise InvalidInputError(cause="the store's address is no address", cure=_CURE) from None
    return Address(name=f"the PostgreSQL database {server.database} at {server.host}", server=server)


def _server(parts: SplitResult) -> Server:
    options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    database = unquote(parts.path.removeprefix("/"))
    known = set(options) <= {"sslrootcert"} and not parts.fragment
    if parts.scheme != _SCHEME or not known or not parts.hostname or not parts.username or not database:
        raise InvalidInputError(cause="the store's address is not that of a PostgreSQL database", cure=_CURE)
    return Server(
        host=parts.hostname,
        port=parts.port or 5432,
        database=database,
        user=unquote(parts.username),
        password=os.environ.get("PGPASSWORD") if parts.password is None else unquote(parts.password),
        root_certificate=options.get("sslrootcert", [None])[0],
    )
