"""How the net is asked: which crops of the picture it sees, and what becomes of its answers."""

import cv2
import numpy as np

from .arrays import Alpha, Predict, Rgb, check_alpha, check_rgb
from .errors import PipelineError
from .regions import Box, box_of
from .scale import halved, resize_alpha, work_size

# The picture is halved while it stays this long: cheaper than a net's own resampling of all pixels, and a
# 320 px net still gets four times the pixels it uses.
_SEEN_SIDE = 1280
# The longest side of a matte that joins several looks.
_JOINED_SIDE = 1024

# A matte that nowhere reaches this is a guess about nothing. Flat colours and noise stay below 0.03 with
# u2net, drawings without a subject below 0.13; the faintest real subject met was at 0.69.
FAINT = 0.25
# Colours that vary less than this (standard deviation in levels) show nothing at all.
FLAT = 1.0
# Margin around the subject's box for the closer look, of its longer side.
_MARGIN = 0.15
# How much the whole picture and its mirror image count: writing, hands and shadows are mirrored too.
_WEIGHTS = (2.0, 1.0)
# How much the closer look counts against the first, by the part of the picture that it covers: (covered, weight).
# A crop hardly smaller than the picture shows no more detail and hides what told subject from background.
_TRUST_IN_CLOSER = ((0.5, 0.8), (0.7, 0.3))
# Where looks disagree by half of full scale or more the majority decides, this steeply.
_STEEP = 16.0


def look(rgb: Rgb, predict: Predict, looks: str, *, reduced: bool = True) -> Alpha:
    """Return the raw soft matte of `rgb`, h×w float32 in 0..1, at the size the net gives or better.

    "1": the whole picture. "2": also the subject's box with a margin, mirrored, joined to a matte of at most
    1024 px. "3": the whole picture mirrored as well. The matte covers the whole picture; its aspect may differ
    from it. Measured with u2net (fp32, before refinement) on 18 photos with masks, each as it is, cropped,
    recoloured, and mirrored + reduced + recompressed; IoU, share of 0.9 or more, mean error: "1" 0.900, 0.639,
    0.0205; a crop that is not mirrored 0.909, 0.681, 0.0186; "2" 0.914, 0.736, 0.0179; "3" 0.915, 0.736, 0.0186
    (the order of "2" and "3" turns with the mirroring of the photos: chance). Mistakes of looks that differ in
    both crop and direction coincide least. Each costs a run of the net. `reduced`: the
    net sees a copy of about twice its own size, not the full picture, which only a remote service can use.
    Raises PipelineError unknown_foreground where there is nothing to find.
    """
    seen = halved(check_rgb(rgb), _SEEN_SIDE) if reduced else check_rgb(rgb)
    if float(cv2.meanStdDev(np.ascontiguousarray(seen[::4, ::4]))[1].max()) < FLAT:
        raise PipelineError("unknown_foreground")
    whole = stretched(predict(seen))
    if looks == "1":
        return whole
    wholes = [whole]
    if looks == "3":
        wholes += _sure(_mirrored(seen, predict))
    return _closer(rgb, wholes, predict)


def stretched(alpha: Alpha) -> Alpha:
    """Return a hesitant matte scaled so that its peak is 1; raise unknown_foreground for a faint one."""
    peak = float(alpha.max())
    # Written so that NaN is refused too.
    if not peak >= FAINT:
        raise PipelineError("unknown_foreground")
    return check_alpha(alpha) / np.float32(peak)


def _mirrored(rgb: Rgb, predict: Predict) -> Alpha:
    """The matte of the mirror image, mirrored back: what is chance differs."""
    return np.ascontiguousarray(predict(np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1])


def _sure(alpha: Alpha) -> list[Alpha]:
    """A further look's matte with its peak at 1; none where it found nothing, as the first look found something."""
    peak = float(check_alpha(alpha).max())
    return [alpha / np.float32(peak)] if peak >= FAINT else []


