"""The bytes that OpenSSH's agent and key files are made of, read strictly: every part in bounds, nothing left over.

Source: RFC 4251 section 5.
"""

from dataclasses import dataclass


class MalformedWireError(ValueError):
    """A part ends early, or something is left over."""


def string(data: bytes) -> bytes:
    """Write a string: its length in four bytes, then it."""
    return len(data).to_bytes(4, "big") + data


@dataclass(slots=True)
class Wire:
    """Bytes that are read from the front. Each reading raises MalformedWireError where they do not suffice."""

    left: bytes

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > len(self.left):
            raise MalformedWireError("ends early")
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def number(self) -> int:
        """An unsigned number of four bytes."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """A string with its length before it."""
        return self.take(self.number())

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise MalformedWireError("goes on after its end")
