"""Keyed pseudonyms: the same person looks the same in all that one group of recipients gets, and to nobody else.

A pseudonym is the AES-256-CMAC of a text's UTF-8 bytes, in hexadecimal. A chunk of texts is computed block
by block: one call of the block cipher for the first blocks of all texts, one for the second, and so on. The key stands
in a closure only: a literal, a parameter or a variable of the engine would show in its plans and profiles.

Source: NIST SP 800-38B, section 6; RFC 5869 (HKDF).
"""

from binascii import hexlify
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modicum.model.errors import InvalidInputError

Subkeys: TypeAlias = tuple[np.ndarray, np.ndarray]

KEY_BYTES: Final = 32
BLOCK_BYTES: Final = 16
PERSON_CLASS: Final = "person"  # in place of a data class, for the pseudonyms of persons
_INFO: Final = b"modicum pseudonym v1|"
_CLASS_INFO: Final = b"modicum pseudonym class v1|"
_PAD: Final = 0x80
_REDUCE: Final = 0x87  # SP 800-38B, section 5.3: the polynomial of a 128-bit block
_BLOCK_MASK: Final = (1 << 128) - 1


def recipients_key(master: bytes, organisations: Iterable[str]) -> bytes:
    """Derive the key under which one group of recipient organisations sees people; their order does not matter.

    master: 32 secret bytes of the custodian. Raises InvalidInputError: no organisation, or a `|` in a handle.
    """
    names = sorted(set(organisations))
    if not names or any("|" in name for name in names):
        raise InvalidInputError(
            cause="the recipients' organisations cannot be told apart", cure="name at least one, by its handle"
        )
    return _derived(master, _INFO + "|".join(names).encode())


def class_key(key: bytes, data_class: str) -> bytes:
    """Derive from the recipients' key that of one class: one number in two classes must not look like one thing."""
    return _derived(key, _CLASS_INFO + data_class.encode())


def pseudonymiser(key: bytes) -> Callable[[pa.ChunkedArray], pa.Array]:
    """Give the function that turns texts into pseudonyms, a chunk at a time.

    Takes Arrow strings without nulls; gives Arrow strings of 32 hexadecimal digits.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a pseudonym key has {KEY_BYTES} bytes")
    subkeys = _subkeys(key)

    def pseudonyms(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
        starts, lengths, data = _laid_out(texts)
        width = int(lengths[0]) if len(lengths) else 0
        if 0 < width <= BLOCK_BYTES and (lengths == width).all():
            sealed = _cmac_of_one_length(key, subkeys, data[starts[0] : starts[0] + lengths.sum()].reshape(-1, width))
        else:
            sealed = _cmac(key, subkeys, starts=starts, lengths=lengths, data=data)
        ends = np.arange(0, (len(lengths) + 1) * 2 * BLOCK_BYTES, 2 * BLOCK_BYTES, dtype=np.int32)
        return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(ends), pa.py_buffer(hexlify(sealed.data)))

    return pseudonyms


def _cmac(key: bytes, subkeys: Subkeys, *, starts: np.ndarray, lengths: np.ndarray, data: np.ndarray) -> np.ndarray:
    """CMAC of each text: a row of 16 bytes each. 1. Cut into blocks. 2. Mark the last block. 3. Chain the blocks."""
    whole, padded = subkeys
    last = np.maximum((lengths + BLOCK_BYTES - 1) // BLOCK_BYTES, 1) - 1  # place of each text's last block
    sealed = np.zeros((len(lengths), BLOCK_BYTES), dtype=np.uint8)
    for place in range(int(last.max(initial=-1)) + 1):
        rows = np.flatnonzero(last >= place)
        rest = lengths[rows] - place * BLOCK_BYTES
        offsets = np.arange(place * BLOCK_BYTES, (place + 1) * BLOCK_BYTES)
        blocks = data.take(starts[rows, None] + offsets, mode="clip") * (offsets < lengths[rows, None])
        short = np.flatnonzero(rest < BLOCK_BYTES)
        blocks[short, rest[short]] = _PAD
        blocks[short] ^= padded
        blocks[rest == BLOCK_BYTES] ^= whole
        sealed[rows] = _encrypt(key, sealed[rows] ^ blocks)
    return sealed


def _cmac_of_one_length(key: bytes, subkeys: Subkeys, texts: np.ndarray) -> np.ndarray:
    """CMAC of texts of one length, at most a block, one a row: what identifiers mostly are; several times as fast."""
    whole, padded = subkeys
    count, width = texts.shape
    ending = whole if width == BLOCK_BYTES else padded ^ np.eye(1, BLOCK_BYTES, width, dtype=np.uint8)[0] * _PAD
    blocks = np.tile(ending.astype(np.uint8), (count, 1))
    blocks[:, :width] ^= texts
    return _encrypt(key, blocks)


def _laid_out(texts: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start and length of each text in one array of bytes (never empty, so that it can be indexed)."""
    one = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    flat = one.cast(pa.string())
    if not len(flat):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(1, np.uint8)
    _, places, data = flat.buffers()
    ends = np.frombuffer(places, dtype=np.int32)[flat.offset : flat.offset + len(flat) + 1].astype(np.int64)
    held = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return ends[:-1], np.diff(ends), held


def _subkeys(key: bytes) -> Subkeys:
    """K1, for a whole last block, and K2, for a padded one. Source: SP 800-38B, section 6.1."""
    first = _doubled(_encrypt(key, np.zeros((1, BLOCK_BYTES), dtype=np.uint8)).tobytes())
    return np.frombuffer(first, np.uint8), np.frombuffer(_doubled(first), np.uint8)


def _doubled(block: bytes) -> bytes:
    doubled = int.from_bytes(block) << 1
    return ((doubled & _BLOCK_MASK) ^ (_REDUCE if doubled >> 128 else 0)).to_bytes(BLOCK_BYTES)


def _encrypt(key: bytes, blocks: np.ndarray) -> np.ndarray:
    # ECB is the bare block cipher, many blocks a call; the chaining between blocks is CMAC's own.
    sealed = Cipher(AES256(key), ECB()).encryptor().update(np.ascontiguousarray(blocks).data.cast("B"))  # noqa: S305
    return np.frombuffer(sealed, dtype=np.uint8).reshape(-1, BLOCK_BYTES)


def _derived(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
