"""A folder in which kirakat-tiny is trained: what each stage finds there and leaves there.

renders/<index>/       picture, twin, matte, caption (`kirakat train renders`)
autoencoder.pt         checkpoint of the first stage
vae/                   its averaged weights, latents standardised
tokenizer/             trained on the captions
latents/<index>.npz    encoded renders
diffusion.pt           checkpoint of the second stage
distilled.pt           checkpoint of the third, which draws in few steps
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.errors import TrainingError
from kirakat.training.tiny.autoencoder import (
    AutoencoderStep,
    new_autoencoder_state,
    train_autoencoder,
)
from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.checkpoint import TrainingState, load_state, save_state
from kirakat.training.tiny.config import TinyConfig
from kirakat.training.tiny.crops import CropPool
from kirakat.training.tiny.dataset import TrainingRender, is_held_out, list_renders
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
from kirakat.training.tiny.sample import decode_latents, sample_latents
from kirakat.training.tiny.tokenizer import save_tokenizer, tokenise, train_tokenizer

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

# Pictures from which the latents' mean and deviation are measured.
_STANDARDISED_ON = 64
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

    def autoencoder(self) -> Iterator[AutoencoderStep]:
        """Train the first stage, from its checkpoint if there is one; then write `vae/`."""
        state = self._resumed(new_autoencoder_state(self.config, self.device), "autoencoder.pt")
        plan = self.config.autoencoder_training
        crops = CropPool(
            procedural=_PROCEDURAL,
            procedural_side=self.config.data.picture // 2,
            procedural_share=plan.procedural_share,
            seed=self.config.data.seed,
        )
        crops.add([render.picture() for render in self._training_renders()])
        crops.add([render.twin() for render in self._training_renders()])
        for step in train_autoencoder(state, plan, crops.draw):
            yield step
            self._save(state, step.step, "autoencoder.pt")
        save_state(state, self.folder / "autoencoder.pt")
        self._write_vae()

    def diffusion(self) -> Iterator[DiffusionStep]:
        """Train the second stage, from its checkpoint if there is one."""
        state = self._resumed(new_diffusion_state(self.config, self.device), "diffusion.pt")
        for step in train_diffusion(state, self.config.diffusion_training, self._pool()):
            yield step
            self._save(state, step.step, "diffusion.pt")
        save_state(state, self.folder / "diffusion.pt")

    def distil(self) -> Iterator[DistilStep]:
        """Train the third stage on what the second one learnt, from its checkpoint if any."""
        plan, seed = self.config.distillation, self.config.data.seed
        teacher = averaged_modules(self.config, self.folder / "diffusion.pt")
        fresh = new_distillation_state(teacher, plan, seed=seed, device=self.device)
        state = self._resumed(fresh, "distilled.pt")
        for step in distil(state, plan, self._pool()):
            yield step
            self._save(state, step.step, "distilled.pt")
        save_state(state, self.folder / "distilled.pt")

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
        vae, plan = self._vae(), self.config.diffusion_training
        unseen = LatentPool(partial(tokenise, self._tokenizer()), plan)
        size, seed = self.config.vision.picture, self.config.data.seed
        unseen.add(encode_render(render, vae, size, seed) for render in renders)
        checkpoint = self.folder / ("distilled.pt" if distilled else "diffusion.pt")
        modules = averaged_modules(self.config, checkpoint)
        return Evaluation(
            reconstruction=reconstruction_quality(vae, [one.picture() for one in renders]),
            velocity_error=velocity_error(modules, unseen, batches, seed),
            memorising=measure_memorising(
                self._drawn(modules, unseen, vae, pictures, distilled=distilled),
                decode_latents(vae, self._pool().small_pictures(_COMPARED_WITH)),
                decode_latents(vae, unseen.small_pictures(_COMPARED_WITH)),
            ),
        )

    def _drawn(
        self, modules: TinyModules, pool: LatentPool, vae: Any, count: int, *, distilled: bool
    ) -> list[Pixels]:
        """Pictures from noise for held-out captions, edges and products."""
        plan = self.config.distillation
        drawn: list[Pixels] = []
        rng = np.random.default_rng(self.config.data.seed)
        steps, guidance = (plan.stages[-1], 1.0) if distilled else (plan.stages[0], plan.guidance)
        while len(drawn) < count:
            batch = pool.draw(rng, min(8, count - len(drawn)), large=False)
            latents = sample_latents(modules, batch, pool, steps=steps, guidance=guidance)
            drawn += decode_latents(vae, latents)
        return drawn

    def _pool(self) -> LatentPool:
        pool = LatentPool(partial(tokenise, self._tokenizer()), self.config.diffusion_training)
        pool.add([*self._encoded()])
        return pool

    def _held_out_renders(self) -> list[TrainingRender]:
        held_out = self.config.data.held_out
        renders = list_renders(self.folder / "renders")
        return [render for render in renders if is_held_out(render.index, held_out)]

    def _training_renders(self) -> list[TrainingRender]:
        held_out = self.config.data.held_out
        renders = list_renders(self.folder / "renders")
        return [render for render in renders if not is_held_out(render.index, held_out)]

    def _resumed(self, state: TrainingState, name: str) -> TrainingState:
        if (self.folder / name).is_file():
            load_state(state, self.folder / name)
        return state

    def _save(self, state: TrainingState, step: int, name: str) -> None:
        if step % self.save_every == 0:
            save_state(state, self.folder / name)

    def _write_vae(self) -> None:
        vae = averaged_autoencoder(self.config, self.folder / "autoencoder.pt")
        pictures = [render.picture() for render in self._training_renders()[:_STANDARDISED_ON]]
        standardise_latents(vae, encode_pixels(vae, np.stack(pictures)))
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
            path = self.folder / "latents" / f"{render.index:06d}.npz"
            if not path.is_file():
                path.parent.mkdir(exist_ok=True)
                made = encode_render(render, vae, self.config.vision.picture, self.config.data.seed)
                save_encoded(made, path)
            yield load_encoded(path)
