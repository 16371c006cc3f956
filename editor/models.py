"""What people keep around results: recipes by name, the one they are trying, links, and what they think of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from processing.models import Job


class Trial(models.Model):
    """The recipe that somebody is trying on a result, so that leaving and coming back loses nothing."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="trial")
    recipe = models.TextField(blank=True, help_text="Canonical.")
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.recipe or "every default"


class PresetQuerySet(models.QuerySet["Preset"]):
    def for_owner(self, owner: User | AnonymousUser) -> PresetQuerySet:
        return self.filter(owner_id=owner.pk) if owner.is_authenticated else self.none()


class Preset(models.Model):
    """A recipe by a name, without what belongs to one picture alone."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=60)
    recipe = models.TextField(blank=True, help_text="Canonical.")
    created = models.DateTimeField(auto_now_add=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_preset_for_a_name")]

    def __str__(self) -> str:
        return self.name


class ShareQuerySet(models.QuerySet["Share"]):
    def usable(self) -> ShareQuerySet:
        return self.filter(Q(expires__isnull=True) | Q(expires__gt=Now()), revoked__isnull=True)

    def count_open(self, pk: int) -> None:
        self.filter(pk=pk).update(count=F("count") + 1, opened=Now())


class Share(models.Model):
    """A link to one rendition for whoever has it. Of its token only a digest is kept."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="shares")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    recipe = models.TextField(blank=True, help_text="Canonical: the rendition it leads to.")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, help_text="Empty: as long as the photo is kept.")
    revoked = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=0, help_text="How often it was opened.")
    opened = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"link of {self.created:%Y-%m-%d %H:%M}"

    @property
    def is_usable(self) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > timezone.now())


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How many found their result good and how many did not."""

    good: int
    bad: int

    @property
    def rate(self) -> float | None:
        """The share of good ones, 0..1; None while nobody said anything."""
        return self.good / (self.good + self.bad) if self.good + self.bad else None


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def said(self, since: datetime, until: datetime | None = None) -> FeedbackQuerySet:
        """By the time of people's last word."""
        found = self.filter(changed__gte=since)
        return found.filter(changed__lt=until) if until else found

    def satisfaction(self, since: datetime, until: datetime | None = None) -> Satisfaction:
        """What people thought of results in that time."""
        found = self.said(since, until).aggregate(
            yes=Count("pk", filter=Q(good=True)), no=Count("pk", filter=Q(good=False))
        )
        return Satisfaction(found["yes"], found["no"])

    def by_model(self, since: datetime, until: datetime | None = None) -> dict[str, Satisfaction]:
        rows = self.said(since, until).order_by().values_list("model")
        counts = {"yes": Count("pk", filter=Q(good=True)), "no": Count("pk", filter=Q(good=False))}
        return {model: Satisfaction(good, bad) for model, good, bad in rows.annotate(**counts)}

    def reasons(self, since: datetime, until: datetime | None = None) -> dict[str, int]:
        """How often each reason was given in that time, the most frequent first."""
        rows = self.said(since, until).filter(good=False).exclude(reason="").values_list("reason")
        return dict(rows.annotate(times=Count("pk")).order_by("-times", "reason"))


class Feedback(models.Model):
    """What an owner thinks of a result. Counts on when the photo is gone; the words go with the account."""

    class Reason(models.TextChoices):
        EDGES = "edges", "Edges are rough or wrong"
        MISSING = "missing", "Part of the subject is missing"
        LEFTOVER = "leftover", "Background is left over"
        SUBJECT = "subject", "The wrong subject was kept"
        COLOUR = "colour", "Colours are wrong"
        OTHER = "other", "Something else"

    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="feedback")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    model = models.CharField(max_length=60, blank=True)
    good = models.BooleanField()
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    text = models.CharField(max_length=500, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [models.UniqueConstraint(fields=["job", "owner"], name="one_feedback_for_a_job")]
        indexes = [models.Index(fields=["changed"], name="feedback_changed")]

    def __str__(self) -> str:
        return "good" if self.good else f"not good: {self.get_reason_display() or 'no reason given'}"
