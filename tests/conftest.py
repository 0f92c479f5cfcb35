"""Settings of the whole suite. That this file lies here also makes `scenes` importable from every test."""

from hypothesis import settings

# The same examples on every machine and in every run: a failure can be repeated, and green means the same thing.
settings.register_profile("segeval", derandomize=True, deadline=None, database=None, max_examples=25)
settings.load_profile("segeval")
