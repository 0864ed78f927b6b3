"""The demo's witnesses: two outsiders, played on this machine as processes of their own, by the replay's clock.

Each runs the server of `modicum log witness run` on its own key and state and on a free port. Its clock is told to it
over its standard input by the replay that started it; no command has a switch for that. It ends when that input closes,
so also where the demo is killed; Ctrl-C reaches the demo alone, which then closes it.
"""

import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Final

from modicum.gateway.witness import make_witness, serve_witness, watch
from modicum.model.errors import LogUnavailableError, ModicumError

PLAYED: Final = {"state-auditor": "auditor.ca.example/witness", "court-clerk": "clerk.example/witness"}
"""The organisations that run the demo's witnesses, and their witnesses' names."""

_PATIENCE_S: Final = 30.0
_FAULT: Final = "fault: "
_CURE: Final = "let this account start processes and listen on 127.0.0.1, then run the demo again"


def make_witnesses(folder: Path) -> dict[str, str]:
    """Make the witnesses' keys, each in a folder of its own; gives each organisation's verifier key."""
    return {
        organisation: make_witness(folder / organisation, name=name).vkey() for organisation, name in PLAYED.items()
    }


def listed(vkeys: Mapping[str, str], urls: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The `witnesses.toml` that names them; without an address where nobody listens yet."""
    named = "".join(
        f'\n[[witness]]\norganisation = "{each}"\nurl = "{urls.get(each, _NOWHERE)}"\nvkey = "{vkey}"\n'
        for each, vkey in vkeys.items()
    )
    return f"organisations = {len(vkeys)}\n{named}".encode()


_NOWHERE: Final = "http://127.0.0.1:9"


class WitnessProcess:
    """One witness, running; its clock stands where it was told to stand."""

    def __init__(self, state: Path) -> None:
        """Start it. Raises LogUnavailableError: this machine starts no process."""
        self.organisation = state.name
        try:
            # A session of its own: Ctrl-C at the demo must not end it before the demo has said so.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "modicum.gateway.replay_witness", str(state)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        except OSError as error:
            raise self._fault(type(error).__name__) from None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def address(self) -> str:
        """Where it listens. Raises LogUnavailableError: it found no port, or ended."""
        return self._line()

    def tell(self, now: datetime) -> None:
        """Set its clock; returns once it has. Raises LogUnavailableError: it ended."""
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.write(f"{int(now.timestamp())}\n")
                stdin.flush()
        except OSError:
            raise self._fault("it ended") from None
        self._line()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _line(self) -> str:
        stdout = self._process.stdout
        if stdout is None:
            raise self._fault("it cannot be heard")
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            if not selector.select(_PATIENCE_S):
                raise self._fault("it did not answer")
        line = stdout.readline()
        if not line or line.startswith(_FAULT):
            raise self._fault(line.removeprefix(_FAULT).strip() or "it ended")
        return line.strip()

    def _fault(self, why: str) -> LogUnavailableError:
        return LogUnavailableError(cause=f"the demo's witness {self.organisation} cannot run: {why}", cure=_CURE)


@dataclass(frozen=True, slots=True)
class Running:
    """The witnesses of a replay while they run, and their addresses by organisation."""

    processes: tuple[WitnessProcess, ...]
    urls: Mapping[str, str]

    def tell(self, now: datetime) -> None:
        """Set all their clocks. Raises LogUnavailableError: a witness ended."""
        for each in self.processes:
            each.tell(now)


@contextmanager
def running(folder: Path, *, log_vkey: str, now: datetime) -> Iterator[Running]:
    """Run the witnesses made in `folder` on a log, their clocks set to `now`, and end them whatever happens.

    Raises LogUnavailableError: no process, or no port, was to be had.
    """
    with ExitStack() as stack:
        processes = []
        for organisation in PLAYED:
            watch(folder / organisation, log_vkey=log_vkey)
            process = WitnessProcess(folder / organisation)
            stack.callback(process.stop)
            processes.append(process)
        found = Running(tuple(processes), {each.organisation: each.address() for each in processes})
        found.tell(now)
        yield found


def main() -> None:
    """Be one witness: say the address, then set the clock to each line of stdin until it ends."""
    told = [0]
    try:
        server = serve_witness(Path(sys.argv[1]), listen="127.0.0.1:0", clock=lambda: told[0])
    except ModicumError as error:
        _say(f"{_FAULT}{error.cause}")
        return
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    _say(f"http://127.0.0.1:{server.server_address[1]}")
    for line in sys.stdin:
        told[0] = int(line)
        _say("set")
    server.shutdown()
    server.server_close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
