"""`manage.py prepare`: everything between an installed environment and a product that can be used.

Each step looks first whether it is done, so that a second start says and costs next to nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User


class Command(BaseCommand):
    help = "Fetches the weights, migrates, makes the first operator and one sample cutout; quick when done."
    requires_system_checks = []  # `up`, which comes next, asks for them

    def handle(self, *args: Any, **options: Any) -> None:
        self.weights()
        self.faster_weights()
        try:
            self.database()
            self.operator()
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {str(error).strip()}") from None
        self.sample()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def weights(self) -> None:
        """The weights of the default model, checked; RegistryError's own sentence when they cannot be had."""
        from processing.registry import weights
        from processing.registry.errors import RegistryError
        from processing.registry.specs import get_spec

        try:
            weights.fetch(
                get_spec(_local_model()), settings.MODELS_DIR, progress=True, places=settings.WEIGHTS_FROM
            )
        except RegistryError as error:
            raise CommandError(str(error)) from None

    def faster_weights(self) -> None:
        """INT8 weights, made and judged once on this machine; where they cannot be made, the float ones serve."""
        from processing.registry import optimize
        from processing.registry.errors import RegistryError
        from processing.registry.specs import get_spec

        spec = get_spec(_local_model())
        wanted = settings.INFERENCE_ENGINE != "fp32" and settings.INFERENCE_PROVIDER == "cpu"
        if not wanted or not optimize.can_optimize(spec) or optimize.verdict_of(spec, settings.MODELS_DIR):
            return
        self.say("Making a faster copy of the model for this processor ...")
        try:
            verdict = optimize.optimize(spec, settings.MODELS_DIR, settings.INFERENCE_THREADS)
        except RegistryError as error:
            self.say(f"That did not work, so the model runs as it is: {error}")
            return
        used = f"{verdict.speed:.1f} times as fast" if verdict.good else "no gain here, so it is not used"
        self.say(f"The faster copy: {used}.")

    def database(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Preparing the database ...")
            with impatient():
                call_command("migrate", verbosity=0, interactive=False)

    def operator(self) -> None:
        """The first operator: from the environment, else with a password kept where only the owner reads it."""
        if User.objects.filter(is_superuser=True).exists():
            return
        password = settings.OPERATOR_PASSWORD or secrets.token_urlsafe(12)
        user = User.objects.create_superuser(settings.OPERATOR_EMAIL, password)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        self.say(f"Made the operator {user.email}.")
        if not settings.OPERATOR_PASSWORD:
            path = settings.DATA_DIR / "operator.txt"
            _write_private(path, f"e-mail   {user.email}\npassword {password}\n")
            self.say(f"The password is {password} (kept in {path}).")

    def sample(self) -> None:
        """One real cutout, as proof that the whole way of a picture works here."""
        folder = settings.DATA_DIR / "sample"
        cutout = folder / "cutout.png"
        _more_samples(folder)
        if cutout.exists():
            return
        self.say("Making a first cutout ...")
        source = _photo("astronaut")
        (folder / "source.jpg").write_bytes(source)
        aside = cutout.with_suffix(".part")
        aside.write_bytes(_cut_out(source))
        aside.replace(cutout)
        self.say(f"A sample cutout is in {cutout}.")


@contextmanager
def impatient() -> Iterator[None]:
    """A change of a table that has to wait for others gives up, as everybody else would queue up behind it. The site
    goes on, and the command is simply run again."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'")
        yield
        cursor.execute("SET lock_timeout = DEFAULT")


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _more_samples(folder: Path) -> None:
    """Photos that people can try without one of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("cat.jpg", "chelsea"), ("cup.jpg", "coffee")):
        if not (folder / name).exists():
            (folder / name).write_bytes(_photo(picture))


def _photo(name: str) -> bytes:
    """A free picture that comes with scikit-image, as JPEG: a portrait in the public domain, a cat, a cup (CC0)."""
    import io

    from PIL import Image
    from skimage import data

    file = io.BytesIO()
    rgb = getattr(data, name)()
    Image.fromarray(rgb).save(file, "JPEG", quality=95)
    return file.getvalue()


def _local_model() -> str:
    """The default model, but u2net in place of one that costs money, of an operator's own file and of `auto`."""
    from processing.registry import catalogue
    from processing.registry.choose import AUTO

    if settings.DEFAULT_MODEL == AUTO:
        return "u2net"
    spec = catalogue.find(settings.DEFAULT_MODEL, settings.MODELS_DIR)
    return "u2net" if spec.family in {"remote", "custom"} else spec.name


def _cut_out(source: bytes) -> bytes:
    from processing.pipeline import run
    from processing.pipeline.recipe import Recipe
    from processing.registry import cache

    predictor = cache.get(
        _local_model(),
        settings.MODELS_DIR,
        settings.INFERENCE_THREADS,
        settings.INFERENCE_PROVIDER,
        settings.INFERENCE_ENGINE,
    )
    return run.cutout(source, predictor.predict, Recipe(), settings.IMAGE_LIMITS).data
