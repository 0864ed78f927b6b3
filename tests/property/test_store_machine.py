"""Whatever people try, in whatever order: the rows that were kept event by event are those that the whole log gives."""

import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from store_world import KeptWorld, folded
from test_docket_machine import Docketing

from modicum.store import digest_of, rows_of_docket
from modicum.store.dump import logged_row


class Keeping(Docketing):
    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory(prefix="modicum-kept-")
        self.world = KeptWorld(Path(self.home.name) / "home")

    @rule(lost=st.booleans())
    def begin_anew(self, *, lost: bool) -> None:
        """Another process goes on, perhaps without the store."""
        if lost:
            (self.world.path / "store.db").unlink(missing_ok=True)
        self.world.open()

    def teardown(self) -> None:
        try:
            with self.world.journal.locked():
                pass
            kept = self.world.tables()
            docket = folded(self.world.entries)
            entries = [logged_row(entry) for entry in self.world.entries]
            assert digest_of(kept) == digest_of({**rows_of_docket(docket), "entries": entries})
            [(sha256,)] = self.world.query("SELECT sha256 FROM position")
            assert sha256 == digest_of(kept)
        finally:
            self.home.cleanup()


Keeping.TestCase.settings = settings(
    max_examples=6, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestKeeping = Keeping.TestCase
