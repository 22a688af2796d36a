"""The whole training by one command, the parts that only a GPU needs, and data that travels."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kirakat.errors import TrainingError
from kirakat.training.tiny.budget import load_plan, with_steps
from kirakat.training.tiny.crops import CropPool
from kirakat.training.tiny.dataset import list_renders
from kirakat.training.tiny.pack import pack_renders, unpack_renders
from kirakat.training.tiny.sketches import write_sketches
from kirakat.training.tiny.smallest import smallest_config
from tests.support.generation import one_thread

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from kirakat.training.tiny import budget, whole  # noqa: E402
from kirakat.training.tiny.autoencoder import (  # noqa: E402
    new_autoencoder_state,
    train_autoencoder,
)
from kirakat.training.tiny.batches import LatentPool  # noqa: E402
from kirakat.training.tiny.checkpoint import load_state, save_state  # noqa: E402
from kirakat.training.tiny.config import load_tiny_config  # noqa: E402
from kirakat.training.tiny.device_pool import DevicePool  # noqa: E402
from kirakat.training.tiny.discriminator import critic_step, new_critic  # noqa: E402
from kirakat.training.tiny.latents import encode_render  # noqa: E402
from kirakat.training.tiny.tokenizer import tokenise, train_tokenizer  # noqa: E402
from kirakat.training.tiny.whole import train_all  # noqa: E402
from kirakat.training.tiny.workshop import Workshop  # noqa: E402

CONFIG = smallest_config()
ADVERSARIAL = replace(
    CONFIG,
    autoencoder_training=replace(
        CONFIG.autoencoder_training,
        adversarial_weight=0.3,
        crop=32,
        large_share=0.0,
    ),
)
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few sketches instead of renders."""
    folder = tmp_path_factory.mktemp("sketches") / "renders"
    write_sketches(folder, range(6), CONFIG.data.picture, seed=0)
    return folder


def _crops() -> CropPool:
    return CropPool(procedural=3, procedural_side=48, procedural_share=1.0, seed=0)


