"""What the page of a finished photo shows: the picture in the recipe that is tried, and the panel beside it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import CREDIT
from editor import panel, shares, trials
from editor.model_choices import others
from editor.models import Feedback, Preset
from processing import backgrounds, jobs, previews, renditions, storage
from processing.errors import Refused
from processing.models import Job
from processing.pipeline import LOW_CONFIDENCE
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.recipe import Recipe

BACKGROUNDS = 12  # pictures that the panel offers, the latest first
# Which fields of the panel a refusal's field stands for, where the names differ.
SHOWN_AT = {
    "background": "background_kind",
    "canvas": "canvas_width",
    "position": "place",
    "layout": "layout",
}
SHOWN_AT |= {"background_focus": "focus_x", "shadow_offset": "shadow_x"}

BACKDROPS = {
    "none": "none: see-through",
    "colour": "a colour",
    "gradient": "a gradient",
    "image": "a picture",
}
BACKDROPS |= {"blur": "the photo itself, blurred"}
SHADOWS = {"none": "none", "drop": "the outline, moved", "3d": "on the ground", "car": "under a car"}
PLACES = {"auto": "by itself", "original": "as in the photo", "center": "in the middle", "own": "chosen"}
CHANNELS = {"rgba": "the cutout", "alpha": "the matte, in grey", "background": "the background alone"}
CHANNELS |= {"source": "the photo, untouched"}
FORMATS = {"auto": "Auto", "png": "PNG", "webp": "WebP", "jpg": "JPG", "avif": "AVIF", "tiff": "TIFF"}
FORMATS |= {"zip": "ZIP: colours and matte", "ora": "ORA: layers"}
CHOICES = {
    "backdrops": BACKDROPS.items(),
    "shadows": SHADOWS.items(),
    "places": PLACES.items(),
    "channels": CHANNELS.items(),
    "formats": FORMATS.items(),
}
THUMBS = [("yes", "Good", "thumb-up"), ("no", "Not good", "thumb-down")]


def context(job: Job) -> dict[str, Any]:
    """Everything of a succeeded job's page."""
    recipe = trials.current(job)
    found = renditions.find(job, trials.own(job))
    return {
        "result": found,
        "confidence": job.made_by.get("confidence"),
        "doubtful": job.made_by.get("confidence", 1) < LOW_CONFIDENCE,
        "seconds": sum(job.made_by.get("seconds", {}).values()),
        **picture(job, recipe),
        **panel_context(job, recipe),
        **shares.context(job),
        **feedback_context(job),
        "other_ways": others(job),
        "rerun_price": jobs.PRICE / CREDIT,
    }


def picture(job: Job, recipe: Recipe) -> dict[str, Any]:
    """Which picture is shown, how large its file is, and what it is called."""
    changed, size = recipe != trials.own(job), previews.frame(job, recipe)
    found = renditions.find(job, recipe)
    query = urlencode({"recipe": recipe.canonical(), "r": job.revision})
    shown = reverse("editor:preview", args=[job.pk]) + "?" + query if changed else preview_file(job)
    own = renditions.find(job, trials.own(job))
    suffix = storage.suffix(found.media_type) if found else format_name(recipe)
    return {
        "changed": changed,
        "shown_src": shown,
        "width": found.width if found else size[0],
        "height": found.height if found else size[1],
        "rendition": found,
        "own_format": storage.suffix(own.media_type).upper() if own else "",
        "format_name": suffix.upper(),
        "comparable": previews.comparable(recipe),
        "recipe": recipe.canonical(),
    }


def preview_file(job: Job) -> str:
    return reverse("editor:file", args=[job.pk, "preview"]) + f"?r={job.revision}"


def format_name(recipe: Recipe) -> str:
    """What the file is going to be; `auto` depends on whether something is see-through."""
    if recipe.format != "auto":
        return recipe.format
    kind = recipe.background.partition(":")[0]
    opaque = kind in {"gradient", "blur"} or (kind.startswith("#") and len(kind) == 7)
    return "jpg" if opaque and recipe.channels == "rgba" else "png"


def panel_context(job: Job, recipe: Recipe, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    """The panel's fields and what it offers; `typed` are values that were refused and are shown again."""
    listing = backgrounds.listing(job.owner)[:BACKGROUNDS]
    return {
        "values": panel.values(recipe) | (typed or {}),
        "layouts": [(name, layout.title) for name, layout in LAYOUTS.items()],
        "presets": list(Preset.objects.filter(owner=job.owner)),
        "pictures": [(source.sha256, f"{source.width} × {source.height}") for source in listing],
        "usual_edges": "fast" if trials.own(job).preset == "fast" else "balanced",
        "editable": job.alpha_id is not None,
        "own_recipe": trials.own(job).canonical(),
        **CHOICES,
    }


def shown_at(refusal: Refused) -> str:
    """The field of the panel that a refusal is about, "" for none."""
    field = str(refusal.facts.get("field", ""))
    return SHOWN_AT.get(field, field)


def refused_context(refusal: Refused) -> dict[str, Any]:
    return {"panel_refusal": refusal, "refused_field": shown_at(refusal)}


def feedback_context(job: Job) -> dict[str, Any]:
    said = Feedback.objects.filter(job=job, owner=job.owner).first()
    return {"feedback": said, "reasons": Feedback.Reason.choices, "thumbs": THUMBS}
