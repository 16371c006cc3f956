"""The npm client `remove.bg`, in which the host is written down: led to this server with an authority of its own, as
people do it by a hosts entry and a certificate. The client itself is unchanged, and checks the certificate."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from accounts.models import User
from tests.clients.conftest import Server
from tests.other_host import other_host

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "npm"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Iterator[Ask]:
    """Calls the client's function for a file, Base64 or an address."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "remove.bg").is_dir():
        pytest.skip("node or its packages are not installed (make system)")
    with other_host("api.remove.bg", server.port, tmp_path) as led:

        def call(name: str, **options: Any) -> dict[str, Any]:
            asked = json.dumps({"call": name, "options": {"apiKey": server.key, **options}})
            said = subprocess.run(
                [node, "remove-bg.js", asked], cwd=HERE, env=os.environ | led.environment, capture_output=True,
                text=True, timeout=120, check=False,
            )  # fmt: skip
            assert said.returncode == 0, said.stderr
            return dict(json.loads(said.stdout))

        yield call


def test_a_file(ask: Ask, server: Server, tmp_path: Path) -> None:
    target = tmp_path / "cutout.png"
    found = ask("File", path=str(server.photo), outputFile=str(target))["found"]
    assert Image.open(target).size == (577, 433)
    assert (found["creditsCharged"], found["resultWidth"], found["detectedType"]) == ("0.25", "577", "other")
    assert (found["rateLimit"], found["rateLimitRemaining"]) == ("10", "9")
    assert User.objects.get().credits == 10 - 0.25


def test_base64_with_options(ask: Ask, server: Server) -> None:
    text = base64.b64encode(server.photo.read_bytes()).decode()
    found = ask(
        "Base64", base64img=text, size="full", type="product", crop=True, crop_margin="10%", bg_color="ff0000"
    )["found"]
    made = Image.open(io.BytesIO(base64.b64decode(found["base64img"])))
    assert (found["creditsCharged"], found["detectedType"]) == ("1", "product")
    assert made.format == "JPEG" and 400 < made.width < 600 and np.asarray(made)[2, 2, 0] > 240


def test_refusals(ask: Ask, server: Server) -> None:
    assert ask("Url", url="http://127.0.0.1/a.png")["refused"][0]["code"] == "invalid_image_url"
    assert ask("File", path=str(server.photo), apiKey="wrong")["refused"] == [
        {"title": "API Key invalid", "code": "auth_failed"}
    ]
    assert User.objects.get().credits == 10
