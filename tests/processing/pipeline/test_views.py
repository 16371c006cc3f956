"""What each look of a net is shown."""

import numpy as np
import pytest

from processing.pipeline.looks import look
from processing.pipeline.recipe import LOOKS
from processing.pipeline.views import VIEWS, View, asked


class Net:
    """A net that may be asked for views, and keeps which it was asked for."""

    def __init__(self, seen=None, view=None):
        self.seen = [] if seen is None else seen
        self.view = view

    def seeing(self, view):
        return Net(self.seen, view)

    def __call__(self, rgb):
        self.seen.append(self.view)
        return np.asarray(rgb[::4, ::4, 0] / np.float32(255), np.float32)


def subject():
    rgb = np.zeros((160, 200, 3), np.uint8)
    rgb[40:120, 60:140] = 255
    return rgb


@pytest.mark.parametrize("looks", LOOKS.values())
def test_each_look_has_its_view(looks):
    net = Net()
    look(subject(), net, looks)
    assert net.seen == list(VIEWS[looks])
    assert len(net.seen) == int(looks)


def test_a_plain_function_is_asked_as_it_is():
    net = Net()
    plain = net.__call__
    assert asked(plain, "2") == (plain, plain)


def test_more_looks_see_more():
    pixels = [sum(view.share for view in VIEWS[looks]) for looks in LOOKS.values()]
    assert pixels == sorted(pixels)
    assert VIEWS["1"][0] == View(0.74)
