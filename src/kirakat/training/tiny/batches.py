"""Draw diffusion batches from encoded renders, with conditions dropped as CFG needs."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import TrainingError
from kirakat.training.tiny.conditions import normalise_for_clip, product_picture
from kirakat.training.tiny.config import DiffusionTraining
from kirakat.training.tiny.latents import EncodedRender, EncodedView

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Token ids (B, tokens) of captions.
Tokenise = Callable[[Sequence[str]], "Tensor"]
# What a caption is replaced with where text is dropped: nothing, or what people write as
# negative prompt, so that guidance leads away from either.
_NEGATIVES = (
    "text", "letters", "logo", "watermark", "people", "hands", "second product", "clutter",
    "blurry", "low quality", "deformed", "smeared product",
)  # fmt: skip
# Chance that one phrase of a caption is left out.
_PHRASE_DROP = 0.15


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples of one size."""

    # (B, C, h, w) latents, with the product and without.
    pictures: Tensor
    scenes: Tensor
    # (B, 3, H, W) in {0, 1}.
    controls: Tensor
    # (B, 3, S, S), normalised for CLIP, and whether each is shown (B,).
    products: Tensor
    product_shown: Tensor
    # (B, tokens)
    tokens: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        fields = dataclasses.fields(self)
        return Batch(**{field.name: getattr(self, field.name).to(device) for field in fields})


class LatentPool:
    """Encoded renders in memory, grouped by size."""

    def __init__(self, tokenise: Tokenise, plan: DiffusionTraining) -> None:
        self._tokenise = tokenise
        self._plan = plan
        self._groups: dict[tuple[int, int], list[tuple[EncodedRender, EncodedView]]]
        self._groups = defaultdict(list)

    def add(self, renders: Iterable[EncodedRender]) -> None:
        """Take renders into the pool; they may be added while a training runs."""
        for render in renders:
            for view in render.views:
                height, width = view.picture.shape[1:]
                self._groups[height, width].append((render, view))

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    def sizes(self) -> list[tuple[int, int]]:
        """Latent sizes (h, w), smallest area first; only the first is small."""
        return sorted(self._groups, key=lambda size: size[0] * size[1])

    def small_pictures(self, most: int) -> Tensor:
        """Latents (B, C, h, w) of the smallest size, evenly picked from all, at most so many."""
        import torch

        group = self._groups[self.sizes()[0]]
        chosen = group[:: max(1, -(-len(group) // most))]
        return torch.from_numpy(np.stack([view.picture for _, view in chosen])).float()

    def draw(self, rng: np.random.Generator, batch: int, *, large: bool) -> Batch:
        """A batch of the smallest size, or of one of the larger, as often as they are stored."""
        sizes = self.sizes()[1:] if large else self.sizes()[:1]
        if not sizes:
            raise TrainingError("the pool holds no picture of the size asked for")
        counts = np.array([len(self._groups[size]) for size in sizes], float)
        group = self._groups[sizes[int(rng.choice(len(sizes), p=counts / counts.sum()))]]
        chosen = [group[int(rng.integers(len(group)))] for _ in range(batch)]
        return self._assemble(chosen, rng)

    def without_conditions(self, batch: Batch) -> Batch:
        """The same samples with no text and no product, which guidance leads away from."""
        import torch

        return dataclasses.replace(
            batch,
            tokens=self._tokenise([""] * len(batch.tokens)).to(batch.tokens.device),
            product_shown=torch.zeros_like(batch.product_shown),
        )

    def _assemble(
        self, chosen: Sequence[tuple[EncodedRender, EncodedView]], rng: np.random.Generator
    ) -> Batch:
        import torch

        pictures, scenes, controls, products, shown, captions = [], [], [], [], [], []
        for render, view in chosen:
            empty = rng.random() < self._plan.product_free
            text, image = self._kept(rng)
            edges = not empty and rng.random() >= self._plan.drop_edges
            pictures.append(view.scene if empty else view.picture)
            scenes.append(view.scene)
            controls.append(_control(view, rng) * np.float32(edges))
            cutout = render.cutout[:, ::-1] if view.mirrored else render.cutout
            products.append(product_picture(cutout, rng))
            shown.append(image and not empty)
            captions.append(thin(render.caption, rng) if text and not empty else no_text(rng))
        planes = torch.from_numpy(np.stack(controls))[:, None]
        return Batch(
            pictures=torch.from_numpy(np.stack(pictures)).float(),
            scenes=torch.from_numpy(np.stack(scenes)).float(),
            controls=planes.expand(-1, 3, -1, -1),
            products=torch.from_numpy(normalise_for_clip(np.stack(products))),
            product_shown=torch.tensor(shown),
            tokens=self._tokenise(captions),
        )

    def _kept(self, rng: np.random.Generator) -> tuple[bool, bool]:
        """Whether (text, image) of a sample are kept."""
        plan, draw = self._plan, rng.random()
        if draw < plan.drop_both:
            return False, False
        if draw < plan.drop_both + plan.drop_text:
            return False, True
        return True, draw >= plan.drop_both + plan.drop_text + plan.drop_image


def _control(view: EncodedView, rng: np.random.Generator) -> NDArray[np.float32]:
    packed = view.controls[int(rng.integers(len(view.controls)))]
    return np.unpackbits(packed, axis=-1).astype(np.float32)


def thin(caption: str, rng: np.random.Generator) -> str:
    """A caption without some of its phrases, since people write shorter prompts."""
    phrases = caption.split(", ")
    kept = [phrase for phrase in phrases if rng.random() >= _PHRASE_DROP]
    return ", ".join(kept or phrases)


def no_text(rng: np.random.Generator) -> str:
    """What stands where text is dropped: nothing, or some of a negative prompt."""
    if rng.random() < 0.5:
        return ""
    kept = [phrase for phrase in _NEGATIVES if rng.random() < 0.7]
    return ", ".join(kept)
