"""Every kind of file, read back by somebody else's code: size, alpha, resolution, and nothing that leaks."""

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from processing.pipeline.codec import Photo, decode
from processing.pipeline.colour import SRGB
from processing.pipeline.errors import PipelineError
from processing.pipeline.export import MEDIA_TYPES
from processing.pipeline.probe import Limits
from processing.pipeline.recipe import RULES, Recipe
from processing.pipeline.run import finish

from .pictures import blended, disc, gradient, saved

ALPHA = disc(120, 40, 8)
PHOTO = Photo(blended(ALPHA, (220, 60, 40), (30, 90, 200)), dpi=(240.0, 240.0))
FORMATS = [word for word in RULES["format"].words if word != "auto"]  # type: ignore[attr-defined]


def made(**fields):
    return finish(PHOTO, ALPHA, Recipe(**fields))


def pixels(data, mode="RGBA"):
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode)).astype(int)


def unpacked(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_every_format_has_a_type():
    assert set(FORMATS) == set(MEDIA_TYPES)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"format": "png"}, 0),
        ({"format": "png", "depth": "16"}, 0),
        ({"format": "webp", "quality": 100}, 0),
        ({"format": "tiff"}, 0),
        ({"format": "webp", "quality": 90}, 6),
        ({"format": "avif", "quality": 90}, 6),
    ],
)
def test_alpha_and_colour_come_back(fields, error):
    back = pixels(made(**fields).data)
    assert back.shape == (120, 120, 4)
    assert np.abs(back[..., 3] - ALPHA * 255).mean() <= 0.5 + error / 4
    inside = ALPHA == 1
    assert np.abs(back[inside][:, :3] - (220, 60, 40)).mean() <= max(error, 1)


def test_jpeg_shows_the_cutout_on_white():
    back = pixels(made(format="jpg").data, "RGB")
    assert back[2, 2].min() >= 252
    assert np.abs(back[60, 60] - (220, 60, 40)).max() <= 4


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_the_source_but_its_pixels_gets_out(format):
    exif, text = Image.Exif(), PngImagePlugin.PngInfo()
    exif[0x010F] = "SECRETMAKER"
    exif.get_ifd(0x8825)[1] = "N"
    text.add_text("Comment", "SECRETMAKER")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRETMAKER</x:xmpmeta>")
    photo = decode(saved(PHOTO.rgb, "PNG", exif=exif, pnginfo=text), Limits())
    result = finish(photo, ALPHA, Recipe(format=format))
    assert b"SECRETMAKER" not in result.data
    files = unpacked(result.data) if format in {"zip", "ora"} else {"": result.data}
    for name, data in files.items():
        if name.endswith((".png", ".jpg")) or not name:
            with Image.open(io.BytesIO(data)) as image:
                assert not set(image.info) & {"exif", "xmp", "XML:com.adobe.xmp", "Comment", "comment"}
                assert not image.getexif().get_ifd(0x8825)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_inputs_give_the_same_bytes(format):
    assert made(format=format).data == made(format=format).data


@pytest.mark.parametrize("format", ["jpg", "webp", "tiff"])
def test_files_say_that_they_are_srgb(format):
    assert Image.open(io.BytesIO(made(format=format).data)).info["icc_profile"] == SRGB
    assert b"sRGB" in made(format="png").data[:60]


@pytest.mark.parametrize("format", ["png", "jpg", "tiff"])
def test_the_resolution_is_kept_or_set(format):
    for fields, dpi in (({}, 240), ({"dpi": 300}, 300)):
        image = Image.open(io.BytesIO(made(format=format, **fields).data))
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.5)


def test_zip_holds_colour_and_alpha_side_by_side():
    files = unpacked(made(format="zip").data)
    assert list(files) == ["color.jpg", "alpha.png"]
    colour, alpha = pixels(files["color.jpg"], "RGB"), Image.open(io.BytesIO(files["alpha.png"]))
    assert (colour.shape, alpha.mode, alpha.size) == ((120, 120, 3), "L", (120, 120))
    assert np.abs(np.asarray(alpha) - ALPHA * 255).max() <= 0.5
    seen = ALPHA > 0.1
    assert np.abs(colour[seen] - (220, 60, 40)).mean() < 8
    assert colour[0, 0, 2] < 100, "what is clear shows the subject's colour and not the old background"


def test_zip_of_an_opaque_result_has_an_opaque_alpha():
    files = unpacked(made(format="zip", background="white").data)
    assert pixels(files["alpha.png"], "L").min() == 255
    assert pixels(files["color.jpg"], "RGB")[0, 0].min() >= 252


def test_layers_are_there_in_their_order():
    data = made(format="ora", background="#00ff00", shadow="drop").data
    files = unpacked(data)
    assert next(iter(files)) == "mimetype" and files["mimetype"] == b"image/openraster"
    assert data[38:54] == b"image/openraster", "the type is told by the first bytes, not packed"
    stack = ElementTree.fromstring(files["stack.xml"])
    assert (stack.tag, stack.get("w"), stack.get("h"), stack.get("xres")) == ("image", "120", "120", "240")
    layers = {layer.get("name"): layer.get("src") for layer in stack.iter("layer")}
    assert list(layers) == ["Cutout", "Shadow", "Background"]
    assert pixels(files[layers["Cutout"]])[2, 2].tolist() == [0, 0, 0, 0]
    assert pixels(files[layers["Background"]])[60, 60].tolist() == [0, 255, 0, 255]
    assert pixels(files["mergedimage.png"])[2, 2].tolist() == [0, 255, 0, 255]
    assert max(Image.open(io.BytesIO(files["Thumbnails/thumbnail.png"])).size) <= 256


def test_layers_that_do_not_exist_are_left_out():
    assert made(format="ora").data.count(b"<layer ") == 1


def test_sixteen_bits_keep_what_eight_cannot():
    deep = np.asarray(Image.open(io.BytesIO(made(channels="alpha", depth="16").data)))
    assert deep.dtype == np.uint16
    assert np.abs(deep / 65535 - ALPHA).max() <= 1 / 131_000
    assert len(np.unique(deep % 257)) > 100, "between the levels of eight bits"


def test_sixteen_bits_of_an_opaque_result():
    header = made(depth="16", format="png", background="#80ff00", shadow="3d").data[:26]
    assert header[24:26] == bytes([16, 2]), "16 bits, no alpha"


@pytest.mark.parametrize("channels", ["rgba", "alpha", "source", "background"])
@pytest.mark.parametrize("format", FORMATS)
def test_every_channel_in_every_format(channels, format):
    result = made(channels=channels, format=format, canvas="50x40", scale="70", shadow="3d")
    assert (result.width, result.height, result.media_type) == (50, 40, MEDIA_TYPES[format])
    if format not in {"zip", "ora"}:
        assert Image.open(io.BytesIO(result.data)).size == (50, 40)


def test_what_a_format_cannot_hold_is_refused_by_name():
    photo = Photo(gradient(16_400, 2))
    with pytest.raises(PipelineError) as caught:
        finish(photo, np.ones((2, 16_400), np.float32), Recipe(format="webp"))
    assert (caught.value.code, caught.value.facts["field"]) == ("invalid_recipe", "format")
