"""Commands that work on files alone load no pages, no API and no rooms of operators."""

import subprocess
import sys

from django.conf import settings

HEAVY = {"unfold", "rest_framework", "allauth", "drf_spectacular", "editor", "webhooks", "psycopg"}
LOADED = """
import sys, django
django.setup()
from processing.management.commands import removebg
print(*{name.partition(".")[0] for name in sys.modules})
"""


def loaded(module: str) -> set[str]:
    environment = {"DJANGO_SETTINGS_MODULE": module, "DATA_DIR": str(settings.DATA_DIR)}
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_files_need_no_site():
    assert not HEAVY & loaded("bgsite.settings.offline")
    assert loaded("bgsite.settings") >= HEAVY - {"psycopg"}
