"""What every test shares: no wall-clock limit on an example, since a busy machine would fail a rule that holds."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
