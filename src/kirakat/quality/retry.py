"""What to change when a creative is made again: another thing for each defect."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kirakat.types import Defect, Recipe

MAX_RETRIES = 2
# Growth and shrinkage of the product for each retry of one that is too small or cut.
GROW, SHRINK = 1.3, 0.85
# Control added and share of the noise schedule taken away against a virtual extension.
MORE_CONTROL, LESS_STRENGTH = 0.2, 0.12


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The changes of the next attempt; its seed is another one anyway."""

    # 1 for the first retry.
    attempt: int
    recipe: Recipe
    # Whether to start from the next of the suiting scenes.
    other_scene: bool = False
    # Factor on the share of the safe area that the product takes.
    fill: float = 1.0
    # For the log and the reviewer.
    why: str


def retry_for(defect: Defect, attempt: int, recipe: Recipe) -> Retry | None:
    """What suits `defect` after attempt number `attempt` (0 was the first); None to give up.

    A wrong mask or altered pixels come out the same every time: they get no retry.
    """
    if attempt >= MAX_RETRIES or defect in (Defect.BAD_MASK, Defect.PRODUCT_ALTERED):
        return None
    following = attempt + 1
    if defect is Defect.TOO_SMALL:
        return Retry(attempt=following, recipe=recipe, fill=GROW, why="larger product")
    if defect is Defect.CUT:
        return Retry(attempt=following, recipe=recipe, fill=SHRINK, why="smaller product")
    if defect is Defect.VIRTUAL_EXTENSION:
        return _against_extension(following, recipe)
    if defect is Defect.FLOATING:
        return _against_floating(following, recipe)
    return _against_halo(following, recipe)


def _against_extension(attempt: int, recipe: Recipe) -> Retry:
    sampling = replace(
        recipe.sampling,
        control_scale=min(recipe.sampling.control_scale + MORE_CONTROL, 1.2),
        control_end=1.0,
        strength=max(recipe.sampling.strength - LESS_STRENGTH, 0.15),
    )
    stronger = replace(recipe, sampling=sampling, contour=True)
    again = attempt == MAX_RETRIES
    why = "stronger control and less noise" + (", another scene" if again else "")
    return Retry(attempt=attempt, recipe=stronger, other_scene=again, why=why)


def _against_floating(attempt: int, recipe: Recipe) -> Retry:
    if recipe.shadow == "soft":
        return Retry(attempt=attempt, recipe=recipe, other_scene=True, why="another scene")
    grounded = replace(recipe, shadow="soft")
    return Retry(attempt=attempt, recipe=grounded, why="a soft shadow that touches the base")


def _against_halo(attempt: int, recipe: Recipe) -> Retry:
    """A rim shows against some grounds only, and what the model drew close to it may add to it."""
    if recipe.shadow == "hard":
        softer = replace(recipe, shadow="soft")
        return Retry(attempt=attempt, recipe=softer, why="a softer shadow")
    calmer = replace(
        recipe,
        sampling=replace(
            recipe.sampling, strength=max(recipe.sampling.strength - LESS_STRENGTH, 0.15)
        ),
    )
    return Retry(attempt=attempt, recipe=calmer, other_scene=True, why="another scene, less noise")
