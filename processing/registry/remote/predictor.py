"""A remote model as a predictor: the one place where picture, provider, breaker and account meet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from processing.pipeline.arrays import Alpha, Rgb, check_rgb
from processing.registry.specs import ModelSpec

from . import bria, removebg
from .account import RemoteAccount
from .answer import Clock
from .breaker import Breaker, breaker_for
from .errors import ProviderError
from .http import Client
from .picture import NotAMatte, Picture, read_matte, sendable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provider:
    """How one version of one API is spoken to, as data."""

    name: str
    header: str
    base_url: str
    version: str
    statuses: Mapping[int, tuple[str, str]]
    cut: Callable[[Client, Picture], bytes]


def _bria(version: str, cut: Callable[[Client, Picture], bytes]) -> Provider:
    return Provider(bria.NAME, bria.HEADER, bria.BASE_URL, version, bria.BRIA_STATUSES, cut)


PROVIDERS: dict[str, Provider] = {
    "bria-api": _bria("v2", bria.cut_v2),
    "bria-api-v1": _bria("v1", bria.cut_v1),
    "removebg-api": Provider(
        removebg.NAME, removebg.HEADER, removebg.BASE_URL, "v1.0", removebg.REMOVEBG_STATUSES,
        removebg.cut,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemotePredictor:
    """Like Predictor, for a model that runs at a provider. Every predict is paid for, so look only once."""

    spec: ModelSpec
    account: RemoteAccount
    clock: Clock = field(default_factory=Clock, repr=False)
    breaker: Breaker | None = field(default=None, repr=False)
    device: str = "remote"

    @property
    def provider(self) -> Provider:
        return PROVIDERS[self.spec.name]

    @property
    def weights_id(self) -> str:
        """The version of the API; which weights stand behind it nobody tells."""
        return self.provider.version

    @property
    def cost(self) -> float:
        """US dollars for one picture."""
        return self.account.cost

    def predict(self, rgb: Rgb) -> Alpha:
        """Matte of an H×W×3 uint8 picture: float32 0..1 at the size that was sent (at most 25 MP).

        Raises ProviderError, after retries and never later than the account's timeout (making and reading the
        files apart); provider_unavailable at once while the breaker is open.
        """
        breaker = self.breaker or breaker_for(self.provider.name, self.account.base_url)
        if not breaker.allows():
            raise ProviderError(
                "provider_unavailable", self.provider.name, "it failed several times and is left alone for a while",
                retry_after=max(1, round(breaker.wait)),
            )  # fmt: skip
        try:
            matte = self._asked(sendable(check_rgb(rgb)))
        except ProviderError as error:
            log.warning("%s", error)
            (breaker.failed if error.is_trouble else breaker.succeeded)()
            raise
        except BaseException:
            breaker.failed()  # not the provider's fault, but a half-open breaker must not wait for ever
            raise
        breaker.succeeded()
        return matte

    def _asked(self, picture: Picture) -> Alpha:
        provider = self.provider
        with Client(provider.name, self.account, provider.header, provider.statuses, self.clock) as client:
            data = provider.cut(client, picture)
            try:
                return read_matte(data, picture)
            except NotAMatte as error:
                raise client.bad_answer(str(error)) from None
