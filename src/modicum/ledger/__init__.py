"""The log, as its writer sees it: it knows bytes, not cases. Reading and checking it is `modicum_verify`'s.

1. `edge.py`: what the next tiles are (pure).
2. `tilestore.py`: read tiles back, and answer with hashes and proofs.
3. `ledger.py`: append, commit, recover.
4. `witness.py`: cosign what continues; `cosigning.py`: ask witnesses to; `serving.py`: both over HTTP.
"""

from modicum.ledger.ledger import Ledger, LedgerRolledBackError, Receipt, create_ledger, open_ledger
from modicum.ledger.tilestore import Store

__all__ = ["Ledger", "LedgerRolledBackError", "Receipt", "Store", "create_ledger", "open_ledger"]
