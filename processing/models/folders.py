"""Where people put their photos: folders, one level deep, as many as they like within reason."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Lower

from accounts.models import User


class FolderQuerySet(models.QuerySet["Folder"]):
    def for_owner(self, owner: User | AnonymousUser) -> FolderQuerySet:
        return self.filter(owner_id=owner.pk) if owner.is_authenticated else self.none()


class Folder(models.Model):
    """A name for some of an owner's photos. A photo is in one folder or in none; without its folder it stays."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="folders")
    name = models.CharField(max_length=60)
    created = models.DateTimeField(auto_now_add=True)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="one_folder_for_a_name")]

    def __str__(self) -> str:
        return self.name
