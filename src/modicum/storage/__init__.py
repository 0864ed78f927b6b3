"""Every file that Modicum itself writes: atomic, durable on return, and a fault is an answer with a cure.

`Folder` is the real one; `MemoryFolder` keeps the same contract for tests. Databases and engines write their own files.
"""

from modicum.storage.folder import Folder
from modicum.storage.memory import MemoryFolder

__all__ = ["Folder", "MemoryFolder"]
