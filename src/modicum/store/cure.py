"""What to do where a store is not what log and bodies give; said alike by all who notice."""

from typing import Final

CURE: Final = "the log is right: keep a copy of the store for those who inquire, then run `modicum rebuild`"
