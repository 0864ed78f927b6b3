"""A docket whose genesis fixes rules of review and names witnesses: a world in which cases wait, and time is signed."""

from collections.abc import Mapping
from typing import Any

from docket_world import CASE, Event, World, by, genesis, released
from test_docket_witnessed import COSIGNERS, LOG, ORIGIN, root_of, witness_set

from modicum.docket import gateway_events
from modicum.docket.commands import approve
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.lock import seconds_of
from modicum_verify.note import Signer
from modicum_verify.reviews import CourtWait, Quorum, ReviewRule, Reviews, Waits

HOUR = 3600
STATUTORY_S, DISCRETIONARY_S, COURT_S = 2 * HOUR, 24 * HOUR, 4 * HOUR
EXPIRES_S = 48 * HOUR
TWO = Quorum(roles=("privacy_officer",), organisations=2, approvals=2)


def rule(form: str = "statistics", **changes: Any) -> ReviewRule:
    given: dict[str, Any] = {
        "form": form,
        "purpose": "*",
        "quorum": TWO,
        "waits": Waits(statutory_s=STATUTORY_S, discretionary_s=DISCRETIONARY_S),
        "court": CourtWait(facts=("agreement-in-force",), wait_s=COURT_S),
        "notice": True,
        "expires_s": EXPIRES_S,
    }
    return ReviewRule(**{**given, **changes})


def reviews(**changes: Any) -> Reviews:
    rules = tuple(
        rule(form, **changes) for form in ("statistics", "match", "verification", "pseudonymised", "identified")
    )
    quorum = Quorum(roles=("counsel",), organisations=2, approvals=2)
    return Reviews(rules=rules, origin="origin_state", changes=quorum, change_wait_s=HOUR)


class Timed(World):
    """As `World`; `hours` moves its clock on. Where `witnessed`, time is what the witnesses sign."""

    def __init__(self, *, witnessed: bool = True, rules: Reviews | None = None) -> None:
        super().__init__(founded=False)
        given = {"witnesses": witness_set()} if witnessed else {}
        self.do(genesis(reviews=rules or reviews(), **given))

    def hours(self, count: float) -> None:
        self.minute += int(count * 60)

    @property
    def seconds(self) -> int:
        found = seconds_of(self.now)
        assert found is not None
        return found

    def note(self, *, size: int | None = None, behind: Mapping[str, int] | None = None, names: Any = None) -> bytes:
        """The log as it stands, cosigned now; `behind`: how many seconds a witness's clock is late (early if < 0)."""
        size = len(self.entries) if size is None else size
        signed = Signer(ORIGIN, LOG.private_key).sign(
            Checkpoint(origin=ORIGIN, size=size, root=root_of(self, size)).text()
        )
        asked = names or ("inspector", "court")
        times = {name: self.seconds - (behind or {}).get(name, 0) for name in asked}
        text = signed.decode().split("\n\n")[0] + "\n"
        return signed + b"".join(COSIGNERS[name].cosign(text, time=at) for name, at in times.items())

    def notify(self, *states: str, case_id: str = CASE) -> int:
        return self.do(gateway_events.notified(self.docket, case_id, states=states or ("CA",)))

    def to_agreement(self, case_id: str = CASE) -> None:
        self.decide(case_id)
        self.notify(case_id=case_id)
        for person in ("cms/privacy", "il-hfs/origin"):
            self.do(approve(self.docket, case_id, by=by(person), text="as asked"))

    def lock(self, data: bytes | None = None, case_id: str = CASE) -> int:
        return self.do(gateway_events.locked(self.docket, case_id, checkpoint=data or self.note()))

    def leaving(self, shown: bytes | None) -> Event:
        made = released(self.docket)
        return Event(made.kind, {**made.content, **gateway_events.shown_over(shown)}, made.case)
