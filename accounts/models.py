"""Who may do how much: users, and the append-only ledger of their credits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.audit_models import AuditEntry as AuditEntry
from accounts.plans import DEFAULT, PLANS, Plan, get_plan

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
    """Somebody with photos and credits: an account by its e-mail address, or a guest without one."""

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
    plan_name = models.CharField(
        "plan", max_length=20, default=DEFAULT, choices=[(plan.name, plan.title) for plan in PLANS.values()]
    )
    balance = models.BigIntegerField(
        default=0, editable=False, help_text="Hundredths of a credit: the sum of the ledger's entries."
    )
    refill = models.BigIntegerField(
        default=0, editable=False, help_text="The balance, in hundredths, after credits last came in."
    )
    told_used = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text="How much of the refill is used, in per cent, as its owner was told.",
    )
    allowance = models.CharField(
        max_length=40,
        blank=True,
        editable=False,
        help_text="Plan and month of the credits that were given last.",
    )
    keep_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Photos are deleted after so many days; empty: as long as the plan gives.",
    )
    leaving = models.DateTimeField(
        null=True, editable=False, help_text="The account is being erased, since this moment."
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(balance__gte=0), name="balance_is_never_negative")]
        permissions = [
            ("grant_credits", "Can grant and take back credits"),
            ("suspend_user", "Can suspend users and let them in again"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def credits(self) -> float:
        return self.balance / CREDIT

    @property
    def plan(self) -> Plan:
        return get_plan(self.plan_name)


class CreditEntry(models.Model):
    """One line of the ledger. Written by accounts.quotas alone, never changed, never deleted by hand."""

    class Kind(models.TextChoices):
        GRANT = "grant", "granted"
        RESERVE = "reserve", "reserved for a job"
        SETTLE = "settle", "job done"
        REFUND = "refund", "given back"
        TAKE = "take", "taken back"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credit_entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.BigIntegerField(help_text="Hundredths of a credit; negative takes away.")
    key = models.CharField(max_length=120, unique=True, help_text="What this entry is for; it is made once.")
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Which operator."
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "credit entries"
        indexes = [
            models.Index(fields=["user", "-id"]),
            # What came in and was taken back is little beside the jobs, and is asked for by time.
            models.Index(fields=["created"], condition=Q(kind__in=["grant", "take"]), name="credits_given"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.signed}"

    @property
    def signed(self) -> str:
        """+200, −1, −0.25: credits, with a true minus."""
        return f"{self.amount / CREDIT:+,g}".replace("-", "−")


class ApiKey(models.Model):
    """A program's way in. Only the digest of the key is kept; accounts.keys makes and finds them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80, blank=True, help_text="What it is for, in its owner's words.")
    prefix = models.CharField(max_length=8, unique=True, help_text="Its public name: a part of the key.")
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole key.")
    scopes = models.JSONField(default=list, help_text="Of read, write, admin.")
    is_test = models.BooleanField(
        "test", default=False, help_text="Costs nothing, and has a daily allowance."
    )
    per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Photos a minute with this key; empty: what the plan gives."
    )
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    suspended = models.DateTimeField(
        null=True, blank=True, help_text="By an operator; refused until it is let in again."
    )
    last_used = models.DateTimeField(null=True, blank=True)
    shared = models.DateTimeField(
        null=True, blank=True, help_text="When it was last used from too many addresses (accounts.sharing)."
    )
    many_allowed = models.BooleanField(
        "many machines", default=False, db_default=False, help_text="An operator knows why so many use it."
    )

    class Meta:
        ordering = ["-created"]
        verbose_name = "API key"
        indexes = [models.Index(fields=["shared"], condition=Q(shared__isnull=False), name="keys_shared")]
        permissions = [("suspend_key", "Can suspend keys and let them in again")]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """As much of the key as may be seen."""
        return f"{'test' if self.is_test else 'bg_live'}_{self.prefix}_…"

    @property
    def is_usable(self) -> bool:
        ended = self.revoked is not None or (self.expires is not None and self.expires <= timezone.now())
        return not ended and self.suspended is None and self.user.is_active and not self.user.is_guest


class KeyAddress(models.Model):
    """From where a key was used within the last day. Written by accounts.sharing alone."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="addresses")
    address = models.CharField(
        max_length=32, help_text="A keyed digest: equal addresses are equal, and no more."
    )
    seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "address"], name="one_row_for_a_key_and_address")
        ]

    def __str__(self) -> str:
        return f"key {self.key_id}: {self.address[:8]}"


class RateWindow(models.Model):
    """What a rate let through lately: [[second, cost], …]. Written by accounts.limits under a lock on its row."""

    key = models.CharField(max_length=160, primary_key=True)
    hits = models.JSONField(default=list)
    ends = models.FloatField(default=0, help_text="Unix time at which the last hit is out of the window.")

    def __str__(self) -> str:
        return self.key


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, so that its repetition changes nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    job_id = models.UUIDField(help_text="The job such a request makes, chosen before it is made.")
    status = models.PositiveSmallIntegerField(default=0, help_text="HTTP status; 0 while it runs.")
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)
    begun = models.DateTimeField(help_text="When the request that runs last said that it lives.")
    claim = models.UUIDField(null=True, help_text="Of the request that runs, alone.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_for_a_key")]
        indexes = [models.Index(fields=["created"])]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


class ProviderKey(models.Model):
    """A user's own key for a provider of remote models, used instead of the operator's. Encrypted by
    accounts.provider_keys, which alone opens it."""

    class Provider(models.TextChoices):
        BRIA = "bria", "Bria"
        REMOVEBG = "removebg", "remove.bg"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="provider_keys")
    provider = models.CharField(max_length=20, choices=Provider.choices)
    encrypted = models.TextField(editable=False)
    last_four = models.CharField(max_length=4, blank=True, help_text="Its end, for people to know it by.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "provider"], name="one_provider_key_for_a_user")
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} …{self.last_four}"


class Letter(models.Model):
    """Mail to a user that waits to be sent, or was; accounts.letters has the verbs."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    tries = models.PositiveSmallIntegerField(default=0)
    due = models.DateTimeField(default=timezone.now)
    created = models.DateTimeField(auto_now_add=True)
    sent = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due"], condition=Q(sent__isnull=True), name="letters_due")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"