def _closer(rgb: Rgb, wholes: list[Alpha], predict: Predict) -> Alpha:
    """Return the average of `wholes` improved by a look at the subject's surroundings alone."""
    size, box = _plan(rgb, wholes[0])
    if not box.width:  # a crumb of a very long picture: nothing is left of it at this size
        return wholes[0]
    mattes = [resize_alpha(whole, size) for whole in wholes]
    parts = _sure(_mirrored(halved(_crop(rgb, box, size), _SEEN_SIDE), predict))
    joined = np.average(mattes, axis=0, weights=_WEIGHTS[: len(mattes)]).astype(np.float32)
    low, high = np.minimum.reduce(mattes), np.maximum.reduce(mattes)
    for part in parts:
        fine = resize_alpha(part, (box.width, box.height))
        weight = _fading(box, size) * np.float32(_trust(box.width * box.height / joined.size))
        joined[box.slices] += weight * (fine - joined[box.slices])
        low[box.slices] = np.minimum(low[box.slices], fine)
        high[box.slices] = np.maximum(high[box.slices], fine)
    return _decided(joined, high - low)


def _trust(covered: float) -> float:
    """Weight of a closer look that covers this part of the picture."""
    (from_, most), (to, least) = _TRUST_IN_CLOSER
    return float(np.interp(covered, (from_, to), (most, least)))


def _decided(alpha: Alpha, spread: Alpha) -> Alpha:
    """Return `alpha` decided to either side as far as the looks disagree (`spread`, 0..1).

    An average of looks that contradict each other is no transparency. What all looks see as soft stays soft.
    Gain, on the photos named in `look`: mean error -4 %.
    """
    steep = 1 / (1 + np.exp(np.float32(-_STEEP) * (alpha - np.float32(0.5))))
    decided = alpha + np.minimum(2 * spread, 1) * (steep - alpha)
    return np.asarray(np.clip(decided, 0, 1), dtype=np.float32)


def _plan(rgb: Rgb, whole: Alpha) -> tuple[tuple[int, int], Box]:
    """Return (width, height) of the joined matte, and the subject's surroundings in its pixels.

    The joined matte is as fine as the closer look will be: finer would only pretend, as later steps take a
    matte's own pixel for its uncertainty.
    """
    size = work_size(rgb.shape[1], rgb.shape[0], _JOINED_SIDE)
    box = _surroundings(resize_alpha(whole, size))
    finer = (whole.size / max(1, box.width * box.height)) ** 0.5
    size = work_size(rgb.shape[1], rgb.shape[0], min(_JOINED_SIDE, max(1, round(finer * max(size)))))
    return size, _surroundings(resize_alpha(whole, size))


def _surroundings(alpha: Alpha) -> Box:
    """Return the box of what is probably foreground, with a margin on each side."""
    height, width = alpha.shape
    box = box_of(alpha, 0.3)
    if not box.width:
        return box
    pad = round(_MARGIN * max(box.width, box.height))
    left, top = max(0, box.left - pad), max(0, box.top - pad)
    right, bottom = min(width, box.left + box.width + pad), min(height, box.top + box.height + pad)
    return Box(left, top, right - left, bottom - top)


def _crop(rgb: Rgb, box: Box, size: tuple[int, int]) -> Rgb:
    """Return the part of `rgb` that `box`, in pixels of a (width, height) copy, covers."""
    across, down = rgb.shape[1] / size[0], rgb.shape[0] / size[1]
    rows = slice(int(box.top * down), round((box.top + box.height) * down))
    columns = slice(int(box.left * across), round((box.left + box.width) * across))
    return rgb[rows, columns]


def _fading(box: Box, size: tuple[int, int]) -> Alpha:
    """Return weights over `box`: 1 inside, down to 0 at those borders that are not the picture's own."""
    rows = _ramp(box.height, box.top > 0, box.top + box.height < size[1])
    columns = _ramp(box.width, box.left > 0, box.left + box.width < size[0])
    return np.minimum(rows[:, None], columns[None, :])


def _ramp(length: int, at_start: bool, at_end: bool) -> Alpha:
    reach = max(1.0, 0.08 * length)
    distance = np.arange(length, dtype=np.float32)
    start = distance / reach if at_start else np.ones(length, np.float32)
    end = distance[::-1] / reach if at_end else np.ones(length, np.float32)
    return np.minimum(np.minimum(start, end), 1).astype(np.float32)
