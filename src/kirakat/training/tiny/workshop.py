"""A folder in which kirakat-tiny is trained: what each stage finds there and leaves there.

renders/<index>/       picture, twin, matte, caption (`kirakat train renders`)
composites/<index>/    the same, from products of the renders and scenes of the library
autoencoder.pt         checkpoint of the first stage
vae/                   its averaged weights, latents standardised
tokenizer/             trained on the captions
latents/<index>.npz    encoded renders
plan.json              steps that fit into the time given, once measured
diffusion.pt           checkpoint of the second stage
distilled.pt           checkpoint of the third, which draws in few steps
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from kirakat.errors import TrainingError
from kirakat.prompts.pool import load_pools
from kirakat.scenes.library import load_scenes
from kirakat.training.tiny.autoencoder import (
    AutoencoderStep,
    new_autoencoder_state,
    train_autoencoder,
)
from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.checkpoint import TrainingState, load_state, save_state
from kirakat.training.tiny.composites import Composer, cut_products, write_composites
from kirakat.training.tiny.config import TinyConfig
from kirakat.training.tiny.crops import CropPool
from kirakat.training.tiny.dataset import TrainingRender, is_held_out, list_renders
from kirakat.training.tiny.device_pool import DevicePool
from kirakat.training.tiny.diffusion import DiffusionStep, new_diffusion_state, train_diffusion
from kirakat.training.tiny.distil import DistilStep, distil, new_distillation_state
from kirakat.training.tiny.evaluate import (
    Evaluation,
    reconstruction_quality,
    velocity_error,
)
from kirakat.training.tiny.export import averaged_autoencoder, averaged_modules, export_model
from kirakat.training.tiny.latents import (
    EncodedRender,
    encode_pixels,
    encode_render,
    load_encoded,
    save_encoded,
    standardise_latents,
)
from kirakat.training.tiny.memorising import Pixels, measure_memorising
from kirakat.training.tiny.objective import channel_weights
from kirakat.training.tiny.sample import decode_latents, sample_latents
from kirakat.training.tiny.tokenizer import save_tokenizer, tokenise, train_tokenizer

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import CLIPTokenizer

_Step = TypeVar("_Step")

# Pictures from which the latents' mean and deviation are measured.
_STANDARDISED_ON = 64
# Pictures from which the weights of the latents' channels are measured.
_WEIGHED_ON = 16
# Most pictures of the training, and of those held out, with which drawn ones are compared.
_COMPARED_WITH = 400
# Dead-leaves pictures that teach edges and textures beside the renders.
_PROCEDURAL = 150


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """One training's folder and settings."""

    folder: Path
    config: TinyConfig
    device: str = "cpu"
    # Steps between two checkpoints.
    save_every: int = 500
    # The library's scenes, from which composites are made.
    scenes: Path | None = None

    def composites(self) -> Generator[int, None, None]:
        """Put products of the renders into the library's scenes; yields how many are made.

        Products of held-out renders are left out. Raises `TrainingError` without scenes.
        """
        folder, count = self.folder / "composites", self.config.data.composites
        if len(list(folder.glob("*/caption.txt"))) >= count:
            return
        if self.scenes is None:
            raise TrainingError("composites need a folder of scenes")
        composer = Composer(
            products=cut_products(self._trained_renders()),
            scenes=load_scenes([self.scenes]),
            pools=load_pools(),
            side=self.config.data.picture,
        )
        yield from write_composites(folder, composer, count=count, seed=self.config.data.seed)

    def autoencoder(self) -> Generator[AutoencoderStep, None, None]:
        """Train the first stage, from its checkpoint if there is one; then write `vae/`."""
        state = self._resumed(new_autoencoder_state(self.config, self.device), "autoencoder.pt")
        plan = self.config.autoencoder_training
        crops = CropPool(
            procedural=_PROCEDURAL,
            procedural_side=self.config.data.picture // 2,
            procedural_share=plan.procedural_share,
            seed=self.config.data.seed,
        )
        renders = self._training_renders()
        with ThreadPoolExecutor(self._threads) as threads:
            crops.add(threads.map(TrainingRender.picture, renders))
            crops.add(threads.map(TrainingRender.twin, renders))
        steps = train_autoencoder(state, plan, crops.draw)
        yield from self._saved(steps, state, "autoencoder.pt")
        self._write_vae()

    def diffusion(self, pool: LatentPool | None = None) -> Generator[DiffusionStep, None, None]:
        """Train the second stage, from its checkpoint if there is one, on `pool()`."""
        state = self._resumed(new_diffusion_state(self.config, self.device), "diffusion.pt")
        pool = pool or self.pool()
        weights = self._channel_weights(self._vae(), pool)
        steps = train_diffusion(state, self.config.diffusion_training, pool, weights)
        yield from self._saved(steps, state, "diffusion.pt")

    def distil(self, pool: LatentPool | None = None) -> Generator[DistilStep, None, None]:
        """Train the third stage on what the second one learnt, from its checkpoint if any."""
        plan, seed = self.config.distillation, self.config.data.seed
        teacher = averaged_modules(self.config, self.folder / "diffusion.pt")
        fresh = new_distillation_state(teacher, plan, seed=seed, device=self.device)
        state = self._resumed(fresh, "distilled.pt")
        yield from self._saved(distil(state, plan, pool or self.pool()), state, "distilled.pt")

    def encode(self) -> Generator[int, None, None]:
        """Encode the renders that are not yet, several at once; yields how many are."""
        vae = self._vae()
        with ThreadPoolExecutor(self._threads) as threads:
            made = threads.map(partial(self._encode, vae), self._training_renders())
            try:
                yield from (number + 1 for number, _ in enumerate(made))
            finally:
                # Left early, what has not begun is not waited for.
                threads.shutdown(cancel_futures=True)

    def pool(self) -> LatentPool:
        """The training's encoded renders in memory; what is not yet encoded is, first."""
        words, plan = partial(tokenise, self._tokenizer()), self.config.diffusion_training
        on_cpu = self.device == "cpu"
        pool = LatentPool(words, plan) if on_cpu else DevicePool(words, plan, self.device)
        pool.add([*self._encoded()])
        return pool

    def export(self, out: Path, *, distilled: bool = False) -> None:
        """Write the averaged weights as a Stable Diffusion folder."""
        checkpoint = self.folder / ("distilled.pt" if distilled else "diffusion.pt")
        export_model(
            out,
            self.config,
            modules=averaged_modules(self.config, checkpoint),
            autoencoder=self._vae(),
            tokenizer=self._tokenizer(),
            # Students learn steps of first order; a second one would correct what is exact.
            solver_order=1 if distilled else 2,
        )

    def evaluate(
        self, *, batches: int = 8, pictures: int = 32, distilled: bool = False
    ) -> Evaluation:
        """Measure the trained weights on the renders that training never saw.

        `pictures` are drawn from noise and looked for among the training's. Raises
        `TrainingError` when too few renders were held out.
        """
        renders = self._held_out_renders()
        if len(renders) < 2:
            raise TrainingError(f"{self.folder}/renders holds no held-out renders; render more")
        vae, seed = self._vae(), self.config.data.seed
        unseen = self._unseen(vae)
        modules, trained = self._modules(distilled=distilled), self.pool()
        return Evaluation(
            reconstruction=reconstruction_quality(vae, [one.picture() for one in renders]),
            velocity_error=velocity_error(
                modules, unseen, self._channel_weights(vae, trained), batches, seed
            ),
            memorising=measure_memorising(
                self._drawn(modules, unseen, vae, pictures, distilled=distilled),
                decode_latents(vae, trained.small_pictures(_COMPARED_WITH)),
                decode_latents(vae, unseen.small_pictures(_COMPARED_WITH)),
            ),
        )

    def _channel_weights(self, vae: Any, pool: LatentPool) -> Tensor:
        return channel_weights(vae, pool.small_pictures(_WEIGHED_ON).to(self.device))

    def _modules(self, *, distilled: bool) -> TinyModules:
        """The averaged networks of a stage, on the device."""
        checkpoint = self.folder / ("distilled.pt" if distilled else "diffusion.pt")
        modules = averaged_modules(self.config, checkpoint)
        modules.together().to(self.device)
        return modules

    def sheet(self, count: int = 24, *, distilled: bool = False) -> list[Pixels]:
        """Pictures (H, W, 3) from noise for held-out renders, the same ones every time."""
        import torch

        torch.manual_seed(self.config.data.seed)
        vae = self._vae()
        pool = self._unseen(vae)
        return self._drawn(
            self._modules(distilled=distilled), pool, vae, count, distilled=distilled
        )

    def _unseen(self, vae: Any) -> LatentPool:
        """The renders that training never saw."""
        renders = self._held_out_renders()
        unseen = LatentPool(partial(tokenise, self._tokenizer()), self.config.diffusion_training)
        size, seed = self.config.vision.picture, self.config.data.seed
        unseen.add(encode_render(render, vae, size, seed) for render in renders)
        return unseen

    def _drawn(
        self, modules: TinyModules, pool: LatentPool, vae: Any, count: int, *, distilled: bool
    ) -> list[Pixels]:
        """Pictures from noise for held-out captions, edges and products."""
        plan = self.config.distillation
        drawn: list[Pixels] = []
        rng = np.random.default_rng(self.config.data.seed)
        place = next(modules.unet.parameters()).device
        steps, guidance = (plan.stages[-1], 1.0) if distilled else (plan.stages[0], plan.guidance)
        while len(drawn) < count:
            batch = pool.draw(rng, min(8, count - len(drawn)), large=False).to(place)
            latents = sample_latents(modules, batch, pool, steps=steps, guidance=guidance)
            drawn += decode_latents(vae, latents)
        return drawn

    def _held_out_renders(self) -> list[TrainingRender]:
        held_out = self.config.data.held_out
        renders = list_renders(self.folder / "renders")
        return [render for render in renders if is_held_out(render.index, held_out)]

    def _training_renders(self) -> list[TrainingRender]:
        """The renders that are not held out, and the composites."""
        folder = self.folder / "composites"
        composites = list_renders(folder) if folder.is_dir() else []
        return [*self._trained_renders(), *composites]

    def _trained_renders(self) -> list[TrainingRender]:
        held_out = self.config.data.held_out
        renders = list_renders(self.folder / "renders")
        return [render for render in renders if not is_held_out(render.index, held_out)]

    def _resumed(self, state: TrainingState, name: str) -> TrainingState:
        if (self.folder / name).is_file():
            load_state(state, self.folder / name)
        return state

    def _saved(self, steps: Iterator[_Step], state: TrainingState, name: str) -> Iterator[_Step]:
        """The steps, with checkpoints between them, at the end, and where they are left."""
        try:
            for step in steps:
                yield step
                if state.step % self.save_every == 0:
                    save_state(state, self.folder / name)
        except GeneratorExit:
            save_state(state, self.folder / name)
            raise
        save_state(state, self.folder / name)

    def _write_vae(self) -> None:
        import torch

        vae = averaged_autoencoder(self.config, self.folder / "autoencoder.pt").to(self.device)
        pictures = [render.picture() for render in self._training_renders()[:_STANDARDISED_ON]]
        latents = [encode_pixels(vae, picture[None]).cpu() for picture in pictures]
        vae = vae.to("cpu")
        standardise_latents(vae, torch.cat(latents))
        vae.save_pretrained(self.folder / "vae")

    def _vae(self) -> Any:
        from diffusers import AutoencoderKL

        if not (self.folder / "vae").is_dir():
            raise TrainingError(f"{self.folder}/vae is missing; run: kirakat train autoencoder")
        vae: Any = AutoencoderKL.from_pretrained(self.folder / "vae")  # type: ignore[no-untyped-call]
        return vae.eval().to(self.device)

    def _tokenizer(self) -> CLIPTokenizer:
        from transformers import CLIPTokenizer

        folder = self.folder / "tokenizer"
        if not folder.is_dir():
            captions = [render.caption() for render in self._training_renders()]
            text = self.config.text
            save_tokenizer(train_tokenizer(captions, text.vocabulary, text.tokens), folder)
        tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder)
        return tokenizer

    def _encoded(self) -> Iterator[EncodedRender]:
        vae = self._vae()
        for render in self._training_renders():
            yield load_encoded(self._encode(vae, render))

    def _encode(self, vae: Any, render: TrainingRender) -> Path:
        """The file of a render's latents, which is written unless it is there."""
        path = self.folder / "latents" / f"{render.index:06d}.npz"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            made = encode_render(render, vae, self.config.vision.picture, self.config.data.seed)
            save_encoded(made, path)
        return path

    @property
    def _threads(self) -> int:
        """Beside a GPU all cores read and encode; on a CPU the networks need them."""
        return 1 if self.device == "cpu" else min(16, os.cpu_count() or 1)
