"""python manage.py models list|fetch|verify|optimize|bench: what is installed, getting more, making it fast."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from processing.registry import custom
from processing.registry.catalogue import Offer, find, listing
from processing.registry.errors import RegistryError
from processing.registry.licences import may_be_used
from processing.registry.remote.account import PROVIDER_OF
from processing.registry.specs import ModelSpec, installed
from processing.registry.weights import ONLY, fetch, locate, verify

# What `models bench` found last, beside the weights.
MEASURED = "seconds-a-look.json"

# What a code of the catalogue means in a list.
STATES = {
    "": "installed",
    "weights_missing": "-",
    "provider_not_configured": "needs a key",
    "licence_forbids": "forbidden",  # in a deployment that bills
}


class Command(BaseCommand):
    help = "Lists, fetches and checks the models' weights, and makes them faster."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        showing = actions.add_parser(
            "list", help="all models: size, licence, state, speed where measured, what they are good for"
        )
        showing.add_argument("--json", action="store_true", help="print one JSON array")
        fetching = actions.add_parser("fetch", help="get and check the weights of models")
        fetching.add_argument("names", nargs="+", metavar="NAME")
        fetching.add_argument(
            "--from", dest="source", metavar="PLACE", help="a folder or address, and no other"
        )
        checking = actions.add_parser("verify", help="hash the installed weights again")
        checking.add_argument("names", nargs="*", metavar="NAME", help="default: all that are installed")
        optimizing = actions.add_parser(
            "optimize", help="make INT8 weights, used where they prove themselves"
        )
        optimizing.add_argument("names", nargs="*", metavar="NAME", help="default: all that can be")
        optimizing.add_argument("--again", action="store_true", help="also where a verdict holds already")
        actions.add_parser("bench", help="seconds a look takes, for each installed model")

    def handle(self, *args: Any, **options: Any) -> None:
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "fetch": self._fetch,
            "verify": self._verify,
            "optimize": self._optimize,
            "bench": self._bench,
        }
        try:
            actions[options["action"]](options)
        except RegistryError as error:
            raise CommandError(str(error), returncode=1) from error

    def _list(self, options: dict[str, Any]) -> None:
        contracts = frozenset(settings.LICENCE_CONTRACTS)
        seconds = _measured()
        rows = [
            _row(offer, seconds) for offer in listing(_folder(), settings.BILLING, contracts, _accounts())
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            self.stdout.write(
                f"{row['name']:22} {row['state']:13} {_megabytes(row['bytes']):>8}  "
                f"{_seconds(row['seconds_a_look']):>13}  commercial use: {row['commercial']:7}  "
                f"{row['good_for']} ({row['licence']})"
            )
        for error in custom.mistaken(_folder()):
            self.stderr.write(str(error))

    def _fetch(self, options: dict[str, Any]) -> None:
        for spec in [find(name, _folder()) for name in options["names"]]:
            if spec.is_remote:
                raise CommandError(f"{spec.name} runs at its provider and has no weights.")
            may_be_used(spec, settings.BILLING, frozenset(settings.LICENCE_CONTRACTS))
            places = [options["source"], ONLY] if options["source"] else settings.WEIGHTS_FROM
            path = fetch(spec, _folder(), progress=True, places=places)
            self.stdout.write(
                f"{spec.name}: {path} is there and its checksum is right. Licence: {spec.licence}."
            )

    def _verify(self, options: dict[str, Any]) -> None:
        specs = [find(name, _folder()) for name in options["names"]] or installed(_folder())
        broken = [error for spec in specs if (error := self._broken(spec))]
        if broken:
            raise CommandError(" ".join(broken), returncode=1)

    def _optimize(self, options: dict[str, Any]) -> None:
        from processing.registry import optimize

        named = [find(name, _folder()) for name in options["names"]]
        for spec in named or filter(optimize.can_optimize, installed(_folder())):
            known = None if options["again"] else optimize.verdict_of(spec, _folder())
            verdict = known or optimize.optimize(spec, _folder(), settings.INFERENCE_THREADS)
            self.stdout.write(
                f"{spec.name}: INT8 is {verdict.speed:.1f} times as fast, overlap with fp32 {verdict.overlap:.3f}, "
                f"mean difference {verdict.difference:.4f}: {'used' if verdict.good else 'not used'} on this machine."
            )

    def _bench(self, options: dict[str, Any]) -> None:
        from processing.registry import cache, optimize

        measured: dict[str, float] = {}
        for spec in installed(_folder()):
            engines: tuple[cache.Engine, ...] = ("fp32",)
            if optimize.can_optimize(spec) and optimize.verdict_of(spec, _folder()):
                engines = ("fp32", "int8")
            for engine in engines:
                predictor = cache.get(spec.name, _folder(), settings.INFERENCE_THREADS, engine=engine)
                seconds = optimize.look_seconds(predictor)
                measured[spec.name] = round(min(seconds, measured.get(spec.name, seconds)), 3)
                self.stdout.write(f"{spec.name:22} {engine}  {seconds:6.2f} s a look")
        if not measured:
            self.stdout.write("No model is installed: manage.py models fetch u2net gets the usual one.")
        try:
            (_folder() / MEASURED).write_text(json.dumps(measured))
        except OSError as error:
            self.stderr.write(f"The list will not show these figures: {error}.")

    def _broken(self, spec: ModelSpec) -> str:
        """Why a model's files cannot be used; "" when they can."""
        try:
            verify(locate(spec, _folder()), spec, remembered=False)
        except RegistryError as error:
            return str(error)
        self.stdout.write(f"{spec.name}: right.")
        return ""


def _folder() -> Path:
    return Path(settings.MODELS_DIR)


def _accounts() -> frozenset[str]:
    """Remote models for which the operator has a key."""
    from processing import selection

    keys = {provider: key for provider, (_, key, _) in selection.SETTINGS.items()}
    return frozenset(name for name, provider in PROVIDER_OF.items() if getattr(settings, keys[provider]))


def _measured() -> dict[str, float]:
    """Seconds a look takes, by model, as `models bench` found them on this machine; empty before it ran."""
    try:
        found = json.loads((_folder() / MEASURED).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _row(offer: Offer, seconds: dict[str, float]) -> dict[str, Any]:
    spec = offer.spec
    return {
        "name": spec.name,
        "state": STATES.get(offer.why_not, offer.why_not),
        "bytes": spec.bytes,
        "licence": spec.licence,
        "commercial": spec.commercial,
        "memory_mb": spec.memory_mb,
        "prompts": spec.takes_prompts,
        "seconds_a_look": seconds.get(spec.name),
        "good_for": spec.good_for,
    }


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size else "?"


def _seconds(look: float | None) -> str:
    return "" if look is None else f"{look:.2f} s a look"
