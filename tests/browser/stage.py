"""Puts people with something of everything into the database of a product that runs, for looking at every page.

    python -m tests.browser.stage     in the environment of the product; prints JSON: sessions, ids and addresses

The photos are scikit-image's own (an astronaut by NASA, public domain; a cat and a cup, CC0). The product's worker
works on them; whoever asked waits for it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sys
import time
from datetime import timedelta
from typing import Any

import django

from tests.browser.pages import LOOKS, Look

PASSWORD = "a long enough secret"
PHOTOS = ("astronaut", "chelsea", "coffee")
WAIT = 120.0  # seconds for the worker


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgsite.settings")
    django.setup()
    json.dump(made(), sys.stdout)


def made() -> dict[str, Any]:
    """Ids and cookies by name. Mara has everything, Lock a second factor, New nothing, not even a password."""
    mara, lock = person("mara.lind@example.org", "Mara Lind"), person("lock@example.org")
    new = person("new@example.org")
    new.set_unusable_password()
    new.save(update_fields=["password"])
    things = {**photos(mara), **programs(mara), **codes(lock), **letters(new)}
    used(mara)
    named = {name: str(value) for name, value in things.items()}
    return {
        "things": named,
        "paths": {look.name: path(name, look, named) for name, looks in LOOKS.items() for look in looks},
        "cookies": {
            "mara": session(mara, fresh=True),
            "stale": session(mara, fresh=False),
            "lock": session(lock, fresh=True),
            "stale-lock": session(lock, fresh=False),
            "new": session(new, fresh=True),
            "operator": session(operator(), fresh=True),
        },
    }


def path(name: str, look: Look, things: dict[str, str]) -> str:
    from django.urls import reverse

    parts = {part: value[1:] if value.startswith("=") else things[value] for part, value in look.fill.items()}
    return reverse(name, kwargs=parts or None) + look.query


def person(email: str, name: str = "") -> Any:
    from allauth.account.models import EmailAddress

    from accounts import quotas
    from accounts.models import CREDIT, User

    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    quotas.grant(user, 640 * CREDIT, key=f"stage:{user.pk}", reason="Welcome")
    return user


def operator() -> Any:
    from accounts.models import User

    return User.objects.filter(is_superuser=True).order_by("pk")[0]


def session(user: Any, fresh: bool) -> str:
    """A signed-in session's key; a fresh one has confirmed who it is."""
    from allauth.usersessions.models import UserSession
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["account_authentication_methods_user"] = str(user.pk)
    if fresh:
        far = time.time() + 3600  # however long the looking takes
        store["account_authentication_methods"] = [{"method": "password", "at": far, "reauthenticated": True}]
    store.create()
    agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0" if fresh else "Mozilla/5.0 (iPhone) Safari/605"
    UserSession.objects.create(user=user, session_key=store.session_key, ip="203.0.113.9", user_agent=agent)
    return str(store.session_key)


# --- Photos ------------------------------------------------------------------------------------------------


def photos(mara: Any) -> dict[str, Any]:
    from editor.models import Feedback, Preset, Share
    from processing import batches, jobs
    from processing.batches import Asked, Piece
    from processing.jobs import Upload
    from processing.models import Job
    from processing.pipeline.recipe import Recipe

    sent = [jobs.submit(mara, Upload(f"{name}.jpg", picture(name)), Recipe()) for name in PHOTOS]
    failed = jobs.submit(mara, Upload("blank wall.png", blank()), Recipe())
    batch = batches.open_batch(mara, "Autumn catalogue", Asked(Recipe()))
    for name in PHOTOS:
        batches.add(batch, Piece(f"{name}.jpg", name, lambda name=name: Upload(f"{name}.jpg", picture(name))))  # type: ignore[misc]
    batches.close(batch)
    wait_for([*[job.pk for job in sent], *batch.jobs.values_list("pk", flat=True)])
    Job.objects.filter(pk=failed.pk).update(status=Job.Status.FAILED, error_code="unknown_foreground")
    Preset.objects.create(owner=mara, name="Shop, white", recipe="background=white&margin=8")
    preset = Preset.objects.create(owner=mara, name="Soft portrait", recipe="feather=1.5&shadow=soft")
    token = "a-token-of-the-stage"
    digest = hashlib.sha256(token.encode()).hexdigest()
    Share.objects.create(job=sent[1], digest=digest)
    over = hashlib.sha256(b"a-token-that-is-over").hexdigest()
    Share.objects.create(job=sent[1], digest=over, expires=django_now() - timedelta(hours=1))
    Feedback.objects.create(job=sent[0], owner=mara, model="u2net", good=True)
    made = Job.objects.get(pk=sent[0].pk)
    return {
        "job_id": made.pk,
        "second_job": sent[1].pk,
        "failed_job": failed.pk,
        "rendition": made.renditions.get(recipe=made.recipe).pk,
        "batch": batch.pk,
        "preset": preset.pk,
        "token": token,
        "over": "a-token-that-is-over",
    }


