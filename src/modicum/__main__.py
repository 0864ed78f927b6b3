"""`modicum`, and `python -m modicum`: Ctrl-C is minded before anything else is loaded."""

from modicum_verify.ctrl_c import leave_at_once

_UNANSWERED = "before you run it again, look at what it did: `modicum docket list`, `modicum docket show CASE`"


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    leave_at_once()
    # Loaded here, since it takes a second or two in which people press Ctrl-C.
    from modicum.cli import run  # noqa: PLC0415
    from modicum_verify.process import start  # noqa: PLC0415

    start(run, arguments, unanswered=_UNANSWERED)


if __name__ == "__main__":
    main()
