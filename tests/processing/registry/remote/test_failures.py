"""Everything a provider can answer instead of a matte has its own stable code."""

import logging
import socket
import traceback

import numpy as np
import pytest

from processing import messages
from processing.registry.remote.errors import ProviderError
from tests import providers
from tests.providers import Reply, bria_error, removebg_error

from .conftest import predictor


def failure(model, server, time_, rgb, **account) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        predictor(model, server, time_, **account).predict(rgb)
    assert caught.value.code in messages.CATALOGUE
    assert messages.message(caught.value.code).retryable == caught.value.retryable
    assert "–" not in messages.sentence(caught.value.code, caught.value.facts)
    return caught.value


REMOVEBG = [
    (400, "unknown_foreground", "unknown_foreground"),
    (400, "invalid_file_type", "provider_rejected_image"),
    (400, "file_too_large", "provider_rejected_image"),
    (400, "resolution_too_high", "provider_rejected_image"),
    (400, "failed_to_read_image", "provider_rejected_image"),
    (400, "invalid_size", "provider_bad_answer"),
    (402, "insufficient_credits", "provider_out_of_credits"),
    (403, "auth_failed", "provider_auth_failed"),
    (404, "", "provider_bad_answer"),
    (429, "rate_limit_exceeded", "provider_rate_limited"),
    (500, "", "provider_unavailable"),
    (503, "", "provider_unavailable"),
]


@pytest.mark.parametrize(("status", "theirs", "ours"), REMOVEBG)
def test_errors_of_removebg(removebg, time_, disc, status, theirs, ours):
    removebg.script.extend([removebg_error(status, theirs)] * 3)
    assert failure("removebg-api", removebg, time_, disc).code == ours


def test_a_title_tells_where_an_old_server_gives_no_code(removebg, time_, disc):
    title = "Could not identify foreground in image."
    removebg.script.append(Reply(400, {"errors": [{"title": title}]}))
    assert failure("removebg-api", removebg, time_, disc).code == "unknown_foreground"


BRIA = [
    (400, "provider_rejected_image"),
    (401, "provider_auth_failed"),
    (402, "provider_out_of_credits"),
    (403, "provider_out_of_credits"),
    (404, "provider_bad_answer"),
    (413, "provider_rejected_image"),
    (415, "provider_rejected_image"),
    (422, "provider_rejected_image"),
    (429, "provider_rate_limited"),
    (460, "provider_rejected_image"),
    (500, "provider_unavailable"),
    (418, "provider_bad_answer"),
    (302, "provider_bad_answer"),
]


@pytest.mark.parametrize("model", ["bria-api", "bria-api-v1"])
@pytest.mark.parametrize(("status", "ours"), BRIA)
def test_errors_of_bria(bria, time_, disc, model, status, ours):
    bria.script.extend([bria_error(status)] * 3)
    assert failure(model, bria, time_, disc).code == ours


@pytest.mark.parametrize(("inner", "ours"), [(422, "provider_rejected_image"), (500, "provider_unavailable"),
                                             ("?", "provider_unavailable")])  # fmt: skip
@pytest.mark.parametrize("status", ["ERROR", "FAILED"])
def test_a_request_that_ends_in_an_error(bria, time_, disc, status, inner, ours):
    accepted = Reply(202, {"request_id": "a1"})
    ended = Reply(200, {"status": status, "error": {"code": inner, "message": "no"}, "request_id": "a1"})
    bria.script.extend([accepted, ended])
    assert failure("bria-api", bria, time_, disc).code == ours


@pytest.mark.parametrize("body", [
    {}, {"request_id": 7}, {"request_id": "../../admin"}, {"result": "?"}, {"result": {"image_url": 7}},
    {"result": {"image_url": "file:///etc/passwd"}}, {"result": {"image_url": "https://a.example@b.example/"}},
    {"result": {"image_url": "https://a.example\\@b.example/"}}, {"result": {"image_url": "http://a:99999/"}},
    {"result": {"image_url": "https://cdn.example.org/1.png"}},
])  # fmt: skip
def test_an_answer_without_a_usable_result(bria, time_, disc, body):
    bria.script.append(Reply(200, body))
    assert failure("bria-api", bria, time_, disc).code == "provider_bad_answer"
    assert len(bria.seen) == 1


def test_a_request_that_is_never_finished(bria, time_, disc):
    bria.polls = 1000
    assert failure("bria-api", bria, time_, disc).code == "provider_timeout"
    assert sum(time_.naps) < 20


