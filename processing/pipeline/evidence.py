"""What a picture shows, as far as its pixels tell at a glance: somebody's face, a drawing, a thing on a plain ground.

No net is asked, so this is a hint and no verdict: it decides which model looks, and people are told what it was.
Faces are found by scikit-image's cascade of local binary patterns (Zhang et al.: Face Detection Based on Multi-Block
LBP, 2007).
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np

from .arrays import Rgb, check_rgb
from .regions import Box
from .scale import resized, work_size

Kind = Literal["person", "drawing", "plain", "general"]

_SIDE = 512
# Faces smaller than this part of the picture's shorter side are somewhere in it, and not what it shows.
_FACE = 0.14
# A block of 8×8 px is flat when its levels vary less than this (standard deviation).
_BLOCK, _FLAT = 8, 0.7
# Of a drawing: the part of all blocks that is flat, and how many colours these have that are each in so many of them.
_DRAWN, _COLOURS, _EACH = 0.5, 4, 0.02
# Of a plain ground: how much the picture's rim varies, in levels, after what changes evenly along it is taken off.
_RIM, _EVEN = 0.06, 7.0

_cascade_lock = threading.Lock()  # the detector keeps state


def kind_of(rgb: Rgb) -> Kind:
    """What the picture shows. Cost: about 40 ms at any size, most of it for faces.

    It says little rather than something wrong: of 46 photos it finds the face in all six that show one from the
    front, and takes no animal, thing or landscape for a person or a drawing.
    """
    check_rgb(rgb)
    if is_drawn(rgb):
        return "drawing"
    small = resized(rgb, work_size(rgb.shape[1], rgb.shape[0], _SIDE))
    if has_face(small):
        return "person"
    return "plain" if is_on_plain_ground(small) else "general"


def is_drawn(rgb: Rgb) -> bool:
    """Whether the picture is made of flat areas in several colours: no lens and no sensor leaves those."""
    seen = rgb if max(rgb.shape[:2]) <= 1280 else _middle(rgb, 1280)
    rows, columns = (side // _BLOCK * _BLOCK for side in seen.shape[:2])
    if min(rows, columns) < 8 * _BLOCK:
        return False
    blocks = seen[:rows, :columns].reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK, 3)
    blocks = blocks.transpose(0, 2, 1, 3, 4).reshape(-1, _BLOCK * _BLOCK, 3).astype(np.float32)
    flat = blocks.std(axis=1).max(axis=1) < _FLAT
    if flat.mean() < _DRAWN:
        return False
    colours = (blocks[flat].mean(axis=1) / 40).round().astype(np.int32) @ np.array([1, 16, 256])
    counts = np.unique(colours, return_counts=True)[1]
    return int((counts >= _EACH * len(blocks)).sum()) >= _COLOURS


def has_face(rgb: Rgb) -> bool:
    """Whether a face from the front takes a fair part of the picture, which is about 500 px long."""
    return bool(faces_in(rgb))


def faces_in(rgb: Rgb) -> list[Box]:
    """Faces from the front that take a fair part of a picture about 500 px long, brows to lips; largest first."""
    smallest = max(24, round(_FACE * min(rgb.shape[:2])))
    if smallest > min(rgb.shape[:2]):
        return []
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    with _cascade_lock:
        found = _cascade().detect_multi_scale(
            grey, scale_factor=1.2, step_ratio=1.3, min_size=(smallest, smallest),
            max_size=(min(grey.shape), min(grey.shape)), min_neighbor_number=4,
        )  # fmt: skip
    boxes = [Box(each["c"], each["r"], each["width"], each["height"]) for each in found]
    return sorted(boxes, key=lambda box: -box.width)


def is_on_plain_ground(rgb: Rgb) -> bool:
    """Whether the picture's rim is one colour, or one that changes evenly from side to side."""
    height, width = rgb.shape[:2]
    reach = max(2, round(_RIM * min(height, width)))
    y, x = np.mgrid[0:height, 0:width]
    # Not the lower edge: people and things stand on it.
    rim = (y < reach) | (((x < reach) | (x >= width - reach)) & (y < 0.85 * height))
    places = np.stack([x[rim] / width, y[rim] / height, np.ones(int(rim.sum()))], axis=1)
    levels = rgb[rim].astype(np.float64)
    even = places @ np.linalg.lstsq(places, levels, rcond=None)[0]
    # The median of the differences forgives a subject that crosses the rim somewhere.
    return bool(np.quantile(np.abs(levels - even).max(axis=1), 0.75) < _EVEN)


def _middle(rgb: Rgb, side: int) -> Rgb:
    top, left = (max(0, (have - side) // 2) for have in rgb.shape[:2])
    return rgb[top : top + side, left : left + side]


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]
