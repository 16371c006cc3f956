"""Somebody of each role, signed in."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User

SENT = {"_form_submitted": "on"}  # Unfold's mark of a dialog that was filled in
ROLES = ("viewer", "support", "operator", "owner")


def person(role: str = "") -> tuple[User, Client]:
    """ "" is a user without a role."""
    user = User.objects.create_user(f"{role or 'nobody'}@example.org", is_staff=bool(role))
    if role == "owner":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    elif role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return user, client
