#!/usr/bin/env python
"""bgsite's command line: `python manage.py help` lists what there is."""

import os
import sys

OFFLINE = {"removebg"}  # commands that work on files alone


def main() -> None:
    is_offline = OFFLINE.intersection(sys.argv[1:2])
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "bgsite.settings.offline" if is_offline else "bgsite.settings"
    )
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except (
        ImproperlyConfigured
    ) as wrong:  # a sentence that names the variable; where it was read helps nobody
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{wrong}")


if __name__ == "__main__":
    main()
