"""A program that speaks somebody else's format."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import fakes


def file(data: bytes | None = None, name: str = "cup.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, fakes.photo() if data is None else data, "image/png")


class Caller:
    def __init__(self, key: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"X-Api-Key": key} if key else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self.headers | headers)

    def form(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, data, headers=self.headers | headers)

    def json(self, path: str, data: Any, **headers: str) -> Any:
        return self.client.post(path, data, "application/json", headers=self.headers | headers)


@pytest.fixture
def caller(alice: Any, worker: fakes.Model) -> Caller:
    return Caller(alice.key)


@pytest.fixture
def nobody(transactional_db: None, worker: fakes.Model) -> Caller:
    return Caller()


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
