"""Figure 3: the steps of one product as one picture."""

from __future__ import annotations

from kirakat.pipeline.steps import draw_steps
from kirakat.training.figures.arms import Arm, Case, Studios, draw
from kirakat.training.figures.strips import draw_strip
from kirakat.types import RGB


def draw_figure3(case: Case, arm: Arm, studios: Studios, *, cell: int = 300) -> RGB:
    """Photo, mask, placed product, edges, what the model drew, product cut back, (h, w, 3)."""
    (picture,) = draw([case], arm, studios)
    steps = draw_steps(case.product.subject, picture.rendered)
    return draw_strip([[step.pixels for step in steps]], [step.name for step in steps], cell=cell)
