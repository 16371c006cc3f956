"""Every odd and broken file of the shared folder: the right picture, or a refusal with a stable code."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from processing.pipeline.codec import decode
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, verify

FOLDER = Path(__file__).parents[3] / "../shared/hostile"
LIMITS = Limits()

# A code, or (width, height, has see-through pixels).
EXPECTED: dict[str, str | tuple[int, int, bool]] = {
    "animated.gif": (80, 80, True),
    "animated.webp": (80, 80, True),
    "animated_97_frames.webp": "image_too_small",
    "animated_loop3.gif": (370, 285, False),
    "avif_alpha.avif": (64, 64, True),
    "avif_irot1_imir1.avif": (640, 427, False),
    "avif_plain.avif": (128, 128, False),
    "bmp_rgb.bmp": (128, 128, False),
    "broken.png": "unreadable_image",
    "broken_data_stream.png": "unreadable_image",
    "cmyk_adobe_small.jpg": (100, 100, False),
    "cmyk_no_profile.jpg": (500, 333, False),
    "cmyk_with_profile.jpg": (500, 333, False),
    "corrupt_header.jpg": "unreadable_image",
    "decompression_bomb.gif": "resolution_too_high",
    "decompression_bomb.ico": "unsupported_format",
    "empty.jpg": "empty_file",
    "exif_orientation_1_landscape.jpg": (1800, 1200, False),
    "exif_orientation_2_portrait.jpg": (1200, 1800, False),
    "exif_orientation_2_small.jpg": (128, 128, False),
    "exif_orientation_3_landscape.jpg": (1800, 1200, False),
    "exif_orientation_3_small.jpg": (128, 128, False),
    "exif_orientation_4_small.jpg": (128, 128, False),
    "exif_orientation_5_portrait.jpg": (1200, 1800, False),
    "exif_orientation_5_small.jpg": (128, 128, False),
    "exif_orientation_6.webp": (128, 128, False),
    "exif_orientation_6_landscape.jpg": (1800, 1200, False),
    "exif_orientation_6_portrait.jpg": (1200, 1800, False),
    "exif_orientation_6_small.jpg": (128, 128, False),
    "exif_orientation_7_portrait.jpg": (1200, 1800, False),
    "exif_orientation_7_small.jpg": (128, 128, False),
    "exif_orientation_8_landscape.jpg": (1800, 1200, False),
    "exif_orientation_8_small.jpg": (128, 128, False),
    "flat_black_800x600.jpg": (800, 600, False),
    "flat_white_800x600.png": (800, 600, False),
    "gif_static_palette.gif": (128, 128, False),
    "gray.jpg": (128, 128, False),
    "html_named_png.png": "unsupported_format",
    "icon.ico": "unsupported_format",
    "jpg_bad_exif.jpg": (500, 500, False),
    "jpg_broken_exif_dpi.jpg": (100, 100, False),
    "jpg_gain_map_hdr.jpg": (3840, 2160, False),
    "jpg_giant_dimensions.jpg": "resolution_too_high",
    "jpg_lossless.jpg": (227, 149, False),
    "low_contrast.jpg": (300, 245, False),
    "mpo_multi_picture.jpg": (640, 480, False),
    "name with spaces & unicode é 猫.jpg": (640, 640, False),
    "noise_400x300.png": (400, 300, False),
    "photo_36mp.jpg": (6000, 6000, False),
    "photo_animated.gif": (320, 180, False),
    "photo_animated.webp": (320, 180, False),
    "photo_exif6_no_rotation_applied.jpg": (451, 300, False),
    "photo_exif_orientation_99.jpg": (640, 640, False),
    "photo_jpg_cmyk.jpg": (640, 640, False),
    "photo_png_16bit_rgb.png": (320, 320, False),
    "photo_png_bad_crc.png": "unreadable_image",
    "photo_png_gray.png": (640, 640, False),
    "photo_png_palette.png": (640, 640, False),
    "photo_png_palette_trns.png": (640, 640, True),
    "photo_png_rgba_soft_alpha.png": (340, 220, True),
    "photo_trailing_garbage.jpg": (640, 640, False),
    "photo_truncated_half.jpg": "unreadable_image",
    "photo_truncated_header_only.jpg": "unreadable_image",
    "photo_wrong_extension_jpeg.png": (640, 640, False),
    "png_16bit_gray_alpha.png": (32, 32, True),
    "png_16bit_rgb_flag.png": (900, 600, False),
    "png_16bit_trns.png": (32, 32, True),
    "png_1bit_trns.png": (64, 64, True),
    "png_30000x30000_1bit.png": "resolution_too_high",
    "png_65536x65536.png": "resolution_too_high",
    "png_8bit_gray_alpha.png": (400, 300, True),
    "png_already_transparent.png": (2048, 1536, True),
    "png_claims_2gx2g.png": "resolution_too_high",
    "png_display_p3.png": "image_too_small",
    "png_fully_transparent.png": (300, 300, True),
    "png_idat_after_end.png": (128, 128, False),
    "png_image_in_alpha.png": (928, 169, True),
    "png_palette.png": (68, 68, False),
    "png_rgb_trns.png": (64, 64, True),
    "png_text_exif_orientation.png": (512, 512, False),
    "png_truncated_end_chunk.png": "unreadable_image",
    "text_named_jpg.jpg": "unsupported_format",
    "thin_1x4000.png": "image_too_small",
    "tiff_16bit.tif": (64, 64, False),
    "tiff_multipage.tif": (2464, 3248, False),
    "tiff_rgb.tif": (128, 128, False),
    "tiny_1x1.png": "image_too_small",
    "tiny_2x3.jpg": "image_too_small",
    "truncated.jpg": "unreadable_image",
    "truncated.png": "unreadable_image",
    "vector.svg": "unsupported_format",
    "vector2.svg": "unsupported_format",
    "webp_alpha.webp": (300, 300, True),
    "wide_8000x16.jpg": (8000, 16, False),
}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the shared folder of hostile files is not beside the checkout"
)


def outcome(name):
    data = (FOLDER / name).read_bytes()
    try:
        found = verify(data, LIMITS)
        photo = decode(data, LIMITS)
    except PipelineError as error:
        return error.code
    assert (found.width, found.height) == photo.size
    return (*photo.size, photo.alpha is not None)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_file_ends_as_expected(name):
    assert outcome(name) == EXPECTED[name]


def test_no_file_is_forgotten():
    assert {path.name for path in FOLDER.iterdir()} == set(EXPECTED)


def test_upload_and_worker_agree_on_refusals():
    for name, expected in EXPECTED.items():
        if isinstance(expected, str):
            for call in (verify, decode):
                with pytest.raises(PipelineError) as caught:
                    call((FOLDER / name).read_bytes(), LIMITS)
                assert caught.value.code == expected, (name, call)


@pytest.mark.parametrize(
    "name", [name for name in EXPECTED if name.startswith("exif_orientation_") and "small" in name]
)
def test_turned_files_show_the_same_person_upright(name):
    upright = decode((FOLDER / "bmp_rgb.bmp").read_bytes(), LIMITS).rgb.astype(int)
    assert np.abs(decode((FOLDER / name).read_bytes(), LIMITS).rgb - upright).mean() < 6


def test_four_inks_become_the_same_cat():
    plain = decode((FOLDER / "photo_wrong_extension_jpeg.png").read_bytes(), LIMITS).rgb.astype(int)
    assert np.abs(decode((FOLDER / "photo_jpg_cmyk.jpg").read_bytes(), LIMITS).rgb - plain).mean() < 4


CHILD = """
import json, sys
from pathlib import Path
from processing.pipeline.codec import decode
from processing.pipeline.errors import PipelineError
from processing.pipeline.probe import Limits, verify
from tests import memory
for path in sorted(Path(sys.argv[1]).iterdir()):
    for call in (verify, decode):
        try:
            call(path.read_bytes(), Limits())
        except PipelineError:
            pass
print(json.dumps({"kilobytes": memory.peak_kb()}))
"""


def test_memory_stays_bounded_over_all_of_them():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD, str(FOLDER)], capture_output=True, text=True, check=True
    )
    # The largest picture that is decoded has 36 MP, 108 MB as an array.
    assert json.loads(done.stdout)["kilobytes"] < 450_000
