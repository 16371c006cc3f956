"""Who may do how much: users, and the append-only ledger of their credits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q

CREDIT = 100  # amounts are whole hundredths of a credit, never floats: remove.bg charges 0.25 for a preview


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An operator: sees the admin, and is not charged."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, is_unlimited=True, **fields
        )


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("operator", default=False, help_text="May open the operators' pages.")
    is_unlimited = models.BooleanField(
        "not charged", default=False, help_text="Jobs of this user cost nothing."
    )
    is_guest = models.BooleanField(
        "guest",
        default=False,
        help_text="A visitor without an account: removed with all photos after a while.",
    )
    balance = models.BigIntegerField(
        default=0, editable=False, help_text="Hundredths of a credit: the sum of the ledger's entries."
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(balance__gte=0), name="balance_is_never_negative")]

    def __str__(self) -> str:
        return self.email

    @property
    def credits(self) -> float:
        return self.balance / CREDIT


class CreditEntry(models.Model):
    """One line of the ledger. Written by accounts.quotas alone, never changed, never deleted by hand."""

    class Kind(models.TextChoices):
        GRANT = "grant", "granted"
        RESERVE = "reserve", "reserved for a job"
        SETTLE = "settle", "job done"
        REFUND = "refund", "given back"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credit_entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.BigIntegerField(help_text="Hundredths of a credit; negative takes away.")
    key = models.CharField(max_length=120, unique=True, help_text="What this entry is for; it is made once.")
    reason = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "credit entries"
        indexes = [models.Index(fields=["user", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount / CREDIT:+g}"