def test_a_wrong_key(bria, removebg, time_, disc):
    for model, server in (("bria-api", bria), ("removebg-api", removebg)):
        assert failure(model, server, time_, disc, key="another").code == "provider_auth_failed"
        assert len(server.seen) == 1


GREY = np.full((40, 60), 128, np.uint8)
BAD_PICTURES = {
    "text": b"not a picture at all",
    "a web page": b"<!doctype html><title>Welcome</title>",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing": b"",
    "half a PNG": providers.png(np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8))[:900],
    "other proportions": providers.png(GREY[:, :40]),
    "turned": providers.png(GREY.T),
    "larger": providers.png(np.kron(GREY, np.ones((2, 2), np.uint8))),
    "colours": providers.png(np.dstack([GREY, GREY // 2, GREY])),
}


@pytest.mark.parametrize("kind", BAD_PICTURES)
def test_an_answer_that_is_no_matte(removebg, time_, disc, kind):
    removebg.script.append(Reply(200, BAD_PICTURES[kind], {"Content-Type": "image/png"}))
    assert failure("removebg-api", removebg, time_, disc).code == "provider_bad_answer"
    assert len(removebg.seen) == 1, "it is paid for: never asked twice"


def test_a_truncated_answer_is_not_asked_for_again(removebg, time_, disc):
    removebg.script.append(Reply(200, providers.png(GREY), missing=100))
    assert failure("removebg-api", removebg, time_, disc).code == "provider_bad_answer"
    assert len(removebg.seen) == 1


def test_a_truncated_result_file_is(bria, time_, disc):
    bria.polls = 0
    whole = predictor("bria-api", bria, time_, sync=True)
    original = bria.answer
    torn = iter([True])

    def answer(seen):
        reply = original(seen)
        if seen.path.startswith(providers.RESULTS) and next(torn, False):
            reply.missing = 10
        return reply

    bria.answer = answer
    assert whole.predict(disc).max() == 1
    assert [seen.method for seen in bria.seen] == ["POST", "GET", "GET"]


def test_a_huge_answer_is_dropped(removebg, time_, disc):
    removebg.script.append(Reply(200, b"\x89PNG" + bytes(3_000_000)))
    error = failure("removebg-api", removebg, time_, disc)
    assert (error.code, error.facts["reason"]) == ("provider_bad_answer", "its answer is too large")


def test_a_provider_that_hangs(removebg, bria, time_, disc):
    for model, server in (("removebg-api", removebg), ("bria-api", bria), ("bria-api-v1", bria)):
        server.script.append(Reply(hang=True))
        assert failure(model, server, time_, disc, timeout=0.3).code == "provider_timeout"


def test_a_body_that_drips(removebg, bria, time_, disc):
    for model, server in (("removebg-api", removebg), ("bria-api", bria)):
        server.script.append(Reply(200, bytes(1000), drip=True))
        assert failure(model, server, time_, disc, timeout=0.3).code == "provider_timeout"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_result_file_that_is_gone(bria, time_, disc, status):
    bria.script.append(Reply(200, {"result": {"image_url": f"{bria.url}{providers.RESULTS}1.png"}}))
    bria.script.append(Reply(status))
    assert failure("bria-api", bria, time_, disc).code == "provider_bad_answer"


def test_a_provider_that_is_not_there(time_, disc):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = providers.RemoveBg(url=f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert failure("removebg-api", nobody, time_, disc).code == "provider_unavailable"
    assert len(time_.naps) == 2


def test_a_redirect_is_not_followed(removebg, bria, time_, disc):
    removebg.script.append(Reply(307, b"", {"Location": bria.url + "/v1.0/removebg"}))
    assert failure("removebg-api", removebg, time_, disc).code == "provider_bad_answer"
    assert bria.seen == []


def test_the_key_is_nowhere(bria, time_, disc, caplog):
    """Not in the log at its most talkative, not in an error, its chain or its repr; their details repeat it."""
    caplog.set_level(logging.DEBUG)
    bria.script.append(bria_error(401))
    looked = predictor("bria-api", bria, time_)
    with pytest.raises(ProviderError) as caught:
        looked.predict(disc)
    bria.script.append(Reply(hang=True))
    hung = failure("bria-api", bria, time_, disc, timeout=0.3)
    shown = [caplog.text, repr(looked), repr(looked.account), repr(caught.value.facts), repr(hung)]
    shown += traceback.format_exception(caught.value) + traceback.format_exception(hung)
    assert caplog.text
    assert not [text for text in shown if providers.KEY in text]
    assert hung.__context__ is None
