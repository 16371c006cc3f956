"""Everybody who may come to an address, and what Alice, whose things they ask for, has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.test import Client

from accounts import guests, keys, quotas
from accounts.models import CREDIT, User
from editor.models import Preset, Share
from processing import jobs, masks, tasks
from processing.jobs import Upload
from processing.models import Batch, BatchItem, Folder, Job
from processing.pipeline.recipe import Recipe
from tests import fakes
from webhooks import endpoints, outbox
from webhooks.endpoints import Wanted
from webhooks.events import EVENTS

ROLES = ("viewer", "support", "operator", "boss")  # boss: the role that the product calls owner
# owner is Alice signed in; reader, revoked and admin_key are keys of hers; other and other_key are Bob.
SIGNED_IN = ("owner", "other", *ROLES)
WITH_KEY = ("key", "reader", "admin_key", "other_key")
STRANGERS = ("nobody", "guest", "revoked")  # who is not known; a revoked key is no key
ACTORS = (*STRANGERS, "other", "other_key", *ROLES, "reader", "key", "admin_key", "owner")


@dataclass
class Stage:
    """Alice's things by the name that addresses give them, and a client for each actor."""

    alice: User
    job: Job
    things: dict[str, Any]
    clients: dict[str, Client] = field(default_factory=dict)


def stage() -> Stage:
    """Needs a worker that works at once (the fixture of that name)."""
    alice, bob = person("alice@example.org"), person("bob@example.org")
    job = jobs.submit(alice, Upload("cup.png", fakes.photo()), Recipe())
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    masks.open_mask(job)
    key, text = keys.issue(alice)
    things = {
        "job_id": job.pk,
        "rendition": job.renditions.get(recipe=job.recipe).pk,
        "api_key": key.pk,
        "user": alice.pk,
        "preset": Preset.objects.create(owner=alice, name="Shop").pk,
        "token": "a token that nobody guesses",
    }
    things["folder"] = Folder.objects.create(owner=alice, name="Cups").pk
    batch = Batch.objects.create(owner=alice, name="Cups", model=job.model, recipe=job.recipe, added=1)
    BatchItem.objects.create(batch=batch, position=1, key="cup", name="cup.png", job=job)
    endpoint, _ = endpoints.make(alice, Wanted("https://example.org/hook", tuple(EVENTS)))
    things |= {"batch": batch.pk, "endpoint": endpoint.pk, "delivery": outbox.test_event(endpoint).pk}
    elsewhere = UserSession.objects.create(
        user=alice, ip="192.0.2.200", session_key="elsewhere", user_agent="-"
    )
    things["session"] = elsewhere.pk
    digest = hashlib.sha256(things["token"].encode()).hexdigest()
    things["share"] = Share.objects.create(job=job, digest=digest).pk
    return Stage(alice, job, things, _clients(alice, bob, text))


def person(email: str, role: str = "") -> User:
    user = User.objects.create_user(email, is_staff=bool(role))
    quotas.grant(user, 50 * CREDIT, key=f"test:{email}")
    if role == "boss":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    elif role:
        user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


def _clients(alice: User, bob: User, text: str) -> dict[str, Client]:
    revoked, revoked_text = keys.issue(alice)
    keys.revoke(revoked)
    found = {"nobody": _client(), "guest": _guest(), "owner": _signed_in(alice), "other": _signed_in(bob)}
    texts = {
        "key": text,
        "reader": keys.issue(alice, scopes=["read"])[1],
        "admin_key": keys.issue(alice, scopes=["admin"])[1],
        "other_key": keys.issue(bob, scopes=["read", "write", "admin"])[1],
        "revoked": revoked_text,
    }
    found |= {name: _client(headers={"X-Api-Key": each}) for name, each in texts.items()}
    found |= {role: _signed_in(person(f"{role}@example.org", role)) for role in ROLES}
    for number, client in enumerate(found.values(), start=1):
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"  # rates count by address, and each has one
    return found


def _client(**options: Any) -> Client:
    return Client(raise_request_exception=False, **options)


def _signed_in(user: User) -> Client:
    client = _client()
    client.force_login(user)
    return client


def _guest() -> Client:
    """A visitor of whom the session knows that he sent a photo."""
    guest = User.objects.create(email="guest@guest.invalid", is_guest=True)
    client = _client()
    session = client.session
    session[guests.SESSION_KEY] = guest.pk
    session.save()
    return client
