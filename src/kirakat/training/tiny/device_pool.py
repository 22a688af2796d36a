"""The encoded renders in a GPU's memory, so that batches are drawn there, thousands a second."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import TrainingError
from kirakat.training.tiny.batches import Batch, LatentPool, Tokenise, no_text, thin
from kirakat.training.tiny.conditions import CLIP_MEAN, CLIP_STD
from kirakat.training.tiny.config import DiffusionTraining
from kirakat.training.tiny.latents import EncodedRender, EncodedView

if TYPE_CHECKING:
    from torch import Tensor

# Ways in which one caption loses phrases, and ways of saying nothing, tokenised beforehand.
_VARIANTS = 8
_NO_TEXTS = 256


@dataclass(frozen=True, kw_only=True)
class _Views:
    """All N views of one size, on the device."""

    # (N, C, h, w), half precision.
    pictures: Tensor
    scenes: Tensor
    # (N, drawings, H, W/8): edges, packed.
    controls: Tensor
    mirrored: Tensor
    # Index of each view's render (N,).
    renders: Tensor


class DevicePool(LatentPool):
    """As `LatentPool`, with the same shares of everything; draws other samples."""

    def __init__(self, tokenise: Tokenise, plan: DiffusionTraining, device: str) -> None:
        super().__init__(tokenise, plan)
        self._device = device
        self._renders: list[EncodedRender] = []
        self._views: dict[tuple[int, int], _Views] = {}
        # (R, S, S, 4), (R, variants, tokens) and (no texts, tokens).
        self._cutouts: Tensor | None = None
        self._tokens: Tensor | None = None
        self._no_texts: Tensor | None = None

    def add(self, renders: Iterable[EncodedRender]) -> None:
        """Take renders into the pool and onto the device."""
        import torch

        added = list(renders)
        super().add(added)
        self._renders += added
        places = {render.index: place for place, render in enumerate(self._renders)}
        for size, group in self._groups.items():
            self._views[size] = self._stacked(group, places)
        rng = np.random.default_rng(0)
        captions = [thin(one.caption, rng) for one in self._renders for _ in range(_VARIANTS)]
        tokens = self._tokenise(captions).view(len(self._renders), _VARIANTS, -1)
        self._tokens = tokens.to(self._device)
        self._no_texts = self._tokenise([no_text(rng) for _ in range(_NO_TEXTS)]).to(self._device)
        cutouts = np.stack([render.cutout for render in self._renders])
        self._cutouts = torch.from_numpy(cutouts).to(self._device)

    def draw(self, rng: np.random.Generator, batch: int, *, large: bool) -> Batch:
        """A batch on the device; all choices come from `rng`, so that it can be repeated."""
        import torch

        sizes = self.sizes()[1:] if large else self.sizes()[:1]
        if not sizes or self._tokens is None or self._no_texts is None:
            raise TrainingError("the pool holds no picture of the size asked for")
        counts = np.array([len(self._groups[size]) for size in sizes], float)
        views = self._views[sizes[int(rng.choice(len(sizes), p=counts / counts.sum()))]]
        chosen = self._on_device(rng.integers(len(views.renders), size=batch))
        empty, text, image, edges = (self._on_device(mask) for mask in self._masks(rng, batch))
        renders = views.renders[chosen]
        scenes = views.scenes[chosen].float()
        variant = self._on_device(rng.integers(_VARIANTS, size=batch))
        nothing = self._on_device(rng.integers(_NO_TEXTS, size=batch))
        said = torch.where(
            (text & ~empty)[:, None], self._tokens[renders, variant], self._no_texts[nothing]
        )
        return Batch(
            pictures=torch.where(
                empty[:, None, None, None], scenes, views.pictures[chosen].float()
            ),
            scenes=scenes,
            controls=self._controls(views, chosen, edges & ~empty, rng),
            products=self._products(renders, views.mirrored[chosen], rng),
            product_shown=image & ~empty,
            tokens=said,
        )

    def _masks(self, rng: np.random.Generator, batch: int) -> tuple[NDArray[Any], ...]:
        """Whether each sample is product-free, and keeps text, product and edges."""
        plan, draw = self._plan, rng.random(batch)
        text = draw >= plan.drop_both + plan.drop_text
        only_text = plan.drop_both + plan.drop_text + plan.drop_image
        image = (draw >= plan.drop_both) & (
            (draw < plan.drop_both + plan.drop_text) | (draw >= only_text)
        )
        empty = rng.random(batch) < plan.product_free
        edges = rng.random(batch) >= plan.drop_edges
        return empty, text, image, edges

    def _controls(
        self, views: _Views, chosen: Tensor, shown: Tensor, rng: np.random.Generator
    ) -> Tensor:
        import torch

        drawing = self._on_device(rng.integers(views.controls.shape[1], size=len(chosen)))
        packed = views.controls[chosen, drawing]
        bits = torch.arange(7, -1, -1, device=packed.device, dtype=torch.uint8)
        planes = ((packed[..., None] >> bits) & 1).flatten(-2).float()
        planes = planes * shown[:, None, None]
        return planes[:, None].expand(-1, 3, -1, -1)

    def _products(self, renders: Tensor, mirrored: Tensor, rng: np.random.Generator) -> Tensor:
        """(B, 3, S, S) as `conditions.product_picture` makes them, normalised for CLIP."""
        import torch

        if self._cutouts is None:
            raise TrainingError("the pool is empty")
        count = len(renders)
        cutouts = self._cutouts[renders].permute(0, 3, 1, 2).float()
        cutouts = torch.where(mirrored[:, None, None, None], cutouts.flip(-1), cutouts)
        ground = self._on_device(np.where(rng.random(count) < 0.7, 255.0, 128.0)).float()
        light = rng.uniform(0.85, 1.15, (count, 1)) * rng.uniform(0.96, 1.04, (count, 3))
        alpha = cutouts[:, 3:] / 255
        lit = (cutouts[:, :3] * self._on_device(light).float()[:, :, None, None]).clamp(0, 255)
        picture = (alpha * lit + (1 - alpha) * ground[:, None, None, None] + 0.5).floor() / 255
        mean, std = (
            torch.tensor(values, device=self._device).view(1, 3, 1, 1)
            for values in (CLIP_MEAN, CLIP_STD)
        )
        return (picture - mean) / std

    def _stacked(
        self, group: list[tuple[EncodedRender, EncodedView]], places: dict[int, int]
    ) -> _Views:
        import torch

        def stack(arrays: Iterable[NDArray[Any]]) -> Tensor:
            return torch.from_numpy(np.stack(list(arrays))).to(self._device)

        return _Views(
            pictures=stack(view.picture for _, view in group),
            scenes=stack(view.scene for _, view in group),
            controls=stack(view.controls for _, view in group),
            mirrored=torch.tensor([view.mirrored for _, view in group], device=self._device),
            renders=torch.tensor(
                [places[render.index] for render, _ in group], device=self._device
            ),
        )

    def _on_device(self, values: NDArray[Any]) -> Tensor:
        import torch

        return torch.from_numpy(values).to(self._device)
