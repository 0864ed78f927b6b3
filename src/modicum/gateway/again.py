"""A case decided anew because time has changed what the law says of it: nobody acted, a day has come."""

from modicum.docket.permissions import find_request
from modicum.gateway.case import decide_case, decided_now
from modicum.gateway.deciding import matrix_sha256
from modicum.gateway.home import Home
from modicum_verify.canonical import parse_canonical
from modicum_verify.case_time import outdated


def decide_again(home: Home, case_id: str) -> bool:
    """Decide a case anew where today's law says something else than its last decision; gives whether it did.

    A rule begins or ends, the wait of an attested fact is over, pack or rules of review were changed. Where the matrix
    is the same under the same rules nothing is recorded, so nobody can let votes fall by asking again.
    """
    home.require_writable()
    with home.journal.locked():
        docket = home.journal.docket()
        case = find_request(docket, case_id)
        decided = decided_now(home, case, docket)
        said, path = case.decision, f"decisions/{case.decision_sha256}.json"
        same = said is not None and not said.hypothetical and not outdated(case, docket.roster)
        if same and home.folder.exists(path):
            recorded = parse_canonical(home.folder.read(path))
            if matrix_sha256(recorded) == matrix_sha256(decided.decision.as_document()):
                return False
        decide_case(home, case_id)
        return True
