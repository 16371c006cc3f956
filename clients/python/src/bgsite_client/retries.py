"""When the same request is sent again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .errors import ApiError, BgsiteError, ConnectionFailed


@dataclass(frozen=True, slots=True)
class Retries:
    """`times` after the first; `first` seconds doubled each time up to `longest`, and half of it by chance. A server
    that says Retry-After is obeyed, unless it asks for more than `patience` seconds: then its answer is raised."""

    times: int = 5
    first: float = 0.5
    longest: float = 20.0
    patience: float = 60.0

    def pause(self, error: BgsiteError, tried: int) -> float | None:
        """Seconds until the next try after `tried` tries; None when there shall be none."""
        if tried > self.times:
            return None
        if isinstance(error, ConnectionFailed):
            return self._back_off(tried)
        if (
            not isinstance(error, ApiError)
            or not error.retryable
            or error.status not in {409, 429, 502, 503, 504}
        ):
            return None
        if error.retry_after is None:
            return self._back_off(tried)
        if error.retry_after > self.patience:
            return None
        return max(error.retry_after, 0.05)

    def _back_off(self, tried: int) -> float:
        most = min(self.longest, self.first * 2.0 ** (tried - 1))
        return most * random.uniform(0.5, 1.0)  # noqa: S311  (so that many clients do not come at once)
