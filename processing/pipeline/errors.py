"""What can be wrong with a picture or a recipe, as stable codes. The sentences are written elsewhere."""

from typing import Any

CODES = frozenset(
    {
        "empty_file",
        "file_too_large",
        "unsupported_format",
        "unreadable_image",
        "image_too_small",
        "resolution_too_high",
        "side_too_long",
        "unknown_foreground",
        "invalid_recipe",
        "background_missing",
        "no_head",
    }
)


class PipelineError(Exception):
    """The user's input cannot be processed; `code` says why and `facts` hold the numbers.

    Facts by code (sizes in pixels unless named otherwise):
    empty_file: none. file_too_large: bytes, max_bytes. unsupported_format: looks_like.
    unreadable_image: format. image_too_small: width, height, min_side.
    resolution_too_high: megapixels, max_megapixels, and width, height where the header told them.
    side_too_long: width, height, max_side. unknown_foreground: none.
    invalid_recipe: field, value, expected. background_missing: sha256. no_head: none.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in CODES:
            raise ValueError(f"no such code: {code}")
        super().__init__(code, facts)
        self.code = code
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value!r}" for key, value in self.facts.items())
        return f"{self.code} ({details})" if details else self.code

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the facts when the error travels between processes."""
        return _rebuilt, (self.code, self.facts)


def _rebuilt(code: str, facts: dict[str, Any]) -> PipelineError:
    return PipelineError(code, **facts)
