"""Accepts one photo as the web process does, in a process with a broker of its own: prints job id and seconds.

python -m tests.faults.submit EMAIL
"""

import sys
import time

import django


def main(email: str) -> None:
    django.setup()
    from accounts.models import User
    from processing import jobs
    from processing.pipeline.recipe import Recipe
    from tests import fakes

    user = User.objects.get(email=email)
    began = time.monotonic()
    job = jobs.submit(user, jobs.Upload("photo.png", fakes.photo()), Recipe())
    print(job.pk, time.monotonic() - began)


if __name__ == "__main__":
    main(sys.argv[1])
