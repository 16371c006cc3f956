"""Clients that nobody here wrote, against gunicorn and a worker as people start them."""

from __future__ import annotations

import base64
import http.client

import pytest
import removebg.removebg
import requests
from bria_client import BriaSyncClient
from PIL import Image

from accounts.models import User
from processing.models import Job
from tests.clients.conftest import Server

pytestmark = pytest.mark.slow


def test_removebg_of_the_package_index(server, tmp_path, monkeypatch):
    monkeypatch.setattr(removebg.removebg, "API_ENDPOINT", f"{server.url}/v1.0/removebg")
    client = removebg.removebg.RemoveBg(server.key, str(tmp_path / "errors.log"))
    client.remove_background_from_img_file(str(server.photo))
    made = Image.open(f"{server.photo}_no_bg.png")
    assert (made.mode, made.size) == ("RGBA", (577, 433))
    text = base64.b64encode(server.photo.read_bytes()).decode()
    client.remove_background_from_base64_img(
        text, size="hd", new_file_name=str(tmp_path / "hd.jpg"), bg_color="red"
    )
    made = Image.open(tmp_path / "hd.jpg")
    assert (made.format, made.size) == ("JPEG", (800, 600))
    assert User.objects.get().credits == 10 - 0.25 - 1
    with pytest.raises(requests.HTTPError, match="400"):
        client.remove_background_from_img_url("http://127.0.0.1/a.png", new_file_name=str(tmp_path / "no"))


def test_bria_client_at_once_and_later(server):
    client = BriaSyncClient(base_url=server.url, api_token=server.key)
    photo = base64.b64encode(server.photo.read_bytes()).decode()
    answer = client.run("image/edit/remove_background", {"image": photo}, raise_for_status=True)
    assert answer.status == "COMPLETED" and is_cutout(answer.result.image_url)
    begun = client.submit("image/edit/remove_background", {"image": photo}, raise_for_status=True)
    assert begun.status == "IN_PROGRESS"
    done = client.poll(begun, interval=0.2)
    assert done.status == "COMPLETED" and is_cutout(done.result.image_url)
    wrong = BriaSyncClient(base_url=server.url, api_token="wrong")
    assert wrong.run("image/edit/remove_background", {"image": photo}).error.code == 401
    client.close()


def test_headers_with_an_underscore_and_a_form_of_rembg(server):
    """`api_token` gets through gunicorn; a name that would become another header's variable does not."""
    assert status_of(server, {"api_token": server.key}) == 200
    assert status_of(server, {"X_Api_Key": server.key}) == 401
    with server.photo.open("rb") as file:
        answer = requests.post(
            f"{server.url}/api/remove", files={"file": file}, data={"om": "true"}, timeout=60
        )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert not Job.objects.exists(), "of a visitor nothing stays"


def status_of(server: Server, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/api/v1/account", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def is_cutout(address: str) -> bool:
    answer = requests.get(address, timeout=30)
    return answer.status_code == 200 and answer.content[:8] == b"\x89PNG\r\n\x1a\n"
