"""Signatures: the published test vector of Standard Webhooks, and Bria's as its own client checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac

from webhooks import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_vector_of_standard_webhooks() -> None:
    headers = signing.standard([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_give_two_signatures() -> None:
    other = signing.new_secret()
    signed = signing.standard([other, SECRET], "msg_1", 1, b"{}")["webhook-signature"].split(" ")
    assert signed == [
        signing.standard([each], "msg_1", 1, b"{}")["webhook-signature"] for each in (other, SECRET)
    ]
    assert len(set(signed)) == 2


def test_secrets_are_long_and_each_another() -> None:
    found = {signing.new_secret() for _ in range(5)}
    assert len(found) == 5
    assert all(len(base64.b64decode(each.removeprefix("whsec_"))) == 32 for each in found)


def test_brias_way() -> None:
    key = hmac.new(b"token", b"bria-webhook-signing-v1", hashlib.sha256).digest()
    expected = base64.b64encode(hmac.new(key, b"id.7.{}", hashlib.sha256).digest()).decode()
    assert signing.bria(signing.bria_key("token"), "id", 7, b"{}") == {
        "Bria-Webhook-Id": "id",
        "Bria-Webhook-Timestamp": "7",
        "Bria-Webhook-Signature": f"v1={expected}",
    }
