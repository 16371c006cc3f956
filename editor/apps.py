from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_delete


class EditorConfig(AppConfig):
    name = "editor"

    def ready(self) -> None:
        pre_delete.connect(forget_words, sender="accounts.User", dispatch_uid="forget_words")


def forget_words(instance: Any, **kwargs: Any) -> None:
    """What a person wrote goes with the account; that they were content or not still counts."""
    from editor.models import Feedback

    Feedback.objects.filter(owner=instance).update(text="")
