"""The ladder with people in it: counts for the custodian's reviewers, a bound of the data set for whoever asks."""

from enum import StrEnum

from modicum.answer.counting import persons_meeting
from modicum.answer.ladder import Ladder, bound, ladder
from modicum.answer.plan import bounds, check_conditions
from modicum.custody.engine import Engine
from modicum.custody.people import persons_by_stratum
from modicum.gateway.deciding import Decided, own_policy_ids
from modicum.gateway.home import Home


class Reader(StrEnum):
    """Who will read: the home's own staff, or whoever asks."""

    REVIEWER = "reviewer"
    ASKER = "asker"


def proposed(home: Home, decided: Decided, reader: Reader) -> Ladder:
    """The ladder of a decided request, as a reader may see it.

    The conditions of the request are held against the data set for both readers, so that both are refused alike.
    Raises InvalidInputError: a condition that chooses people one by one, or that its column cannot hold.
    """
    request, decision, own = decided.request, decided.decision, own_policy_ids(decided.pack)
    check_conditions(request, decision, decided.form, decided.pack.transformations, decided.pack.traits)
    conditions = bounds(request, decision)
    if reader is Reader.ASKER:
        return ladder(request, decision, at_most=bound(decided.dataset.persons), own_policy=own)
    if request.population.named_persons_sha256 is not None:
        # How many of a list are in the records is nobody's to know before an answer; a stratum's count would mislead.
        return ladder(request, decision, own_policy=own)
    if not conditions:  # Statements suffice then, and the command starts in two thirds of the time.
        return ladder(request, decision, people=persons_by_stratum(home.folder, decided.dataset), own_policy=own)
    with Engine.open(home.folder, decided.dataset) as engine:
        people = persons_meeting(engine, decided.dataset, conditions)
    return ladder(request, decision, people=people, own_policy=own)
