"""kirakat-tiny's trainings: they learn, and they resume as if never stopped."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kirakat.errors import TrainingError
from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.config import DiffusionTraining
from kirakat.training.tiny.crops import CropPool
from kirakat.training.tiny.dataset import is_held_out, list_renders
from kirakat.training.tiny.sketches import write_sketches
from kirakat.training.tiny.smallest import smallest_config

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from kirakat.training.tiny.autoencoder import new_autoencoder_state, train_autoencoder  # noqa: E402
from kirakat.training.tiny.checkpoint import load_state, save_state  # noqa: E402
from kirakat.training.tiny.diffusion import (  # noqa: E402
    diffusion_loss,
    modules_of,
    new_diffusion_state,
    start_controlnet,
    train_diffusion,
)
from kirakat.training.tiny.latents import encode_render  # noqa: E402
from kirakat.training.tiny.objective import noise_batch, signal_levels  # noqa: E402
from kirakat.training.tiny.tokenizer import tokenise, train_tokenizer  # noqa: E402

CONFIG = smallest_config()
# Channels of the latents that all count the same.
EVEN = torch.ones(CONFIG.autoencoder.latent_channels)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small run fastest so, the more when the machine is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _crops() -> CropPool:
    return CropPool(procedural=3, procedural_side=48, procedural_share=1.0, seed=0)


def _pool(folder: Path, plan: DiffusionTraining) -> LatentPool:
    write_sketches(folder, range(3), CONFIG.data.picture, seed=0)
    renders = list_renders(folder)
    text = CONFIG.text
    tokenizer = train_tokenizer([r.caption() for r in renders], text.vocabulary, text.tokens)
    autoencoder = new_autoencoder_state(CONFIG).module.eval()
    pool = LatentPool(functools.partial(tokenise, tokenizer), plan)
    pool.add(encode_render(r, autoencoder, CONFIG.vision.picture, 0) for r in renders)
    return pool


def test_autoencoder_learns_its_crops() -> None:
    """The autoencoder's pictures would stay noise however long it trained."""
    plan = replace(CONFIG.autoencoder_training, steps=30, large_share=0.0, learning_rate=5e-3)
    losses = [s.loss for s in train_autoencoder(new_autoencoder_state(CONFIG), plan, _crops().draw)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_decoder_only_leaves_the_encoder_alone() -> None:
    """Cached latents would no longer match the autoencoder that ships."""
    state = new_autoencoder_state(CONFIG)
    before = {k: v.clone() for k, v in state.module.state_dict().items()}
    plan = replace(CONFIG.autoencoder_training, steps=2, decoder_only=True)
    list(train_autoencoder(state, plan, _crops().draw))
    after = state.module.state_dict()
    moved = {k.split(".")[0] for k in before if not torch.equal(before[k], after[k])}
    assert moved == {"decoder", "post_quant_conv"}


def test_training_on_one_batch_reduces_its_loss(tmp_path: Path) -> None:
    """The generator would not learn from what it is shown."""
    torch.manual_seed(0)
    plan = CONFIG.diffusion_training
    modules = modules_of(new_diffusion_state(CONFIG).module)
    batch = _pool(tmp_path, plan).draw(np.random.default_rng(0), 4, large=False)
    noised = noise_batch(
        batch.pictures, batch.scenes, signal_levels(), scene_start=0.3, snr_cap=5.0
    )
    optimizer = torch.optim.AdamW(modules.together().parameters(), lr=3e-3)
    losses = []
    for _ in range(20):
        loss = diffusion_loss(modules, batch, noised, EVEN, bfloat16=False)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_edges_are_seen_from_the_first_step() -> None:
    """The ControlNet would answer the same to every product for thousands of steps."""
    torch.manual_seed(0)
    modules = modules_of(new_diffusion_state(CONFIG).module)
    controls = torch.zeros(2, 3, 64, 64)
    controls[:, :, 20, 10:50] = 1
    embedding = modules.controlnet.controlnet_cond_embedding
    seen = []
    # What reaches the last layer, which starts at zero.
    embedding.conv_out.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    start_controlnet(modules, controls)
    with torch.no_grad():
        embedding(controls)
        embedding(torch.zeros_like(controls))
    assert 0.2 < float((seen[0] - seen[1]).std()) < 2


def test_every_network_is_trained(tmp_path: Path) -> None:
    """A condition would be ignored because its encoder never moved."""
    plan = replace(CONFIG.diffusion_training, steps=8, drop_edges=0.0, product_free=0.0)
    state = new_diffusion_state(CONFIG)
    before = {k: v.clone() for k, v in state.module.state_dict().items()}
    list(train_diffusion(state, plan, _pool(tmp_path, plan), EVEN))
    after = state.module.state_dict()
    parts = ("unet.", "controlnet.", "text_encoder.", "image_encoder.", "unet.encoder_hid_proj.")
    still = [
        part
        for part in parts
        if all(torch.equal(before[k], after[k]) for k in before if k.startswith(part))
    ]
    assert not still


def test_diffusion_resumes_bit_identically(tmp_path: Path) -> None:
    """A training stopped over night would end in another model."""
    plan = CONFIG.diffusion_training
    pool = _pool(tmp_path / "renders", plan)
    through = new_diffusion_state(CONFIG)
    for step in train_diffusion(through, plan, pool, EVEN):
        if step.step == 2:
            save_state(through, tmp_path / "half.pt")
    resumed = new_diffusion_state(CONFIG)
    load_state(resumed, tmp_path / "half.pt")
    list(train_diffusion(resumed, plan, pool, EVEN))
    expected, actual = through.ema.shadow, resumed.ema.shadow
    assert all(torch.equal(expected[key], actual[key]) for key in expected)


def test_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    """Weights of another configuration would be loaded in part, in silence."""
    save_state(new_autoencoder_state(CONFIG), tmp_path / "a.pt")
    wider = replace(CONFIG.autoencoder, block_out_channels=(8, 16, 16))
    with pytest.raises(TrainingError, match="does not fit"):
        load_state(new_autoencoder_state(replace(CONFIG, autoencoder=wider)), tmp_path / "a.pt")


def test_scene_start_reaches_the_noised_scene() -> None:
    """Generation from a scene would start where training never was."""
    torch.manual_seed(0)
    picture, scene = torch.zeros(64, 1, 1, 1), torch.ones(64, 1, 1, 1)
    noised = noise_batch(picture, scene, signal_levels(), scene_start=1.0, snr_cap=5.0)
    levels = signal_levels()[noised.timesteps].view(-1, 1, 1, 1)
    # The path's noise holds the scene, so its mean over noise leans towards the scene.
    recovered = (noised.latents - levels.sqrt() * picture) / (1 - levels).sqrt()
    assert float(recovered.mean()) > 0.3


@pytest.mark.parametrize("index", [18, 19, 39, 40])
def test_every_twentieth_render_is_held_out(index: int) -> None:
    """The measured quality would be that of pictures learned by heart."""
    assert is_held_out(index, 0.05) == (index in {19, 39})
