"""A recipe's fields as the schema shows them, made from the recipe's own rules."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from processing.pipeline.options import Choice, Number, Rule, Switch
from processing.pipeline.recipe import RULES, Recipe

DEFAULTS = Recipe().as_dict()


def recipe_fields(
    names: set[str] | None = None, required: bool = False, whole: bool = False
) -> dict[str, serializers.Field]:
    """`whole`: what is left out is as in a new recipe, and not as in one that is there."""
    return {
        name: field_for(name, rule, required, whole)
        for name, rule in RULES.items()
        if not names or name in names
    }


def described(name: str) -> str:
    """What the recipe's own documentation says of a field."""
    words = re.search(rf"^ {{4}}(?:\w+, )*{name}(?:, \w+)*  +(.+)$", Recipe.__doc__ or "", re.MULTILINE)
    text = re.sub(r":? \(?see [\w.]+\)?", "", words[1]) if words else ""
    return f"{text}." if text else ""


def field_for(name: str, rule: Rule, required: bool = False, whole: bool = False) -> serializers.Field:
    usual = f"{described(name)} Default: {rule.write(DEFAULTS[name])}."
    options: dict[str, Any] = {"required": required, "help_text": usual}
    match rule:
        case Choice(words=words) if (
            whole
        ):  # pages that make a form of it would else fill in the first of the words
            return serializers.ChoiceField(choices=words, default=DEFAULTS[name], help_text=usual)
        case Choice(words=words):
            return serializers.ChoiceField(choices=words, **options)
        case Switch():
            return serializers.BooleanField(**options)
        case Number(low=low, high=high, whole=True):
            return serializers.IntegerField(min_value=low, max_value=high, **options)
        case Number(low=low, high=high):
            return serializers.FloatField(min_value=low, max_value=high, **options)
    return serializers.CharField(**options | {"help_text": f"{str(rule.expected).capitalize()}. {usual}"})


def serializer_of(name: str, fields: dict[str, serializers.Field]) -> type[serializers.Serializer]:
    return type(name, (serializers.Serializer,), dict(fields))
