"""Questions of the mask editor that a worker answers while its page waits: what a smart stroke covers, what object
was pointed at.

Question and answer lie in the cache, by what is asked: the same question again costs nothing, and one that got lost
is asked again by the page that waits.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from celery import Task
from django.core.cache import cache

from processing import jobs, log_context
from processing.errors import Refused

log = logging.getLogger(__name__)

KEPT = 3600  # seconds that an answer is kept
FAILED_KEPT = 10  # seconds that a failure is told before the question may be tried again

Answer = dict[str, Any]


def ask(task: Task, kind: str, question: dict[str, Any]) -> Answer | None:
    """The answer, or None: then a worker was asked, or is asked now. Refused: what the worker could not do."""
    key = f"{kind}:" + hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
    answer: Answer | None = cache.get(f"{key}:answer")
    if answer is None and cache.add(f"{key}:question", question, jobs.RING_AGAIN.total_seconds()):
        _ring(task, key)
    if answer and "refused" in answer:
        raise Refused(answer["refused"], **answer["facts"])
    return answer


def answer(key: str, work: Callable[[dict[str, Any]], Answer]) -> None:
    """What a worker does: looks up the question and puts the answer beside it, or why there is none."""
    question = cache.get(f"{key}:question")
    if question is None:  # it waited too long; whoever still wants it asks again
        return
    with log_context.about(**{name: question[name] for name in ("job",) if name in question}):
        _answer(key, question, work)


def _answer(key: str, question: dict[str, Any], work: Callable[[dict[str, Any]], Answer]) -> None:
    try:
        cache.set(f"{key}:answer", work(question), KEPT)
    except Exception as error:
        refusal = error if isinstance(error, Refused) else Refused("internal_error")
        if refusal is not error:
            log.exception("A question of the mask editor failed")
        cache.set(f"{key}:answer", {"refused": refusal.code, "facts": refusal.facts}, FAILED_KEPT)
        cache.delete(f"{key}:question")


def _ring(task: Task, key: str) -> None:
    try:
        task.apply_async(args=(key,), retry=False)
    except Exception as error:  # kombu and redis each have their own
        log.warning("Broker not reached for a question of the mask editor: %s", type(error).__name__)
        cache.delete(f"{key}:question")
