"""Which renditions a job has, and the recipes of the small ones. Light: pages import it; processing.work and
rendition_work make them, rendition_requests asks for more."""

from __future__ import annotations

from processing.models import Job, Rendition
from processing.pipeline.recipe import Recipe

PREVIEW_SIDE = 1600  # pixels; what the result page shows
THUMBNAIL_SIDE = 360  # pixels; what the gallery shows


def source_preview(is_opaque: bool) -> Recipe:
    """The upright photo as every browser shows it: JPEG, WebP where it is see-through itself."""
    kind = "jpg" if is_opaque else "webp"
    return Recipe(channels="source", max_side=PREVIEW_SIDE, format=kind, quality=85)


def preview_recipe(recipe: Recipe) -> Recipe:
    return recipe.replace(max_side=PREVIEW_SIDE, format="webp", quality=88)


def thumbnail_recipe(recipe: Recipe) -> Recipe:
    return recipe.replace(max_side=THUMBNAIL_SIDE, format="webp", quality=80)


def shown(recipe: Recipe) -> list[Recipe]:
    """The small renditions that pages show beside the result itself; none twice."""
    return [small for small in (preview_recipe(recipe), thumbnail_recipe(recipe)) if small != recipe]


def needed(recipe: Recipe) -> list[Recipe]:
    """What every succeeded job has: the result and its thumbnail; none twice."""
    small = thumbnail_recipe(recipe)
    return [recipe] if small == recipe else [recipe, small]


def made_at_once(job: Job, recipe: Recipe) -> list[Recipe]:
    """What a worker makes before the job is done. A program's job has no preview, which may cost as much as the
    result does: mostly nobody opens its page, and when somebody does the page has one made (`editor.files`)."""
    return needed(recipe) if job.api_key_id else [recipe, *shown(recipe)]


def find(job: Job, recipe: Recipe) -> Rendition | None:
    """The kept rendition of the job's current mask; reads the prefetched ones where a page has them."""
    wanted = recipe.canonical(), job.revision, Rendition.Status.MADE
    return next(
        (one for one in job.renditions.all() if (one.recipe, one.revision, one.status) == wanted), None
    )
