"""A user with credits, and a model that works at once: the fixtures of tests of jobs."""

from tests.processing.conftest import bell, files, model, user  # noqa: F401
