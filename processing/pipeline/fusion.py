"""Several looks at one picture become one matte: the surer counts more, and the colours settle what is disputed."""

import cv2
import numpy as np
import numpy.typing as npt

from .arrays import Alpha, Mask, Rgb
from .regions import Box
from .scale import Floats, resize_alpha

# How much a closer look counts against the whole picture, where the subject is two to three times as fine.
CLOSER = 2.0
# Levels this near to 0 and 1 count as equally sure: log-odds beyond it tell a net's habit, not its doubt.
SURE = 0.02
# How much more decided looks are where they contradict each other fully, and how much the colours count there.
DECIDED, COLOURS = 1.0, 2.0
# Levels below and above which all looks agree; the colours there are the background's and the subject's.
BELOW, ABOVE = 0.3, 0.7
# The most that a colour can say (log-odds), how rare one is that was never met, and over how many px it is averaged.
LOUDEST, RARE, NEAR = 3.0, 1e-4, 7
# Fewer pixels of a kind than this tell nothing about its colours.
FEWEST = 50
BINS = 16  # of each channel


class Opinions:
    """What several looks say of one picture, joined by the mean of their log-odds.

    Levels would be averaged to a grey that no look has seen where looks contradict each other; of log-odds the surer
    look decides, and what all see as soft stays soft. Cost: 20 ms a look, 30 ms to join at 1024 px.
    """

    def __init__(self, rgb: Rgb, whole: Alpha) -> None:
        """`rgb` (h×w×3) is the picture at the size of the first look `whole` (h×w)."""
        self.rgb = rgb
        self.total, self.weight = _odds(whole), np.ones_like(whole)
        self.low, self.high = whole.copy(), whole.copy()

    def hear(self, box: Box, weight: Alpha, parts: list[Alpha]) -> None:
        """Add looks at `box`, which count by `weight` (0..1, of the box's size)."""
        low, high = self.low[box.slices], self.high[box.slices]
        for part in parts:
            fine = resize_alpha(part, (box.width, box.height))
            self.total[box.slices] += np.float32(CLOSER) * weight * _odds(fine)
            self.weight[box.slices] += np.float32(CLOSER) * weight
            low += weight * (np.minimum(low, fine) - low)
            high += weight * (np.maximum(high, fine) - high)

    @property
    def joined(self) -> Alpha:
        """The matte, h×w float32 in 0..1."""
        dispute = self.high - self.low
        odds = self.total / self.weight * (1 + np.float32(DECIDED) * dispute)
        odds += np.float32(COLOURS) * dispute * told_by_colours(self.rgb, self.high < BELOW, self.low > ABOVE)
        levels = 1 / (1 + np.exp(-odds))
        return np.asarray(np.clip((levels - SURE) / (1 - 2 * SURE), 0, 1), np.float32)


def told_by_colours(rgb: Rgb, background: Mask, foreground: Mask) -> Floats:
    """Return h×w: the log-odds by which each colour of `rgb` is met rather in the foreground than in the background.

    Gain where looks are in dispute, on the photos named in `looks.look`; IoU, share of 0.9 or more, mean error: two
    looks 0.918, 0.722, 0.0195 -> 0.922, 0.756, 0.0183; four 0.923, 0.756, 0.0178 -> 0.924, 0.778, 0.0173. Both halves
    of the scenes gain. On nine subjects before plain colours the mean error of two looks falls from 0.023 to 0.011.
    """
    if min(background.sum(), foreground.sum()) < FEWEST:
        return np.zeros(rgb.shape[:2], np.float32)
    red, green, blue = ((plane // (256 // BINS)).astype(np.uint16) for plane in cv2.split(rgb))
    shades = (red * BINS + green) * BINS + blue
    front, back = (_common(shades[where]) for where in (foreground, background))
    odds = np.asarray(np.log((front + RARE) / (back + RARE)), np.float32)
    return np.asarray(np.clip(cv2.blur(odds[shades], (NEAR, NEAR)), -LOUDEST, LOUDEST), np.float32)


def _common(shades: npt.NDArray[np.uint16]) -> Floats:
    """Which part of some pixels has each shade, or one beside it."""
    count = np.bincount(shades, minlength=BINS**3).reshape(BINS, BINS, BINS) / shades.size
    for axis in range(3):
        wide = np.pad(count, [(1, 1) if each == axis else (0, 0) for each in range(3)], mode="edge")
        first, middle, last = (np.take(wide, range(at, at + BINS), axis) for at in range(3))
        count = (first + 2 * middle + last) / 4
    return np.asarray(count.ravel(), np.float32)


def _odds(alpha: Alpha) -> Floats:
    """Log-odds of levels, those within SURE of 0 and 1 alike."""
    level = np.clip(alpha, np.float32(SURE), np.float32(1 - SURE))
    return np.asarray(np.log(level / (1 - level)), np.float32)
