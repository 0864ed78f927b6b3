"""What somebody asks about: a request in a file, or a case that is filed, with the facts attested for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from modicum.docket.permissions import find_request
from modicum.gateway.attested import attested_under
from modicum.gateway.case import named_of, weigh
from modicum.gateway.deciding import Decided, decide_request
from modicum.gateway.grounds import check_facts
from modicum.gateway.home import Home
from modicum.gateway.named import Named
from modicum.gateway.request_file import parse_request, read_request
from modicum.law.facts import holding
from modicum.model.errors import InvalidInputError
from modicum.model.lines import Lines
from modicum.model.request import Request
from modicum_verify.fold import Docket

_CASE: Final = re.compile(r"[0-9]{4}-[0-9]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, the case that holds it (None: not filed), and the day on which each of its facts was attested.

    named: the judged list of a request for named persons, where there is one.
    """

    request: Request
    named: Named | None = None
    case: str | None = None
    attested: Mapping[str, date] = field(default_factory=dict)


def find_asked(home: Home, docket: Docket, what: Path, *, lines: Lines | None, as_of: date | None) -> Asked:
    """The request in a file; or, where there is no such file and the name is a case's number, that of the case.

    lines: the list that comes with a file; a case has its own. Raises NotFoundError, InvalidInputError: neither, or a
    file that is no request. EvidenceError: a fact that was attested by a role that the pack does not name.
    """
    if what.exists() or not _CASE.fullmatch(str(what)):
        request = read_request(what)
        return Asked(request=request, named=weigh(home, request, lines, as_of=as_of))
    if lines is not None:
        raise InvalidInputError(cause="a list is given for a case that is filed", cure="leave --lines out")
    case = find_request(docket, str(what))
    check_facts(home, case)
    day = as_of or home.journal.now().date()
    return Asked(
        request=parse_request(dict(case.request)),
        named=named_of(home, docket, case, as_of=day),
        case=case.id,
        attested=attested_under(case, home.pack()),
    )


def decide_asked(home: Home, docket: Docket, asked: Asked, *, as_of: date | None) -> Decided:
    """Decide what is asked about as of a day (None: today), with the facts that count on it."""
    day = as_of or home.journal.now().date()
    facts = holding(asked.attested, home.pack().vocabulary.waits_days, on=day)
    return decide_request(home, asked.request, docket=docket, facts=facts, as_of=as_of, named=asked.named)
