"""python manage.py removebg IN... -o OUT: cutouts of files and folders, without database and web server."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from processing.errors import Refused, refusing
from processing.folder_plan import FORMATS, Item, plan
from processing.pipeline.errors import PipelineError
from processing.pipeline.layouts import LAYOUTS
from processing.pipeline.options import Choice, Switch
from processing.pipeline.recipe import RULES, Recipe
from processing.registry.errors import RegistryError

STATES = {"done": "ok     ", "skipped": "skipped", "failed": "FAILED "}


class Command(BaseCommand):
    help = "Removes the background of files and folders. Results that are there already are skipped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("inputs", nargs="+", type=Path, metavar="IN", help="files and folders")
        parser.add_argument("-o", "--out", type=Path, required=True, help="folder, or a file for one input")
        parser.add_argument("--model", default=settings.DEFAULT_MODEL, help="see `manage.py models list`")
        parser.add_argument("--recursive", action="store_true", help="folders within folders too")
        parser.add_argument(
            "--jobs", type=_positive, help="files at once (default: one more than cores, 4 at most)"
        )
        parser.add_argument("--overwrite", action="store_true", help="do again what is there")
        parser.add_argument("--timings", action="store_true", help="show the seconds of each stage")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
        _add_recipe(parser.add_argument_group("recipe"))

    def handle(self, *args: Any, **options: Any) -> None:
        # No daemon: a process that ends in the middle of loading a net is aborted by the C++ below, whatever it did.
        threading.Thread(target=_warm, args=(options["model"], options["jobs"])).start()
        from processing import folder  # OpenCV comes along: not for `manage.py help`

        pictures = _picture_behind(options)
        recipe, items = _asked(options)
        jobs = options["jobs"] or folder.default_jobs()
        model, threads = options["model"], _threads(jobs)
        _check(model, threads, recipe)
        work = folder.Work(
            _look(model, threads),
            recipe,
            settings.IMAGE_LIMITS,
            options["overwrite"],
            pictures,
        )
        outcomes = self._report(folder.run_all(items, work, jobs), len(items), options)
        failed = sum(outcome.state == "failed" for outcome in outcomes)
        if options["json"]:
            self.stdout.write(json.dumps({"failed": failed, "files": [each.as_dict() for each in outcomes]}))
        if failed:
            raise CommandError(f"{failed} of {len(items)} files failed.", returncode=1)

    def _report(self, outcomes: Iterable[Any], total: int, options: dict[str, Any]) -> list[Any]:
        """A line for each file as it is done, below them a bar when somebody watches."""
        kept = []
        with tqdm(total=total, unit="file", disable=not sys.stderr.isatty(), leave=False) as bar:
            for outcome in outcomes:
                kept.append(outcome)
                if not options["json"]:
                    with bar.external_write_mode(file=self.stdout):
                        self.stdout.write(_line(outcome, options["timings"]))
                bar.update()
        return kept


def _asked(options: dict[str, Any]) -> tuple[Recipe, list[Item]]:
    """What to make, and of which files; raises CommandError for what cannot be."""
    given = {name: str(options[name]).lower() if isinstance(options[name], bool) else options[name]
             for name in (*RULES, "layout") if options[name] is not None}  # fmt: skip
    inputs, out = options["inputs"], options["out"]
    single = _single_result(inputs, out)
    if single and "format" not in given:
        given["format"] = single
    try:
        with refusing(PipelineError):
            recipe = Recipe.parse(given)
    except Exception as error:
        raise CommandError(str(error)) from error
    if single and single in FORMATS.get(recipe.format, (recipe.format,)):
        return recipe, [Item(inputs[0], out.with_suffix(""), inputs[0].name)]
    items = plan(inputs, out, options["recursive"])
    if not items:
        raise CommandError("There is no picture in what was given.")
    return recipe, items


def _picture_behind(options: dict[str, Any]) -> Any:
    """Finds the file that --background names, which becomes image:<sha256> there; for other values, nothing."""
    from processing.pipeline import codec, layers

    try:
        data = Path(options["background"] or "").read_bytes()
    except OSError:  # no file: the recipe says what it can be
        return layers.nowhere
    try:
        with refusing(PipelineError):
            photo = codec.decode(data, settings.IMAGE_LIMITS)
    except Refused as error:
        raise CommandError(f"{options['background']}: {error}") from error
    options["background"] = f"image:{hashlib.sha256(data).hexdigest()}"
    return lambda sha256: photo


def _single_result(inputs: list[Path], out: Path) -> str:
    """The format when `-o` names the one result itself (photo.jpg -o cut.webp), else ""."""
    suffix = {"jpeg": "jpg", "tif": "tiff"}.get(kind := out.suffix.lower().lstrip("."), kind)
    formats = RULES["format"]
    known = isinstance(formats, Choice) and suffix in formats.words and suffix == kind
    return suffix if known and len(inputs) == 1 and inputs[0].is_file() and not out.is_dir() else ""


def _threads(jobs: int) -> int:
    """Of one look, when so many files are worked on at once."""
    from processing import folder

    return max(1, folder.cores() // jobs)


def _warm(model: str, jobs: int | None) -> None:
    """Loads the net while the rest of the command is still being loaded and the files are found. What is wrong with
    it, `_check` says."""
    from processing import folder, predictors

    with suppress(RegistryError, Refused):
        threads = _threads(jobs or folder.default_jobs())
        _ = predictors.choose(model, threads=threads, on_site=False).predictor.device


def _check(model: str, threads: int, recipe: Recipe) -> None:
    """Ends the command when the model cannot be used, before the first photo is read."""
    from processing import predictors

    try:
        predictors.choose(model, threads=threads, prompt=recipe.prompt, on_site=False)
    except (RegistryError, Refused) as error:
        raise CommandError(str(error)) from error


def _look(model: str, threads: int) -> Any:
    """Looks as the model allows: once where looks cost money, and with a substitute for a provider that fails.

    The model is chosen anew for each photo, as `auto` goes by what it shows; loaded models are kept.
    """
    from processing import predictors

    def look(rgb: Any, recipe: Recipe) -> Any:
        chosen = predictors.choose(model, threads=threads, rgb=rgb, prompt=recipe.prompt, on_site=False)
        return predictors.with_fallback(chosen, lambda each: each.look(rgb, recipe))[1]

    return look


def _add_recipe(group: argparse._ArgumentGroup) -> None:
    """One option for each field of the recipe; the recipe itself checks the values."""
    group.add_argument("--layout", choices=list(LAYOUTS), help="a set of the fields below (docs/recipe.md)")
    for name, rule in RULES.items():
        flag, default = f"--{name.replace('_', '-')}", getattr(Recipe(), name)
        if isinstance(rule, Switch):
            group.add_argument(
                flag, action=argparse.BooleanOptionalAction, help=f"default: {rule.write(default)}"
            )
            continue
        expected = ", ".join(rule.expected) if isinstance(rule.expected, list) else str(rule.expected)
        expected += ", or a picture file" if name == "background" else ""
        group.add_argument(flag, metavar="VALUE", help=f"{expected} (default: {rule.write(default)})")


def _line(outcome: Any, timings: bool) -> str:
    words = f"{STATES[outcome.state]} {_printable(outcome.name)}"
    if outcome.state == "failed":
        return f"{words}: {_printable(outcome.sentence)}"
    if outcome.state == "skipped":
        return f"{words}: {_printable(outcome.result)} is there"
    words += (
        f" -> {_printable(outcome.result)}  {outcome.width}x{outcome.height}  {outcome.bytes / 1000:.0f} kB"
    )
    words += f"  {sum(outcome.seconds.values()):.2f} s"
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in outcome.seconds.items())
    return f"{words} ({stages})" if timings else words


def _printable(text: str) -> str:
    """Names may hold line breaks, terminal commands and bytes that are no text."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