def test_one_command_trains_everything_in_visits(
    renders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU lent for minutes at a time would end with nothing to take home."""
    monkeypatch.setattr(whole, "_SHEET", 6)
    monkeypatch.setattr(budget, "_FEWEST", 4)
    evaluate = Workshop.evaluate
    few = functools.partial(evaluate, batches=1, pictures=2)
    monkeypatch.setattr(Workshop, "evaluate", lambda shop, **more: few(shop, **more))
    work, out = tmp_path / "work", tmp_path / "model"
    (work).mkdir()
    (work / "renders").symlink_to(renders)
    shop = Workshop(folder=work, config=ADVERSARIAL)
    hurried = [*train_all(shop, out, minutes=0.001, stop_after=1e-9)]
    assert hurried[-1].stage == "paused"
    assert (work / "autoencoder.pt").is_file()
    planned = load_plan(work).steps
    notes = [*train_all(shop, out, minutes=0.001)]
    assert notes[-1].stage == "finished"
    assert load_plan(work).steps["autoencoder"] == planned["autoencoder"]
    assert load_plan(work).done == list(whole._STAGES)
    for folder in (out, whole.distilled_folder(out)):
        assert (folder / "model_index.json").is_file()
    assert (work / "sheet-distilled.jpg").is_file()
    assert (work / "evaluation-distilled.json").is_file()


def test_a_stage_is_scaled_with_its_phases() -> None:
    """A shorter training would end before its edges or its large pictures begin."""
    longer = with_steps(CONFIG, "diffusion", 40).diffusion_training
    assert (longer.steps, longer.backbone_steps, longer.large_from) == (40, 10, 20)
    assert with_steps(CONFIG, "distil", 41).distillation.stage_steps == 20


def test_the_recipe_for_a_gpu_has_the_shipped_shapes() -> None:
    """Weights trained on a GPU would not fit where the shipped ones do."""
    root = Path(__file__).parents[3]
    shipped = load_tiny_config(root / "assets/src/kirakat_assets/models/kirakat-tiny/tiny.toml")
    full = load_tiny_config(root / "src/kirakat/training/tiny/gpu.toml")
    for part in ("autoencoder", "unet", "text", "vision"):
        assert getattr(full, part) == getattr(shipped, part)
    assert full.data.picture == shipped.data.picture
    assert full.autoencoder_training.adversarial_weight > 0
    assert shipped.autoencoder_training.adversarial_weight == 0


def test_the_discriminator_learns_to_tell() -> None:
    """The adversarial half would only add noise to the training."""
    torch.manual_seed(0)
    critic = new_critic(4, "cpu")
    for group in critic.optimizer.param_groups:
        group["lr"] = 1e-2
    true = torch.rand(4, 3, 32, 32) * 2 - 1
    losses = [float(critic_step(critic, true * 0.1, true)) for _ in range(20)]
    assert losses[-1] < 0.5 * losses[0]


def test_the_adversarial_half_begins_late_and_resumes_bit_identically(tmp_path: Path) -> None:
    """A training stopped over night would go on with a discriminator that knows nothing."""
    plan = ADVERSARIAL.autoencoder_training
    through = new_autoencoder_state(ADVERSARIAL)
    critics = []
    for step in train_autoencoder(through, plan, _crops().draw):
        critics.append(step.critic)
        if step.step == 3:
            save_state(through, tmp_path / "part.pt")
    assert critics[:2] == [0.0, 0.0]
    assert all(loss > 0 for loss in critics[2:])
    resumed = new_autoencoder_state(ADVERSARIAL)
    load_state(resumed, tmp_path / "part.pt")
    list(train_autoencoder(resumed, plan, _crops().draw))
    expected, actual = through.ema.shadow, resumed.ema.shadow
    assert all(torch.equal(expected[key], actual[key]) for key in expected)


@pytest.fixture(scope="module")
def pools(renders: Path) -> tuple[LatentPool, DevicePool]:
    """The same renders in memory and on a device, which here is the CPU."""
    found = list_renders(renders)
    text = CONFIG.text
    tokenizer = train_tokenizer([r.caption() for r in found], text.vocabulary, text.tokens)
    autoencoder = new_autoencoder_state(CONFIG).module.eval()
    words = functools.partial(tokenise, tokenizer)
    plan = replace(CONFIG.diffusion_training, drop_edges=0.0, product_free=0.0)
    plain, device = LatentPool(words, plan), DevicePool(words, plan, "cpu")
    encoded = [encode_render(r, autoencoder, CONFIG.vision.picture, 0) for r in found]
    plain.add(encoded)
    device.add(encoded)
    return plain, device


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_batches_on_a_device_look_like_those_in_memory(
    pools: tuple[LatentPool, DevicePool], large: bool
) -> None:
    """A GPU would be trained on other data than a CPU."""
    batches = [pool.draw(np.random.default_rng(0), 40, large=large) for pool in pools]
    for name in ("pictures", "scenes", "controls", "products", "product_shown", "tokens"):
        one, other = (getattr(batch, name) for batch in batches)
        assert one.dtype == other.dtype
        assert one.shape[2:] == other.shape[2:]
        mean, spread = float(one.float().mean()), float(one.float().std())
        assert float(other.float().mean()) == pytest.approx(mean, abs=0.3 * spread + 0.05)


def test_every_part_of_a_sample_is_of_one_view(pools: tuple[LatentPool, DevicePool]) -> None:
    """Edges of one picture would be learnt with another."""
    pool = pools[1]
    batch = pool.draw(np.random.default_rng(3), 20, large=False)
    views = [view for _, view in pool._groups[pool.sizes()[0]]]
    for picture, control in zip(batch.pictures, batch.controls, strict=True):
        same = [v for v in views if np.array_equal(v.picture, picture.half().numpy())]
        drawn = [np.unpackbits(edges, axis=-1) for v in same for edges in v.controls]
        assert any(np.array_equal(edges, control[0].numpy()) for edges in drawn)


def test_a_device_draws_the_same_batch_again(pools: tuple[LatentPool, DevicePool]) -> None:
    """A resumed training would see other data than one that was never stopped."""
    first, second = (pools[1].draw(np.random.default_rng(1), 3, large=True) for _ in range(2))
    assert torch.equal(first.products, second.products)
    assert torch.equal(first.tokens, second.tokens)


def test_packed_renders_come_back_as_they_were(renders: Path, tmp_path: Path) -> None:
    """Pictures would be lost, or change, on their way to the GPU."""
    largest = 20_000
    shards = [*pack_renders(renders, tmp_path / "shards", max_bytes=largest)]
    assert sum(shard.renders for shard in shards) == 6
    assert len(shards) > 1
    assert all(shard.path.stat().st_size <= largest for shard in shards)
    list(unpack_renders(tmp_path / "shards", tmp_path / "back"))
    for render in list_renders(renders):
        for file in render.folder.iterdir():
            again = tmp_path / "back" / render.folder.name / file.name
            assert again.read_bytes() == file.read_bytes()


def test_a_render_larger_than_a_shard_is_said(renders: Path, tmp_path: Path) -> None:
    """A part would be too large to travel, and nobody would know."""
    with pytest.raises(TrainingError, match="alone"):
        list(pack_renders(renders, tmp_path, max_bytes=100))


def test_other_files_are_not_unpacked(tmp_path: Path) -> None:
    """A file from elsewhere could write anywhere on the machine."""
    files: dict[str, Any] = {"../x.picture.jpg": np.zeros(1, np.uint8)}
    np.savez(tmp_path / "shard-000.npz", **files)
    with pytest.raises(TrainingError, match="no file of a render"):
        list(unpack_renders(tmp_path, tmp_path / "back"))
