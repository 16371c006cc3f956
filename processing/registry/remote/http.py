"""Requests to a provider: one deadline for all of them, retries that obey the provider, answers of bounded size.

The key travels in a header to the provider's own origin and nowhere else; redirects are not followed. Errors carry
our words only: those of the HTTP library can repeat a header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from .account import RemoteAccount, origin
from .answer import Answer, Clock
from .errors import STATUSES, ProviderError, for_status

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0  # of silence while a poll or a result file is read
TRIES = 3
FIRST_PAUSE = 0.5  # seconds; doubles with each try, and a random part of it is waited
LONGEST_PAUSE = 20.0  # seconds; who asks for more is not asked again
CHUNK = 1 << 16  # bytes
MOST_JSON = 200_000  # bytes of an answer that is not a picture
# Spelled so that every parser sees the same host in it.
PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?][!-\[\]-~]*)?")
SHED = frozenset({429, 500, 502, 503, 504})  # errors are not charged: the request may be repeated


@dataclass(frozen=True, slots=True)
class _Nothing:
    """No answer came. `again`: the same request may be sent once more, as it cannot be paid for twice."""

    error: ProviderError
    again: bool


class Client:
    """Talks to one provider on behalf of one picture; `timeout` of the account is for everything it does."""

    def __init__(
        self,
        provider: str,
        account: RemoteAccount,
        header: str,
        statuses: Mapping[int, tuple[str, str]] = STATUSES,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self.account = account
        self.clock = clock or Clock()
        self._statuses = statuses
        self._header = header
        self._ends = self.clock.now() + account.timeout
        self._session = requests.Session()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()

    def post(self, path: str, most: int = MOST_JSON, **body: Any) -> Answer:
        """POST to the API, `body` as requests takes it (json, data, files). Repeated only where the provider
        cannot have begun to work: it would be paid twice."""
        return self._tried("POST", self.account.base_url.rstrip("/") + path, most, with_key=True, **body)

    def get(self, url: str, most: int = MOST_JSON) -> Answer:
        """GET from the API's own origin, with the key."""
        if origin(url) != origin(self.account.base_url):
            raise self.bad_answer("it names an address of another host")
        return self._tried("GET", url, most, with_key=True)

    def download(self, url: object, most: int) -> bytes:
        """A result file, without the key. Other hosts are reached through the account's `download` alone."""
        if not isinstance(url, str) or not PLAIN_URL.fullmatch(url):
            raise self.bad_answer("it names no result")
        if origin(url) == origin(self.account.base_url):
            answer = self._tried("GET", url, most, with_key=False)
            if answer.status != 200:
                raise self.bad_answer(f"its result answered {answer.status}")
            return answer.body
        if self.account.download is None:
            raise self.bad_answer("its result lies on another host")
        return self.account.download(url, most)

    def expect(self, answer: Answer, *statuses: int) -> Answer:
        """The answer when its status is one of these, else the error its status stands for."""
        if answer.status not in statuses:
            wait = ceil(answer.retry_after(self.clock.wall()) or 0)
            raise for_status(self.provider, answer.status, self._statuses, wait)
        return answer

    def pause(self, seconds: float) -> None:
        """Wait, or raise provider_timeout when the time would be over then."""
        if seconds >= self._left():
            raise self._timed_out()
        self.clock.sleep(seconds)

    def bad_answer(self, reason: str) -> ProviderError:
        return ProviderError("provider_bad_answer", self.provider, reason)

    def _tried(self, method: str, url: str, most: int, with_key: bool, **body: Any) -> Answer:
        """The last answer after at most TRIES requests; raises where there was none."""
        for attempt in count():
            found = self._once(method, url, most, with_key, body)
            wait = None if attempt + 1 == TRIES else self._pause_before_another(found, attempt)
            if wait is not None and wait < self._left():
                self.clock.sleep(wait)
            elif isinstance(found, Answer):
                return found
            else:
                raise found.error
        raise AssertionError  # count() has no end

    def _once(
        self, method: str, url: str, most: int, with_key: bool, body: dict[str, Any]
    ) -> Answer | _Nothing:
        """One request. Errors are returned, so that none of them is chained to one that knows the headers."""
        left = self._left()
        if left <= 0:
            return _Nothing(self._timed_out(), again=False)
        harmless = method == "GET"  # only what costs nothing is asked for twice when it may have been heard
        silence = min(READ_SECONDS, left) if harmless else left
        headers = {"User-Agent": "bgsite", "Accept": "*/*", "Accept-Encoding": "identity"}
        if with_key:
            headers[self._header] = self.account.key
        try:
            with self._session.request(
                method, url, headers=headers, stream=True, allow_redirects=False,
                timeout=(min(CONNECT_SECONDS, left), silence), **body,
            ) as response:  # fmt: skip
                return self._read(response, most)
        except (requests.exceptions.RequestException, HTTPError) as error:
            return self._nothing(error, harmless)

    def _nothing(self, error: Exception, harmless: bool) -> _Nothing:
        cause = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(cause, NewConnectionError):
            return _Nothing(self._unavailable("it cannot be reached"), again=True)
        if isinstance(error, requests.exceptions.Timeout | ReadTimeoutError):
            return _Nothing(self._timed_out(), again=harmless)
        if isinstance(error, HTTPError):  # while the body was read
            return _Nothing(self.bad_answer("its answer broke off"), again=harmless)
        if isinstance(error, requests.exceptions.ConnectionError):
            return _Nothing(self._unavailable("the connection broke"), again=harmless)
        return _Nothing(self.bad_answer("its answer is not HTTP"), again=False)

    def _read(self, response: requests.Response, most: int) -> Answer | _Nothing:
        data = bytearray()
        # What is there and not whole chunks: a body that comes byte by byte must not outlast the deadline.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            data += chunk
            if len(data) > most:
                return _Nothing(self.bad_answer("its answer is too large"), again=False)
            if self._left() <= 0:
                return _Nothing(self._timed_out(), again=False)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, bytes(data))

    def _pause_before_another(self, found: Answer | _Nothing, attempt: int) -> float | None:
        """Seconds to wait before the next try; None where there shall be none."""
        asked = None
        if isinstance(found, Answer):
            if found.status not in SHED:
                return None
            asked = found.retry_after(self.clock.wall())
        elif not found.again:
            return None
        if asked is None:
            return FIRST_PAUSE * float(2**attempt) * (0.5 + self.clock.jitter() / 2)
        return asked if asked <= LONGEST_PAUSE else None

    def _left(self) -> float:
        return self._ends - self.clock.now()

    def _unavailable(self, reason: str) -> ProviderError:
        return ProviderError("provider_unavailable", self.provider, reason)

    def _timed_out(self) -> ProviderError:
        return ProviderError(
            "provider_timeout", self.provider, f"no result within {self.account.timeout:g} seconds"
        )
