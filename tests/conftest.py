"""What every test shares.

No wall-clock limit on an example, since a busy machine would fail a rule that holds. And Ctrl-C is heard: a run that was
started in the background inherits an ignored SIGINT, and so would the commands that tests interrupt. It is set before
each test, since a library may leave the handler of its own, by which Ctrl-C would end the whole process.
"""

import signal

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_runtest_setup() -> None:
    """Ctrl-C is an exception."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
