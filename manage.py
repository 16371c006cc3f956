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
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
