"""Programs of the library rembg with another import, against a running server. What is refused and tried again is
answered by a wire of the test's own."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
from bgsite_client import ApiError, RateLimited, Retries
from bgsite_client.rembg import Session, new_session, remove
from PIL import Image

from accounts.models import User
from tests.clients.conftest import Server


@pytest.fixture
def session(server: Server) -> Session:
    return new_session("u2net", url=server.url, key=server.key, providers=["CPUExecutionProvider"])


@pytest.mark.slow
def test_each_type_comes_back_as_itself(session: Session, server: Server) -> None:
    photo = server.photo.read_bytes()
    made = remove(photo, session=session)
    assert Image.open(io.BytesIO(made)).mode == "RGBA"
    picture = remove(Image.open(server.photo), session=session, only_mask=True)
    assert (picture.mode, picture.size) == ("L", (800, 600))
    array = remove(np.asarray(Image.open(server.photo)), session=session, bgcolor=(0, 0, 255, 255))
    assert array.shape == (600, 800, 4) and array[2, 2].tolist() == [0, 0, 255, 255]
    assert isinstance(remove(Image.open(server.photo), session=session, force_return_bytes=True), bytes)
    assert User.objects.get().credits < 10, "the key's account pays"


@pytest.mark.slow
def test_where_the_server_is_may_be_in_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BGSITE_URL", server.url)
    monkeypatch.setenv("BGSITE_KEY", server.key)
    assert remove(server.photo.read_bytes(), alpha_matting=True)[:4] == b"\x89PNG"
    with pytest.raises(ApiError) as caught:
        remove(b"no picture")
    assert caught.value.status == 415 and "not an image" in caught.value.detail


def on_wire(*answers: httpx.Response) -> tuple[Session, list[httpx.Request]]:
    left, seen = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return left.pop(0)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Session("", "http://site", "key", Retries(times=2, first=0.001), http), seen


def test_what_can_help_is_tried_again() -> None:
    busy = httpx.Response(503, headers={"Retry-After": "0"}, json={"detail": "busy"})
    session, seen = on_wire(busy, httpx.Response(200, content=b"png"))
    assert remove(b"photo", session=session, cc="upper", bgcolor=(1, 2, 3, 4)) == b"png"
    body = seen[1].read().decode()
    assert seen[0].headers["X-Api-Key"] == "key" and "key" not in repr(session)
    for name, value in {"a": "false", "af": "240", "bgc": "1,2,3,4", "extras": '{"cc": "upper"}'}.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n' in body


def test_and_not_for_ever() -> None:
    much = [httpx.Response(429, headers={"Retry-After": "0"}, json={"detail": "too many"}) for _ in range(3)]
    session, seen = on_wire(*much)
    with pytest.raises(RateLimited, match="too many"):
        remove(b"photo", session=session)
    assert len(seen) == 3
