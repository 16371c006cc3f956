"""Two kinds of archive: colour and alpha side by side, and layers for painting programs. Same in, same bytes."""

import io
import zipfile
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

from .arrays import Rgb, Rgba
from .codec import encode
from .compose import plain, veil
from .layers import Layers
from .png import write_png
from .scale import resized, work_size

Dpi = tuple[float, float] | None

# The first moment that ZIP can tell: a file must not depend on when it was made.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_THUMBNAIL = 256


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    """Pack files as they are, in this order; pictures are compressed already."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, data)
    return target.getvalue()


def colour_and_alpha(flat: Rgb | Rgba, quality: int, dpi: Dpi, profile: bytes | None = None) -> bytes:
    """color.jpg, opaque, and alpha.png, grey: a sixth of the PNG's size, to be joined by who unpacks it."""
    rgb, opacity = flat, np.full(flat.shape[:2], 255, np.uint8)
    if flat.shape[2] == 4:
        rgb, opacity = filled(flat), np.ascontiguousarray(flat[..., 3])
    colour = encode(rgb, "jpg", quality=quality, dpi=dpi, profile=profile)
    return zipped([("color.jpg", colour), ("alpha.png", write_png(opacity, dpi))])


def filled(rgba: Rgba) -> Rgb:
    """Return the colours with clear pixels filled from near ones, so that a lossy codec rings at no edge."""
    size = rgba.shape[1], rgba.shape[0]
    small = cv2.resize(rgba, work_size(*size, side=128), interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = small[..., 3] / 255
    colours = np.zeros((*weight.shape, 3), np.float32)
    for reach in (64, 16, 4, 1):
        total = cv2.GaussianBlur(weight, (0, 0), reach)[..., None]
        near = cv2.GaussianBlur(small[..., :3] * weight[..., None], (0, 0), reach)
        colours += np.clip(total * 8, 0, 1) * (near / np.maximum(total, 1e-4) - colours)
    fill = resized(np.rint(colours).clip(0, 255).astype(np.uint8), size)
    return np.where(rgba[..., 3:] > 0, rgba[..., :3], fill)


def open_raster(layers: Layers, dpi: Dpi) -> bytes:
    """An OpenRaster file (openraster.org, 0.0.6): a PNG for each layer, the merged picture and a thumbnail."""
    shade = None if layers.shade is None else veil(layers.shade, layers.ink)
    named = [("Cutout", layers.front), ("Shadow", shade), ("Background", layers.back)]
    size = layers.front.shape[1], layers.front.shape[0]
    found = [(name, _pixels(each, size)) for name, each in named if each is not None]
    merged = layers.flat()
    small = resized(merged, work_size(*size, side=_THUMBNAIL))
    files = [(f"data/layer{number}.png", write_png(pixels)) for number, (_, pixels) in enumerate(found)]
    return zipped(
        [
            ("mimetype", b"image/openraster"),
            ("stack.xml", _stack(size, [name for name, _ in found], dpi)),
            *files,
            ("mergedimage.png", write_png(merged, dpi)),
            ("Thumbnails/thumbnail.png", write_png(small)),
        ]
    )


def _pixels(layer: object, size: tuple[int, int]) -> Rgb | Rgba:
    return plain(size, layer) if isinstance(layer, tuple) else np.asarray(layer)


def _stack(size: tuple[int, int], names: list[str], dpi: Dpi) -> bytes:
    across, down = (round(value) for value in dpi or (72.0, 72.0))
    rows = [
        f'    <layer name={quoteattr(name)} src="data/layer{number}.png" x="0" y="0" opacity="1.0" '
        'visibility="visible" composite-op="svg:src-over"/>'
        for number, name in enumerate(names)
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<image version="0.0.6" w="{size[0]}" h="{size[1]}" xres="{across}" yres="{down}">',
            "  <stack>",
            *rows,
            "  </stack>",
            "</image>",
            "",
        ]
    ).encode()
