"""Somebody who used all there is, with words that are found nowhere else."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client
from django.utils import timezone

from accounts import keys, letters, provider_keys, quotas
from accounts.models import CREDIT, Payment, StripeCustomer, Subscription, User
from processing import backgrounds, batches, jobs, masks
from processing.batches import Asked, Piece
from processing.jobs import Upload
from processing.models import Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from webhooks import endpoints, outbox

EMAIL, NAME = "quilliam.zorn@example.org", "Quilliam Zorn"
FILE, BATCH, KEY_NAME = "zorn-wedding.png", "zornbatch", "zornkey"
URL = "https://zornuser:zornsecret@8.8.8.8/zorn.png?token=zorntoken"
ADDRESS = "198.51.100.77"
PHOTO = fakes.photo(shade=77)
NEEDLES = {
    "e-mail": b"quilliam",
    "name": b"Zorn",
    "file or word": b"zorn",
    "photo": PHOTO[-80:],
    "photo as Base64": base64.b64encode(PHOTO)[40:120],
    "photo's digest": hashlib.sha256(PHOTO).hexdigest().encode(),
    "network address": ADDRESS.encode(),
}


def made(run: Any) -> tuple[User, Client]:
    """The user with one of everything, and the browser that is signed in. `run` works on a job."""
    user = User.objects.create_user(EMAIL, "a long secret of zorn", name=NAME)
    EmailAddress.objects.create(user=user, email=EMAIL, primary=True, verified=True)
    quotas.grant(user, 100 * CREDIT, f"test:{user.pk}", "Quilliam asked for it")
    browser = Client(REMOTE_ADDR=ADDRESS, raise_request_exception=False)
    answer = browser.post("/accounts/login/", {"login": EMAIL, "password": "a long secret of zorn"})
    assert answer.status_code == 302, answer.content
    _photos(user, browser, run)
    _programs(user)
    _money(user)
    return user, browser


def _photos(user: User, browser: Client, run: Any) -> None:
    done = jobs.submit(user, Upload(FILE, PHOTO), Recipe())
    run(str(done.pk))
    masks.open_mask(Job.objects.get(pk=done.pk))
    jobs.submit(user, Upload(f"waits-{FILE}", fakes.photo(shade=78)), Recipe())
    backgrounds.keep(user, fakes.photo(shade=79))
    batch = batches.open_batch(user, BATCH, Asked(Recipe()))
    batches.add(batch, Piece(f"folder/{FILE}", "zorn-1", lambda: Upload(FILE, fakes.photo(shade=80))))
    batches.add(batch, Piece("by address", "zorn-2", url=URL))
    browser.get("/gallery")


def _programs(user: User) -> None:
    _, text = keys.issue(user, KEY_NAME, scopes=["read", "write", "admin"])
    body = {"base64": base64.b64encode(PHOTO).decode(), "name": FILE, "feather": "2"}  # not made already
    headers = {"X-Api-Key": text, "Idempotency-Key": "zorn-once"}
    program = Client(REMOTE_ADDR=ADDRESS)
    assert program.post("/api/v1/jobs", body, "application/json", headers=headers).status_code == 202
    provider_keys.keep(user, "bria", "zorn-provider-key")
    hook, _ = endpoints.make(
        user, endpoints.Wanted("https://8.8.8.8/zornhook", ("job.succeeded",), "zorn's shop")
    )
    outbox.test_event(hook)
    letters.write(user, "credits_low", words="zorn")


def _money(user: User) -> None:
    now = timezone.now()
    StripeCustomer.objects.create(id="cus_zorn", user=user, livemode=False)
    Payment.objects.create(
        id="in_1", user=user, livemode=False, product="pro", credits=100, amount=900, currency="eur",
        document="https://invoice.example.org/zorn", paid=now,
    )  # fmt: skip
    Subscription.objects.create(
        id="sub_1", user=user, livemode=False, plan_name="pro", price="p", item="i", status="canceled",
        period_start=now - timedelta(days=40), period_end=now - timedelta(days=10), as_of=now,
    )  # fmt: skip
    operator = User.objects.create_user("operator@example.org", is_staff=True)
    words = "Granted 5 credits: Quilliam is nice"
    LogEntry.objects.log_actions(operator.pk, [user], CHANGE, words, single_object=True)
    LogEntry.objects.log_actions(
        operator.pk, [user.jobs.all()[0]], CHANGE, "Looked: Zorn", single_object=True
    )
