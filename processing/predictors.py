"""The model that really looks at a job's photo: local, remote, or a local one in a remote one's place.

Imported by workers and commands only, as it loads the models.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.conf import settings

from accounts.models import User
from processing import messages, selection
from processing.pipeline import prompts
from processing.pipeline.arrays import Alpha, Rgb
from processing.pipeline.evidence import kind_of
from processing.pipeline.looks import look
from processing.pipeline.recipe import Recipe
from processing.registry import cache
from processing.registry.predictor import Predictor
from processing.registry.rembg_adapter import RembgPredictor
from processing.registry.remote.errors import ProviderError
from processing.registry.sam import SamPredictor
from processing.registry.specs import ModelSpec

if TYPE_CHECKING:  # HTTP comes along, which a folder of photos does not need
    from processing.registry.remote.predictor import RemotePredictor

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A predictor, why it is this one (a sentence, "" when its name was asked for), and in whose place."""

    spec: ModelSpec
    predictor: Predictor | RembgPredictor | SamPredictor | RemotePredictor
    why: str = ""
    instead_of: str = ""

    def looks(self, recipe: Recipe) -> str:
        """What tells this look from others of the same photo by the same weights."""
        return prompts.key(recipe.prompt) if self.spec.takes_prompts else self.spec.looks(recipe.looks)

    def look(self, rgb: Rgb, recipe: Recipe) -> Alpha:
        """The raw matte. A remote model sees the picture once, in full; one that is pointed at something, once."""
        if isinstance(self.predictor, SamPredictor):
            asked = prompts.prompts(recipe.prompt, (rgb.shape[1], rgb.shape[0]))
            return look(rgb, self.predictor.prompted(asked), "1")
        looks = self.spec.looks(recipe.looks)
        # Our own nets may be asked for several views, the others see what they see.
        predict = self.predictor if isinstance(self.predictor, Predictor) else self.predictor.predict
        return look(rgb, predict, looks, reduced=not self.spec.is_remote)

    def facts(self, looked: bool) -> dict[str, Any]:
        """For the record of a job: why, instead of what, and what a look cost (US dollars; none, no cost)."""
        facts: dict[str, Any] = {"why": self.why, "instead_of": self.instead_of}
        if self.spec.is_remote:
            remote = cast("RemotePredictor", self.predictor)
            facts["paid_by"] = remote.account.paid_by
            facts["cost"] = remote.cost if looked else 0.0
        return {name: fact for name, fact in facts.items() if fact != ""}


def choose(
    model: str,
    owner: User | None = None,
    threads: int = 0,
    rgb: Rgb | None = None,
    prompt: str = "none",
    on_site: bool = True,
) -> Chosen:
    """The predictor for a model's name (or auto, which goes by the photo's pixels and a recipe's prompt where they
    are given); raises RegistryError, and Refused without an account or for a prompt that the model does not take.
    Off the site, as in a command, no database is asked."""
    shows = None if rgb is None else lambda: kind_of(rgb)
    choice = selection.resolve(model, shows, prompt, on_site)
    if choice.spec.is_remote:
        from processing.registry.remote.predictor import RemotePredictor

        account = selection.account(choice.spec, owner)
        return Chosen(choice.spec, RemotePredictor(choice.spec, account), choice.why)
    predictor = cache.get(
        choice.spec.name,
        settings.MODELS_DIR,
        threads or settings.INFERENCE_THREADS,
        settings.INFERENCE_PROVIDER,
        settings.INFERENCE_ENGINE,
    )
    return Chosen(choice.spec, predictor, choice.why)


def with_fallback(chosen: Chosen, use: Callable[[Chosen], T]) -> tuple[Chosen, T]:
    """`use(chosen)`; where its provider fails and REMOTE_FALLBACK_MODEL is set, that of the local model."""
    try:
        return chosen, use(chosen)
    except ProviderError as error:
        if not error.retryable or not settings.REMOTE_FALLBACK_MODEL:
            raise
        substitute = _in_place_of(chosen, error)
    log.warning("%s", substitute.why)
    return substitute, use(substitute)


def _in_place_of(chosen: Chosen, error: ProviderError) -> Chosen:
    local = choose(settings.REMOTE_FALLBACK_MODEL)
    title = messages.message(error.code).title.lower()
    why = f"{local.spec.title} took the place of {chosen.spec.title} ({title})."
    return Chosen(local.spec, local.predictor, why, chosen.spec.name)
