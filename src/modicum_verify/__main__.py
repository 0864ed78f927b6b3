"""`modicum-verify`, and `python -m modicum_verify`: Ctrl-C is minded before anything else is loaded."""

from modicum_verify.ctrl_c import leave_at_once

_UNANSWERED = "nothing was changed; run it again with a stdout that takes the answer"


def main(arguments: list[str] | None = None) -> None:
    """Verify, and end the process with the exit code."""
    leave_at_once()
    # Loaded here, since it takes a moment in which people may press Ctrl-C.
    from modicum_verify.door import run  # noqa: PLC0415
    from modicum_verify.process import start  # noqa: PLC0415

    start(run, arguments, unanswered=_UNANSWERED)


if __name__ == "__main__":
    main()
