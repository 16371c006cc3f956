"""Is the process alive, and can the site do its work? Each question is answered within a few seconds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from processing import selection, switches
from processing.registry import weights

SECONDS = 3.0  # for all questions together


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """{"database": "ok", "broker": "…what is wrong…", …}; 503 when something is."""
    answers = ask(QUESTIONS, SECONDS)
    ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse(answers, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def ask(questions: dict[str, Callable[[], None]], seconds: float) -> dict[str, str]:
    """Asks all at once; one that hangs is reported and left behind."""
    pool = ThreadPoolExecutor(max_workers=len(questions))
    asked = {name: pool.submit(question) for name, question in questions.items()}
    done, _ = wait(asked.values(), timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return {
        name: _words(future.exception()) if future in done else f"No answer within {seconds:g} seconds."
        for name, future in asked.items()
    }


def _words(error: BaseException | None) -> str:
    """What is wrong, without addresses or passwords that an exception's text may carry."""
    if error is None:
        return "ok"
    return str(error) if hasattr(error, "code") else f"Not reached ({type(error).__name__})."


def database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # this thread's own


def broker() -> None:
    from bgsite.celery import app

    with app.connection_for_write(connect_timeout=1) as link:
        link.ensure_connection(max_retries=1, timeout=2)


def storage() -> None:
    default_storage.exists("readyz")


def models() -> None:
    try:
        spec = selection.resolve(switches.default_model()).spec
    finally:
        connection.close()  # this thread's own
    if not spec.is_remote:
        weights.locate(spec, settings.MODELS_DIR)


QUESTIONS: dict[str, Callable[[], None]] = {
    "database": database,
    "broker": broker,
    "storage": storage,
    "weights": models,
}
