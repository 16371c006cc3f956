"""What can go wrong at a provider, as stable codes: one table for the statuses, one class for the errors."""

from __future__ import annotations

from collections.abc import Mapping

from processing.registry.errors import RegistryError

# Trying the same again later (or another model now) can help with these.
RETRYABLE = frozenset(
    {"provider_rate_limited", "provider_unavailable", "provider_timeout", "provider_bad_answer"}
)
# Not the picture's or the key's fault: enough of these in a row and the provider is left alone for a while.
TROUBLE = frozenset({"provider_unavailable", "provider_timeout", "provider_bad_answer"})

# What a status means where the provider documents nothing else: (code, reason for the sentence).
STATUSES: dict[int, tuple[str, str]] = {
    400: ("provider_rejected_image", "it could not be read"),
    401: ("provider_auth_failed", "the key is not valid"),
    402: ("provider_out_of_credits", "out of credits"),
    403: ("provider_auth_failed", "the key is not allowed to do this"),
    404: ("provider_bad_answer", "there is nothing at its address"),
    408: ("provider_timeout", "it waited too long for the picture"),
    413: ("provider_rejected_image", "it is too large"),
    415: ("provider_rejected_image", "its format is not supported"),
    422: ("provider_rejected_image", "it cannot be processed"),
    429: ("provider_rate_limited", "too many requests"),
    460: ("provider_rejected_image", "its content moderation refused it"),
}


class ProviderError(RegistryError):
    """A provider refused or failed. `code` is one of the catalogue's provider_* codes or unknown_foreground.

    Facts: provider (its name for people), reason (a clause of ours; never the provider's own words, which may
    repeat the key), and retry_after in whole seconds where the provider said so.
    """

    def __init__(self, code: str, provider: str, reason: str = "", retry_after: int = 0) -> None:
        facts: dict[str, str | int] = {"provider": provider, "reason": reason}
        if retry_after:
            facts["retry_after"] = retry_after
        super().__init__(f"{provider}: {code}" + (f" ({reason})" if reason else ""), **facts)
        self.code = code

    @property
    def retryable(self) -> bool:
        return self.code in RETRYABLE

    @property
    def is_trouble(self) -> bool:
        """Whether it counts against the provider (see Breaker)."""
        return self.code in TROUBLE


def for_status(
    provider: str, status: int, statuses: Mapping[int, tuple[str, str]] = STATUSES, retry_after: int = 0
) -> ProviderError:
    """The error that an HTTP status (or the same number in an answer's body) stands for."""
    if status >= 500:
        return ProviderError("provider_unavailable", provider, f"it answered {status}", retry_after)
    code, reason = statuses.get(status, ("provider_bad_answer", f"it answered {status}"))
    return ProviderError(code, provider, reason, retry_after)
