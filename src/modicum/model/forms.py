"""The ladder of answers, lowest first."""

from enum import StrEnum


class Form(StrEnum):
    """A form of answer. Order is that of the ladder: each discloses more about a person than the one before."""

    REFUSAL = "refusal"
    STATISTICS = "statistics"
    MATCH = "match"
    VERIFICATION = "verification"
    PSEUDONYMISED = "pseudonymised"
    IDENTIFIED = "identified"

    @property
    def rung(self) -> int:
        """Place on the ladder, 0 for refusal."""
        return list(Form).index(self)


DISCLOSING: tuple[Form, ...] = tuple(form for form in Form if form is not Form.REFUSAL)
"""The forms that a decision has cells for; a refusal needs nobody's leave."""

RECORD_FORMS: frozenset[Form] = frozenset({Form.PSEUDONYMISED, Form.IDENTIFIED})
