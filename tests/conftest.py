"""What every test shares.

No wall-clock limit on an example, since a busy machine would fail a rule that holds. And Ctrl-C is heard: a run that was
started in the background inherits an ignored SIGINT, and so would the commands that tests interrupt.
"""

import signal

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
signal.signal(signal.SIGINT, signal.default_int_handler)
