"""Base64 with one spelling: what decodes here encodes back to the same characters.

Plain decoders skip blanks and ignore the unused bits of the last character, so a changed byte could pass unseen.

Source: RFC 4648, sections 3.5 and 4.
"""

from base64 import b64decode, b64encode
from binascii import Error


def encode(data: bytes) -> str:
    """Write bytes as standard base64, padded, on one line."""
    return b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Read base64 that is canonical to the last bit.

    Raises ValueError: another alphabet, blanks, missing padding, or set bits that nothing carries.
    """
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if encode(data) != text:
        raise ValueError("not canonical base64")
    return data
