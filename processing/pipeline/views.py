"""How many pixels of a picture a net is shown, and in which shape, for nets that take several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from .arrays import Alpha, Predict, Rgb


@dataclass(frozen=True, slots=True)
class View:
    """`share`: of the pixels of the net's own square; `square`: squeezed to one, as the net was trained, else in the
    picture's own shape."""

    share: float = 0.88
    square: bool = False


@runtime_checkable
class Flexible(Protocol):
    """A net that can be asked for a view; called as it is, it chooses one itself."""

    def __call__(self, rgb: Rgb) -> Alpha: ...

    def seeing(self, view: View) -> Predict: ...


USUAL = View()

# What each look sees, by how often the net looks (see looks.look). With u2net (INT8, refined) on 18 photos with
# masks, then on 72 altered copies: IoU, share of 0.9 or more, SAD in thousands, gradient error; pixels in all:
#   one look     square, 1.00          0.9088 .722 5.59 .0996   0.9085 .653 4.64 .0865   1.00
#                0.68                  0.9091 .667 5.89 .1081   0.9082 .681 4.94 .0912   0.60
#                0.74                  0.9132 .667 5.40 .1038   0.9114 .667 4.64 .0872   0.69
#                0.81                  0.9119 .667 5.52 .1061   0.9109 .667 4.69 .0881   0.74
#                1.00                  0.9283 .778 4.48 .0910   0.9162 .694 4.17 .0821   0.94
#   two looks    both square, 1.00     0.9249 .778 4.54 .0941   0.9246 .778 3.66 .0834   2.00
#                0.86, square 0.81     0.9262 .778 4.55 .0956   0.9211 .764 4.02 .0861   1.57
#                0.88, square 0.81     0.9286 .833 4.38 .0934   0.9187 .764 4.13 .0874   1.64
#                0.88, 0.88            0.9266 .778 4.34 .0902   0.9138 .722 4.36 .0879   1.66
#   four looks   all square, 1.00      0.9303 .833 4.18 .0955   0.9283 .778 3.31 .0830   4.00
#                1, 1, 1.44, 1.21      0.9324 .833 4.03 .0894   0.9269 .806 3.31 .0828   4.40
# A look's time is in proportion to its pixels. Several looks gain by seeing differently.
VIEWS: dict[str, tuple[View, ...]] = {
    "1": (View(0.74),),
    "2": (View(0.86), View(0.81, square=True)),
    "4": (View(1.0), View(1.0), View(1.44), View(1.21)),
}


def asked(predict: Predict, looks: str) -> tuple[Predict, ...]:
    """`predict` for each of `looks`, with the view that it is to have of the picture."""
    views = VIEWS[looks]
    return tuple(predict.seeing(view) if isinstance(predict, Flexible) else predict for view in views)
