"""What a class of data can do to a person beside being read: name them, point at them, tell a day.

A pack says it (vocabulary.toml, `[traits]`), because classes are the pack's words. What statistics drop names somebody,
and what they cut to the year is a date, whether the pack says so or not: an author who forgets a number that singles
people out must not thereby open a way to choose people by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modicum.model.forms import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTraits:
    """Classes by what they can do.

    naming: a value names one person; nobody is chosen by it, since requests are logged. pointing: a table with a line
    for each value would be a list of people; what names also points. dated: a day, which is no group.
    """

    naming: frozenset[str] = frozenset()
    pointing: frozenset[str] = frozenset()
    dated: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        transformations: Mapping[tuple[Form, str], str],
        *,
        naming: frozenset[str] = frozenset(),
        pointing: frozenset[str] = frozenset(),
        dated: frozenset[str] = frozenset(),
    ) -> "ClassTraits":
        """What a pack says, and what follows from what becomes of each class in statistics."""
        dropped = {name for (form, name), what in transformations.items() if form is Form.STATISTICS and what == "drop"}
        years = {name for (form, name), what in transformations.items() if form is Form.STATISTICS and what == "year"}
        names = naming | dropped
        return cls(naming=names, pointing=pointing | names, dated=dated | years)
