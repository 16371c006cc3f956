"""Where a person's head is, from the matte's outline and the face: what documents measure."""

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha, Rgb
from .evidence import faces_in
from .measures import Size
from .placement import Head
from .regions import without_specks
from .scale import resize_alpha, shrink, work_size

_SIDE = 512
# Of a neck: how much narrower than the head it is at most, and how much wider than it the shoulders are at least.
_NECK, _SHOULDERS = 0.9, 1.3
# Head heights, crown to chin, in units of the head's width, that are believed.
_SHORT, _LONG = 0.95, 1.75
# Where a jaw ends: how much of the way from the neck's width to the head's is left there.
_JAW = 0.08
# How much of a face's box the matte must cover.
_COVERED = 0.8
# Of a face's box: where its chin is, from the top; how far above it a crown is at most, both in units of its height.
_CHIN, _HAIR = 1.06, 0.75

Widths = npt.NDArray[np.float64]


def head_of(rgb: Rgb, alpha: Alpha, source: Size) -> Head | None:
    """Find the head of a person who is seen from the front (both H×W, maybe reduced), in px of a source of the
    size (width, height); None where there is none to be sure of.

    The crown is the outline's top above the face, hair included. The chin is where a face's box ends, or without a
    face found where the outline narrows to a neck and widens to shoulders. Cost: about 40 ms at any size.
    """
    size = work_size(alpha.shape[1], alpha.shape[0], _SIDE)
    small = without_specks(resize_alpha(alpha, size))
    found = _by_face(shrink(rgb, size), small) or _by_neck(small)
    if found is None:
        return None
    across, down = source[0] / size[0], source[1] / size[1]
    return Head(found.crown * down, found.chin * down, found.middle * across)


def _by_face(rgb: Rgb, alpha: Alpha) -> Head | None:
    box = next((box for box in faces_in(rgb) if alpha[box.slices].mean() >= _COVERED), None)
    if box is None:
        return None
    middle = box.left + box.width / 2
    columns = slice(max(0, round(middle - box.width / 4)), round(middle + box.width / 4) + 1)
    rows = np.flatnonzero((alpha[: box.top + box.height // 2, columns] > 0.5).mean(axis=1) > 0.3)
    crown = max(float(rows[0]), box.top - _HAIR * box.height) if rows.size else float(box.top)
    return Head(crown, box.top + _CHIN * box.height, middle)


def _by_neck(alpha: Alpha) -> Head | None:
    spans = _spans(alpha > 0.5)
    if len(spans) < 8:
        return None
    top, widths = spans[0][0], np.array([right - left for _, left, right in spans], np.float64)
    widths = cv2.blur(widths[:, None], (1, 5), borderType=cv2.BORDER_REPLICATE)[:, 0].astype(np.float64)
    neck = _neck(widths)
    if neck is None:
        return None
    widest = int(widths[:neck].argmax())
    wide = float(widths[widest])
    jaw = widths[neck] + _JAW * (wide - widths[neck])
    chin = widest + int(np.flatnonzero(widths[widest : neck + 1] <= jaw)[0])
    if not _SHORT * wide <= chin <= _LONG * wide:
        return None
    return Head(
        top, top + chin, float(np.median([(left + right) / 2 for _, left, right in spans[: chin + 1]]))
    )


def _neck(widths: Widths) -> int | None:
    """The narrowest row between a head and its shoulders: the first dip that is one."""
    for row in range(2, len(widths) - 2):
        head = float(widths[:row].max())
        if widths[row] > widths[row - 1] or widths[row] >= _NECK * head:
            continue
        rest = widths[row : row + round(1.2 * head)]
        wide = np.flatnonzero(rest >= _SHOULDERS * head)
        if wide.size:
            return row + int(rest[: wide[0]].argmin())
    return None


def _spans(inside: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """(row, left, right) of what hangs together from the top of the subject downwards, one row after the other."""
    rows = np.flatnonzero(inside.any(axis=1))
    if not rows.size:
        return []
    spans: list[tuple[int, int, int]] = []
    for row in range(int(rows[0]), len(inside)):
        runs = _runs(inside[row])
        if spans:
            _, left, right = spans[-1]
            runs = [run for run in runs if run[0] < right and run[1] > left]
        if not runs:
            break
        left, right = max(runs, key=lambda run: run[1] - run[0])
        spans.append((row, left, right))
    return spans


def _runs(row: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    steps = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(steps[::2], steps[1::2], strict=True)]
