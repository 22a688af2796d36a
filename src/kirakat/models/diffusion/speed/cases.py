"""What is measured: a class of model, a way to sample, a size."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kirakat.errors import ModelError
from kirakat.types import Sampling


@dataclass(frozen=True, kw_only=True)
class Case:
    """Pictures of one size drawn in one way, always with ControlNet and IP-Adapter."""

    name: str
    # "sd15" or "sdxl".
    kind: str
    # Side of the square picture in pixels.
    side: int
    scheduler: str
    sampling: Sampling
    # Pictures a second that are aimed at on an H200; 0: none.
    goal: float = 0.0

    @property
    def passes(self) -> int:
        """Rows of the networks a picture: two where guided."""
        return 2 if self.sampling.guidance > 1.0 else 1


def _case(
    kind: str, side: int, steps: int, guidance: float, control_end: float, goal: float = 0.0
) -> Case:
    return Case(
        name=f"{kind}-{steps}",
        kind=kind,
        side=side,
        scheduler="lcm" if guidance <= 1.0 else "dpm++",
        goal=goal,
        sampling=Sampling(
            steps=steps,
            guidance=guidance,
            strength=1.0,
            control_scale=0.8,
            control_end=control_end,
            image_scale=0.5,
        ),
    )


CASES = (
    _case("sd15", 512, 4, 1.0, 1.0, goal=100.0),
    _case("sd15", 512, 20, 6.0, 0.7),
    _case("sdxl", 1024, 4, 1.0, 1.0, goal=10.8),
    _case("sdxl", 1024, 20, 6.0, 0.7),
)


def miniature(case: Case) -> Case:
    """Small and short, for the miniature networks."""
    sampling = replace(case.sampling, steps=min(4, case.sampling.steps))
    return replace(case, side=64, sampling=sampling)


def find_cases(names: str) -> list[Case]:
    """The cases of a comma-separated list; raises `ModelError` for an unknown one."""
    known = {case.name: case for case in CASES}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    strange = [name for name in wanted if name not in known]
    if strange or not wanted:
        raise ModelError(f"no such case: {', '.join(strange) or names}; known: {', '.join(known)}")
    return [known[name] for name in wanted]