def picture(name: str) -> bytes:
    import skimage.data
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(getattr(skimage.data, name)()).convert("RGB").save(file, "JPEG", quality=92)
    return file.getvalue()


def blank() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (320, 240), (203, 198, 190)).save(file, "PNG")
    return file.getvalue()


def wait_for(ids: list[Any]) -> None:
    from processing.models import Job

    until = time.monotonic() + WAIT
    while Job.objects.filter(pk__in=ids).unfinished().exists():
        if time.monotonic() > until:
            raise TimeoutError("the product's worker did not finish the photos of the stage")
        time.sleep(0.2)


def django_now() -> Any:
    from django.utils import timezone

    return timezone.now()


# --- Programs and figures ----------------------------------------------------------------------------------


def programs(mara: Any) -> dict[str, Any]:
    from accounts import keys, provider_keys
    from accounts.models import ApiKey
    from webhooks import endpoints, outbox
    from webhooks.models import Attempt, Delivery, Endpoint, Message

    shop, _ = keys.issue(mara, "Shop upload")
    keys.issue(mara, "Nightly script", scopes=["read"], expires=django_now() + timedelta(days=60))
    keys.issue(mara, "Trying out", is_test=True)
    old, _ = keys.issue(mara, "Old laptop")
    keys.revoke(old)
    ApiKey.objects.filter(pk=shop.pk).update(last_used=django_now() - timedelta(minutes=12))
    provider_keys.keep(mara, "bria", "a key of nobody at all")
    # Nothing of it is sent: its event does not happen here, and what was "delivered" never waited.
    wanted = endpoints.Wanted("https://8.8.8.8/hooks", ("credits.low",))
    hook, _ = endpoints.make(mara, wanted)
    Endpoint.objects.filter(pk=hook.pk).update(url="https://shop.example.com/hooks")
    body = outbox.standard_body("credits.low", {"used": 80, "balance": 40.0, "of": 200.0})
    tries = (("ok", 200, "delivered"), ("down", 503, "failed"), ("ok", 200, "delivered"))
    for answer, status, state in tries:
        message = Message.objects.create(user=mara, type="credits.low", body=body)
        sent = Delivery.objects.create(
            endpoint=hook, message=message, state=state, ended=django_now(), tries=1
        )
        Attempt.objects.create(
            delivery=sent, at=django_now(), url=hook.url, seconds=0.21, status=status, answer=answer
        )
    return {"webhook": hook.pk, "api_key": shop.pk}


def used(mara: Any) -> None:
    from accounts.models import CREDIT, ApiKey
    from processing.models import KeyDay

    rng = random.Random(7)
    today = django_now().date()
    keys = [0, *ApiKey.objects.filter(user=mara, is_test=False).order_by("pk").values_list("pk", flat=True)]
    for back in range(1, 90):
        for number, key in enumerate(keys):
            done = int(rng.lognormvariate(3 - number, 0.6))
            if done:
                sums = {"done": done, "failed": done // 40, "credits": done * CREDIT}
                KeyDay.objects.create(user=mara, key=key, day=today - timedelta(days=back), **sums)


# --- Sign-in -----------------------------------------------------------------------------------------------


def codes(lock: Any) -> dict[str, Any]:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(lock, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(lock)
    return {}


def letters(user: Any) -> dict[str, Any]:
    """The keys in the links of letters."""
    from allauth.account.adapter import get_adapter  # noqa: F401  (its settings are read by the next two)
    from allauth.account.forms import default_token_generator
    from allauth.account.models import EmailAddress, EmailConfirmationHMAC
    from allauth.account.utils import user_pk_to_url_str

    fresh = EmailAddress.objects.create(user=user, email="second@example.org")
    return {
        "confirmation": EmailConfirmationHMAC(fresh).key,
        "uid": user_pk_to_url_str(user),
        "reset": default_token_generator.make_token(user),
    }


if __name__ == "__main__":
    main()
