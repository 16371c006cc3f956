"""What pages take besides photos."""

from __future__ import annotations

import uuid

from django import forms
from django.core.exceptions import ValidationError

from editor.gallery import PAGE


class Ids(forms.Field):
    """Ids of jobs, as ticked in the gallery; more than a page holds is not one of our forms."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(text) for text in value or []]
        except ValueError:
            raise ValidationError("These are not photos of the gallery.") from None

    def validate(self, value: list[uuid.UUID]) -> None:
        if len(value) > PAGE:
            raise ValidationError(f"At most {PAGE} photos can be selected.")


class Selection(forms.Form):
    jobs = Ids(required=False)

    def ids(self) -> list[uuid.UUID]:
        """What was ticked; nothing when the form makes no sense."""
        return self.cleaned_data["jobs"] if self.is_valid() else []
