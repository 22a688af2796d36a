"""How many steps a schedule needs so that a given number of them is really run.

`Sampling.steps` is the number of times the UNet runs, whatever the strength: the cost of a
picture is known beforehand, and a low strength never leaves too few steps. diffusers counts
the other way round: it takes the length of the whole schedule, of which it runs
`int(length * strength)` steps.
"""

from __future__ import annotations

from kirakat.errors import ModelError
from kirakat.types import Sampling


def schedule_length(sampling: Sampling, limit: int) -> int:
    """Steps of the whole schedule of which the last `sampling.steps` start at its strength.

    The strength really run is steps / length: the nearest one that the schedule has. `limit`
    is the longest schedule; raises `ModelError` when it is too short for the strength.
    """
    length = max(sampling.steps, round(sampling.steps / sampling.strength))
    if length > limit:
        raise ModelError(
            f"{sampling.steps} steps at strength {sampling.strength} need a schedule of {length} "
            f"steps, but this scheduler has {limit}; take fewer steps or a higher strength"
        )
    return length


def control_share(sampling: Sampling) -> float:
    """The share of the run steps after which the ControlNet is released, at least one step.

    diffusers drops a step that ends after the share, so that with few steps a share of 0.8
    would mean none at all.
    """
    return min(1.0, max(sampling.control_end, 1.0 / sampling.steps))


def check_sampling(sampling: Sampling) -> None:
    """Raise `ModelError` for values that no generator can draw with."""
    if sampling.steps < 1:
        raise ModelError(f"steps must be at least 1, not {sampling.steps}")
    if not 0.0 < sampling.strength <= 1.0:
        raise ModelError(f"strength must be above 0 and at most 1, not {sampling.strength}")
    if not 0.0 < sampling.control_end <= 1.0:
        raise ModelError(
            f"control_end must be above 0 and at most 1, not {sampling.control_end}; "
            "control_scale 0 switches the control off"
        )
    if sampling.control_scale < 0.0 or sampling.image_scale < 0.0:
        raise ModelError("control_scale and image_scale must not be negative")
