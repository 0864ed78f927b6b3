"""Keyed pseudonyms: the same person looks the same in all that one group of recipients gets, and to nobody else.

A pseudonym is AES-256-CMAC over the first 16 bytes of a SHA-256, in hexadecimal. A message of one whole block needs one
call of the block cipher, so a column costs one AES call a chunk. The key stands in a closure only: a literal, a
parameter or a variable of the engine would show in its plans and profiles.

Source: NIST SP 800-38B, section 6.2 (CMAC of a complete block); RFC 5869 (HKDF).
"""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modicum.model.errors import InvalidInputError

KEY_BYTES: Final = 32
BLOCK_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_INFO: Final = b"modicum pseudonym v1|"
_REDUCE: Final = 0x87  # NIST SP 800-38B, section 5.3: the polynomial of a 128-bit block
_BLOCK_BITS_MASK: Final = (1 << 128) - 1


def recipients_key(master: bytes, organisations: Iterable[str]) -> bytes:
    """Derive the key under which one group of recipient organisations sees people; their order does not matter.

    master: 32 secret bytes of the custodian. Raises InvalidInputError: no organisation, or a `|` in a handle.
    """
    names = sorted(set(organisations))
    if not names or any("|" in name for name in names):
        raise InvalidInputError(
            cause="the recipients' organisations cannot be told apart", cure="name at least one, by its handle"
        )
    info = _INFO + "|".join(names).encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def pseudonymiser(key: bytes) -> Callable[[pa.ChunkedArray], pa.Array]:
    """Give the function that turns hexadecimal SHA-256 digests into pseudonyms, a chunk at a time.

    Takes a binary array without nulls, 64 hexadecimal digits an item; gives text, 32 hexadecimal digits an item.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a pseudonym key has {KEY_BYTES} bytes")
    subkey = np.frombuffer(_subkey(key), dtype=np.uint8)

    def pseudonyms(digests: pa.ChunkedArray) -> pa.Array:
        count = len(digests)
        written = b"".join(_bytes_of(chunk) for chunk in _chunks(digests))
        blocks = np.frombuffer(bytes.fromhex(written.decode("ascii")), dtype=np.uint8)
        messages = blocks.reshape(count, _DIGEST_BYTES)[:, :BLOCK_BYTES] ^ subkey
        sealed = _encrypt(key, messages.tobytes())
        ends = np.arange(count + 1, dtype=np.int32) * (2 * BLOCK_BYTES)
        return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(sealed.hex().encode("ascii")))

    return pseudonyms


def _chunks(digests: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return digests.chunks if isinstance(digests, pa.ChunkedArray) else [digests]


def _bytes_of(chunk: pa.Array) -> bytes:
    binary = chunk.cast(pa.binary())
    if not len(binary):
        return b""
    _, places, data = binary.buffers()
    ends = np.frombuffer(places, dtype=np.int32)[binary.offset : binary.offset + len(binary) + 1]
    return bytes(memoryview(data)[ends[0] : ends[-1]])


def _subkey(key: bytes) -> bytes:
    doubled = int.from_bytes(_encrypt(key, bytes(BLOCK_BYTES))) << 1
    reduced = (doubled & _BLOCK_BITS_MASK) ^ (_REDUCE if doubled >> 128 else 0)
    return reduced.to_bytes(BLOCK_BYTES)


def _encrypt(key: bytes, blocks: bytes) -> bytes:
    # ECB is the bare block cipher, many blocks a call: each block is one whole CMAC message, none is chained.
    return Cipher(AES256(key), ECB()).encryptor().update(blocks)  # noqa: S305
