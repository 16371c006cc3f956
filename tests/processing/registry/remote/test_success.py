"""A picture goes out, its matte comes back: each provider, each way of answering."""

import io

import numpy as np
import pytest
from PIL import Image

from processing.registry.remote.account import RemoteAccount
from tests import providers

from .conftest import predictor


def bright(rgb):
    return (rgb.max(axis=2) > 128).astype(np.float32)


@pytest.mark.parametrize(
    ("model", "options"),
    [("bria-api", {}), ("bria-api", {"sync": True}), ("bria-api-v1", {})],
)
def test_bria_works(bria, time_, disc, model, options):
    alpha = predictor(model, bria, time_, **options).predict(disc)
    assert alpha.dtype == np.float32
    np.testing.assert_array_equal(alpha, bright(disc))


def test_removebg_works(removebg, time_, disc):
    looked = predictor("removebg-api", removebg, time_, size="full")
    np.testing.assert_array_equal(looked.predict(disc), bright(disc))
    (sent,) = removebg.seen
    form = sent.form()
    assert {name: form[name] for name in ("size", "format", "channels")} == {
        "size": b"full", "format": b"png", "channels": b"alpha",
    }  # fmt: skip
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(form["image_file"]))), disc)
    assert (looked.weights_id, looked.device, looked.cost) == ("v1.0", "remote", 0.018)


def test_bria_is_polled_ever_more_rarely(bria, time_, disc):
    bria.polls = 5
    predictor("bria-api", bria, time_).predict(disc)
    assert time_.naps == [1.0, 1.5, 2.25, 3.375, 4.0, 4.0]
    assert [seen.path.rpartition("/")[0] for seen in bria.seen[1:-1]] == ["/v2/status"] * 6


def test_the_key_goes_to_the_api_and_not_with_the_result(bria, time_, disc):
    predictor("bria-api", bria, time_).predict(disc)
    *api, result = bria.seen
    assert {seen.headers["api_token"] for seen in api} == {providers.KEY}
    assert result.path.startswith(providers.RESULTS)
    assert result.headers["api_token"] is None


def test_a_result_on_another_host_comes_by_the_guarded_way(bria, time_, disc):
    asked = []

    def download(url, most):
        asked.append((url, most))
        return providers.cutout(providers.brightness(providers.png(disc)))

    elsewhere = providers.Reply(200, {"result": {"image_url": "https://cdn.example.org/1.png"}})
    bria.script.append(elsewhere)
    alpha = predictor("bria-api", bria, time_, download=download).predict(disc)
    np.testing.assert_array_equal(alpha, bright(disc))
    assert asked == [("https://cdn.example.org/1.png", 1_000_000 + 5 * 40 * 60)]


@pytest.mark.parametrize("kind", ["rgba", "grey", "grey in colours", "16 bit"])
def test_every_form_of_a_matte_is_read(removebg, time_, disc, kind):
    matte = (bright(disc) * 255).astype(np.uint8)
    forms = {
        "rgba": providers.cutout(matte),
        "grey": providers.png(matte),
        "grey in colours": providers.png(np.dstack([matte] * 3)),
        "16 bit": providers.png(matte.astype(np.uint16) * 257),
    }
    removebg.script.append(providers.Reply(200, forms[kind]))
    np.testing.assert_array_equal(predictor("removebg-api", removebg, time_).predict(disc), bright(disc))


def test_a_smaller_answer_is_brought_to_the_sent_size(removebg, time_, disc):
    matte = (bright(disc)[::2, ::2] * 255).astype(np.uint8)
    removebg.script.append(providers.Reply(200, providers.png(matte)))
    alpha = predictor("removebg-api", removebg, time_).predict(disc)
    assert alpha.shape == (40, 60)
    assert abs(alpha - bright(disc)).mean() < 0.03


def test_a_large_noisy_picture_goes_as_jpeg(removebg, time_):
    noise = np.random.default_rng(1).integers(0, 256, (2200, 2000, 3), dtype=np.uint8)
    assert predictor("removebg-api", removebg, time_).predict(noise).shape == (2200, 2000)
    file = removebg.seen[0].form()["image_file"]
    assert file[:2] == b"\xff\xd8"
    assert len(file) <= 10_000_000


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel", "k" * 513])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(key):
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        RemoteAccount("https://api.example.org", key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("url", ["", "ftp://a.example", "api.example.org", "https://k@a.example", "https://"])
def test_what_cannot_be_an_address_is_refused(url):
    with pytest.raises(ValueError, match="address looks like"):
        RemoteAccount(url, "key")
