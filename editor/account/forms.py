"""What people fill in on the pages of their account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings

from accounts import keys
from accounts.models import User
from processing.registry.remote.account import is_key
from webhooks.events import EVENTS

SCOPE_WORDS = {
    "read": "Read: look at photos, results and usage",
    "write": "Write: send photos, change and delete them",
    "admin": "Administer: keys and webhooks",
}
LIVES = {"": "No end", "30": "30 days", "90": "90 days", "365": "1 year"}
OVERLAPS = {"0": "at once", "1": "1 hour", "24": "1 day", "168": "7 days"}


class Profile(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Name"}
        help_texts = {"name": "Only you and the operator of this site see it."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class NewKey(forms.Form):
    name = forms.CharField(
        max_length=80, label="Name", help_text="What it is for, such as “Shop upload”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPE_WORDS.items()), label="It may", initial=list(keys.USUAL_SCOPES),
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "A key has to be allowed something."},
    )  # fmt: skip
    days = forms.ChoiceField(choices=list(LIVES.items()), required=False, label="It ends after")
    per_minute = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="Photos a minute",
        help_text="At most; empty: as many as your plan gives.",
    )  # fmt: skip
    test = forms.BooleanField(
        required=False,
        label=f"Test key: costs nothing; all of them together take {settings.TEST_KEY_PHOTOS} photos a day",
    )

    def lifetime(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return timedelta(days=int(days)) if days else None


class Overlap(forms.Form):
    """How long the old key or secret works beside the new one."""

    hours = forms.ChoiceField(choices=list(OVERLAPS.items()), label="The old one ends")

    def length(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))


class Webhook(forms.Form):
    url = forms.CharField(
        max_length=2048, label="Address", help_text="A public http or https address of your program.",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        choices=list(EVENTS.items()), label="Tell it when", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )  # fmt: skip
    description = forms.CharField(
        max_length=200, required=False, label="Note", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class OwnProviderKey(forms.Form):
    """The key is never shown again, so what was typed does not come back after a mistake either."""

    key = forms.CharField(
        max_length=512, strip=True, label="Key",
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"])
        if not is_key(key):
            raise forms.ValidationError("A key has letters, digits and signs of ASCII, without spaces.")
        return key


class Retention(forms.Form):
    days = forms.IntegerField(min_value=1, required=False, label="Keep photos and results for (days)")

    def __init__(self, most: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["days"]
        field.help_text = f"1 to {most} with your plan; empty: {most}."
        field.max_value = most  # type: ignore[attr-defined]
        field.widget.attrs |= {"max": most}
        self.most = most

    def clean_days(self) -> int | None:
        days: int | None = self.cleaned_data["days"]
        if days is not None and days > self.most:
            raise forms.ValidationError(f"Your plan keeps photos for {self.most} days at most.")
        return days


class Goodbye(forms.Form):
    """Deleting is confirmed by typing what is deleted."""

    email = forms.CharField(
        label="Type your email address", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"])
        if typed.casefold() != self.user.email.casefold():
            raise forms.ValidationError(f"This is not {self.user.email}, so nothing was deleted.")
        return typed