class CreditDebt(models.Model):
    """Credits that had to be taken back after they were spent. The next ones that come pay it, oldest first, so a
    balance never falls below zero. Written by accounts.quotas alone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credit_debts")
    amount = models.BigIntegerField(help_text="Hundredths of a credit that were owed at first.")
    left = models.BigIntegerField(help_text="Hundredths of a credit that are owed still.")
    key = models.CharField(max_length=120, unique=True, help_text="What was taken back; it is made once.")
    reason = models.CharField(max_length=200, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(left__gte=0, left__lte=F("amount")), name="debt_is_within_bounds"
            )
        ]
        indexes = [models.Index(fields=["user", "id"], condition=Q(left__gt=0), name="debts_open")]

    def __str__(self) -> str:
        return f"{self.left / CREDIT:g} of {self.amount / CREDIT:g} owed"


class StripeCustomer(models.Model):
    """Who a user is at Stripe. Sandbox and live are different worlds, and one customer is never two users."""

    id = models.CharField(max_length=100, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stripe_customers")
    livemode = models.BooleanField()
    open_checkout = models.CharField(
        max_length=200,
        blank=True,
        help_text="The checkout of a plan that was begun last; only one may be open.",
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "livemode"], name="one_customer_for_a_user_and_mode")
        ]

    def __str__(self) -> str:
        return self.id


class Subscription(models.Model):
    """A plan that is paid by the month, as Stripe told it last. Written by accounts.payments alone."""

    # The states in which the plan is given; past_due only until the grace is over.
    ALIVE: ClassVar[set[str]] = {"active", "trialing"}
    LATE = "past_due"

    id = models.CharField(max_length=100, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="subscriptions")
    livemode = models.BooleanField()
    plan_name = models.CharField("plan", max_length=20)
    price = models.CharField(max_length=100, help_text="Stripe's id of the price.")
    item = models.CharField(max_length=100, help_text="Stripe's id of the line in the subscription.")
    status = models.CharField(max_length=30, help_text="In Stripe's words.")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    ends_at_period_end = models.BooleanField(default=False)
    grace_until = models.DateTimeField(null=True, help_text="A late payment keeps the plan until then.")
    as_of = models.DateTimeField(help_text="When Stripe was asked.")

    class Meta:
        ordering = ["-period_end"]
        indexes = [models.Index(fields=["grace_until"], condition=Q(status="past_due"), name="grace_running")]

    def __str__(self) -> str:
        return f"{self.plan_name}: {self.status}"


class Payment(models.Model):
    """Money that came, and the credits it brought. `id` is Stripe's id of the invoice or, for a pack, of the
    checkout, so that a payment counts once however many events tell of it. Kept when its user goes."""

    id = models.CharField(max_length=100, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="payments")
    livemode = models.BooleanField()
    product = models.CharField(max_length=40, help_text="Plan or pack.")
    credits = models.BigIntegerField(
        help_text="Hundredths of a credit; negative for a change to a smaller plan."
    )
    amount = models.BigIntegerField(help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3)
    payment_intent = models.CharField(max_length=100, blank=True, db_index=True)
    document = models.URLField(max_length=2000, blank=True, help_text="Stripe's page of the invoice.")
    amount_back = models.BigIntegerField(default=0, help_text="Refunded or disputed.")
    credits_back = models.BigIntegerField(default=0, help_text="Hundredths of a credit taken back for it.")
    corrections = models.PositiveIntegerField(default=0)
    paid = models.DateTimeField()

    class Meta:
        ordering = ["-paid"]
        indexes = [models.Index(fields=["-paid"], name="payments_by_time")]
        permissions = [("refund_payment", "Can give money back")]

    def __str__(self) -> str:
        return f"{self.title}, {self.paid:%d %b %Y}"

    @property
    def title(self) -> str:
        from accounts.products import PRODUCTS

        return PRODUCTS[self.product].title if self.product in PRODUCTS else self.product


class StripeEvent(models.Model):
    """An event that took effect, or was found to have none. Stored once by its id; the body is not kept."""

    id = models.CharField(max_length=100, primary_key=True)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=200)
    created = models.DateTimeField(help_text="At Stripe.")
    received = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-received"]
        indexes = [models.Index(fields=["-received"], name="stripe_events_by_time")]

    def __str__(self) -> str:
        return f"{self.type}: {self.outcome}"
