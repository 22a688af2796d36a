"""The fast path against the stock loop, over small random networks of the true classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.generator import DiffusionGenerator
from kirakat.models.diffusion.load import generator_info, load_fast_generator, load_generator
from kirakat.types import Sampling
from tests.support.generation import difference, make_item, one_thread
from tests.support.random_models import build_sd15, build_sdxl, build_tiny_decoder

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

import torch

from kirakat.models.diffusion.fast.fp8 import check_fp8
from kirakat.models.diffusion.fast.generator import FastGenerator
from kirakat.models.diffusion.fast.options import PLAIN, FastOptions

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

SAMPLING = Sampling(
    steps=3, guidance=1.0, strength=0.5, control_scale=0.7, control_end=1.0, image_scale=0.5
)
# Small steps of rows, so that three pictures are already padded to four rows.
SWITCHED_ON = replace(PLAIN, channels_last=True, overlap=True, rows=(1, 4), decode_rows=2)
# Of latents with a deviation of about 1, float32.
TOLERANCE = 1e-4


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each class."""
    root = tmp_path_factory.mktemp("models")
    return {"sd15": build_sd15(root / "sd15"), "sdxl": build_sdxl(root / "sdxl")}


@pytest.fixture(scope="module")
def stock(folders: dict[str, Path]) -> dict[str, DiffusionGenerator]:
    """The diffusers pipelines."""
    return {name: load_generator(str(path), device="cpu") for name, path in folders.items()}


@pytest.fixture(scope="module")
def fast(folders: dict[str, Path]) -> dict[str, FastGenerator]:
    """The fast path with all switches that a CPU has."""
    return {name: _load(path, SWITCHED_ON) for name, path in folders.items()}


def _load(folder: Path, options: FastOptions, **more: Any) -> FastGenerator:
    return load_fast_generator(str(folder), device="cpu", options=options, **more)


@pytest.mark.parametrize("start", [False, True], ids=["noise", "picture"])
@pytest.mark.parametrize(
    "changes",
    [{"guidance": 3.0}, {"steps": 4, "control_end": 0.5}, {"control_scale": 0.0}],
    ids=["guided", "released", "no edges"],
)
@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_the_fast_path_draws_what_the_stock_loop_draws(
    stock: dict[str, DiffusionGenerator],
    fast: dict[str, FastGenerator],
    name: str,
    changes: dict[str, Any],
    start: bool,
) -> None:
    """Switching speed on would change every picture of a catalogue."""
    sampling = replace(SAMPLING, **changes)
    items = [make_item(number, start=start) for number in range(3)]
    usual, drawn = (one[name].generate(items, sampling) for one in (stock, fast))
    for ours, theirs in zip(drawn, usual, strict=True):
        assert difference(ours.pixels, theirs.pixels) <= 1
        assert (ours.reconstruction is None) == (theirs.reconstruction is None)
    assert difference(drawn[0].pixels, drawn[1].pixels) > 50


@pytest.mark.parametrize("scheduler", ["ddim", "dpm++", "unipc", "euler", "lcm", "tcd"])
def test_latents_equal_the_stock_loops_under_every_scheduler(
    folders: dict[str, Path], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sampler would be set up or driven otherwise than in diffusers."""
    items = [make_item(number, start=True) for number in range(2)]
    usual = load_generator(str(folders["sd15"]), device="cpu", scheduler=scheduler)
    theirs = _latents(usual, usual._autoencoder, items, monkeypatch)
    ours = _load(folders["sd15"], PLAIN, scheduler=scheduler)
    made = _latents(ours, ours._decoder, items, monkeypatch)
    assert float((theirs - made).abs().max()) <= TOLERANCE
    assert float(theirs.std()) > 0.1


def _latents(generator: Any, decoder: Any, items: Any, patch: pytest.MonkeyPatch) -> torch.Tensor:
    """What a generator hands to its decoder at the end."""
    seen: list[torch.Tensor] = []
    decode = decoder.decode

    def kept(latents: torch.Tensor) -> Any:
        seen.append(latents.clone())
        return decode(latents)

    patch.setattr(decoder, "decode", kept)
    generator.generate(items, SAMPLING)
    return torch.cat(seen[-len(items) :])[-len(items) :]


@pytest.mark.parametrize("guidance", [1.0, 3.0], ids=["unguided", "guided"])
def test_a_picture_does_not_depend_on_its_company(
    fast: dict[str, FastGenerator], guidance: float
) -> None:
    """A product's background would change with, or show, the other products of its batch."""
    sampling = replace(SAMPLING, guidance=guidance)
    first, second = make_item(0), make_item(1)
    other = replace(second, conditioning=make_item(5).conditioning)
    alone = fast["sd15"].generate([first], sampling)[0]
    for company in ([first, second], [first, other], [first, second, other, make_item(7)]):
        drawn = fast["sd15"].generate(company, sampling)[0]
        assert difference(drawn.pixels, alone.pixels) <= 1


def test_one_padded_shape_gives_the_same_bits_in_any_batch(folders: dict[str, Path]) -> None:
    """Who fixes the shape to have reproducible pictures would still get rounding."""
    generator = _load(folders["sd15"], replace(PLAIN, rows=(4,), decode_rows=1))
    items = [make_item(number) for number in range(3)]
    together = generator.generate(items, SAMPLING)
    alone = [generator.generate([item], SAMPLING)[0] for item in items]
    assert all(
        np.array_equal(one.pixels, other.pixels) for one, other in zip(together, alone, strict=True)
    )


def test_more_pictures_than_the_largest_shape_are_drawn_in_parts(
    folders: dict[str, Path], fast: dict[str, FastGenerator]
) -> None:
    """A feed's large batch would fail, or come back in another order."""
    items = [make_item(number, start=True) for number in range(5)]
    small = _load(folders["sd15"], replace(SWITCHED_ON, rows=(1, 2)))
    drawn = small.generate(items, SAMPLING)
    expected = fast["sd15"].generate(items, SAMPLING)
    assert [difference(a.pixels, b.pixels) <= 1 for a, b in zip(drawn, expected, strict=True)]


def test_a_released_controlnet_is_not_run(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releasing the edges early would save no time."""
    generator = _load(folders["sd15"], PLAIN)
    calls: list[int] = []
    inner = generator._networks.controlnet.conv_in
    forward = inner.forward

    def counted(x: Any) -> Any:
        calls.append(1)
        return forward(x)

    monkeypatch.setattr(inner, "forward", counted)
    generator.generate([make_item(1)], replace(SAMPLING, steps=4, control_end=0.5))
    assert len(calls) == 2


def test_keys_and_values_are_made_once_a_picture(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text and product would be projected again at every step."""
    generator = _load(folders["sd15"], PLAIN)
    calls: list[str] = []
    networks = generator._networks
    assert networks.image_keys is not None
    for name, part in (("text", networks.text_keys), ("image", networks.image_keys)):
        monkeypatch.setattr(part, "forward", _counted(part.forward, calls, name))
    generator.generate([make_item(1), make_item(2)], SAMPLING)
    assert sorted(calls) == ["image", "text"]


def _counted(forward: Any, calls: list[str], name: str) -> Any:
    def counted(*args: Any) -> Any:
        calls.append(name)
        return forward(*args)

    return counted


def test_products_never_compile_anew(folders: dict[str, Path]) -> None:
    """A worker would stand still for minutes in the middle of a catalogue."""
    from torch._dynamo.utils import counters

    generator = _load(folders["sd15"], replace(PLAIN, compile=True, backend="eager", rows=(2,)))
    eager = _load(folders["sd15"], PLAIN)
    sampling = replace(SAMPLING, steps=2, control_end=0.5)
    torch._dynamo.reset()
    counters.clear()
    first = generator.generate([make_item(0)], sampling)[0]
    graphs = counters["stats"]["unique_graphs"]
    for number, scale in ((1, 0.5), (2, 0.3), (3, 0.9)):
        changed = replace(sampling, image_scale=scale, control_scale=scale, steps=4)
        generator.generate([make_item(number), make_item(number + 9)], changed)
    assert graphs == generator.shapes == 2
    assert counters["stats"]["unique_graphs"] == graphs
    assert not counters["graph_break"]
    assert difference(first.pixels, eager.generate([make_item(0)], sampling)[0].pixels) <= 1


def test_shapes_beyond_the_bound_run_uncompiled(
    folders: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Ever new sizes would fill the memory with compiled code, or fail."""
    generator = _load(folders["sd15"], replace(PLAIN, rows=(1, 2, 3), shapes=1))
    generator.generate([make_item(0)], SAMPLING)
    drawn = generator.generate([make_item(0), make_item(1)], SAMPLING)
    assert generator.shapes == 1
    assert "uncompiled" in caplog.text
    assert difference(drawn[0].pixels, drawn[1].pixels) > 50


def test_bfloat16_stays_close(folders: dict[str, Path], fast: dict[str, FastGenerator]) -> None:
    """The precision of a GPU would draw other pictures, not slightly different ones."""
    half = _load(folders["sd15"], replace(SWITCHED_ON, half_decoder=True), dtype="bfloat16")
    item = make_item(1)
    usual = fast["sd15"].generate([item], SAMPLING)[0].pixels.astype(np.float64)
    drawn = half.generate([item], SAMPLING)[0].pixels.astype(np.float64)
    assert np.abs(usual - drawn).mean() < 0.1 * usual.std()


def test_a_tiny_decoder_decodes_and_is_named(folders: dict[str, Path], tmp_path: Path) -> None:
    """It would be ignored, or pictures of two decoders pass as the same."""
    folder = str(build_tiny_decoder(tmp_path / "taesd"))
    usual = _load(folders["sd15"], PLAIN)
    tiny = _load(folders["sd15"], PLAIN, tiny_decoder=folder)
    pictures = [one.generate([make_item(1)], SAMPLING)[0].pixels for one in (usual, tiny)]
    assert pictures[0].shape == pictures[1].shape
    assert difference(*pictures) > 1
    info = generator_info(str(folders["sd15"]), tiny_decoder=folder)
    assert tiny.info == info
    assert info.revision.startswith(f"{usual.info.revision}+decoder:")


def test_a_decoder_that_is_not_there_is_refused(folders: dict[str, Path]) -> None:
    """A misspelt decoder would silently be the usual one."""
    with pytest.raises(ModelError, match="neither a folder"):
        _load(folders["sd15"], PLAIN, tiny_decoder="nowhere")


def test_without_an_adapter_the_product_cannot_be_shown(tmp_path: Path) -> None:
    """The product would silently be left out of the conditioning."""
    generator = _load(build_sd15(tmp_path / "model", adapter=False), PLAIN)
    with pytest.raises(ModelError, match="image_scale"):
        generator.generate([make_item(1)], SAMPLING)
    assert generator.generate([make_item(1)], replace(SAMPLING, image_scale=0.0))


def test_8_bit_floats_are_refused_where_there_are_none() -> None:
    """A worker would die in the middle of its first batch."""
    with pytest.raises(ModelError, match="fp8"):
        check_fp8(torch.device("cpu"))


def test_the_worker_takes_the_fast_path_by_configuration(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """The setting would be accepted and every worker go on with the stock loop."""
    from kirakat.cli.open_studio import open_studio
    from kirakat.settings import Settings

    decoder = str(build_tiny_decoder(tmp_path / "taesd"))
    settings = Settings(fast=True, tiny_decoder=decoder, device="cpu", cache_dir=tmp_path)
    with open_studio(settings, base=tmp_path, generator=str(folders["sd15"])) as studio:
        made = studio.make_generator()
    assert isinstance(made, FastGenerator)
    assert made.info == studio.generator_info
    assert "+decoder:" in made.info.revision


def test_recorded_shapes_are_fed_every_batchs_own_conditions(
    stock: dict[str, DiffusionGenerator], folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On CUDA a batch would be drawn with the prompts or products of the one before.

    CUDA's recording is played by running the networks again on the memory that it would read.
    """
    _play_cuda_graphs(monkeypatch)
    generator = _load(folders["sdxl"], replace(PLAIN, rows=(4, 8), cuda_graphs=True))
    sampling = replace(SAMPLING, guidance=3.0, steps=4, control_end=0.5)
    for numbers in ((0, 1), (2, 3), (4,)):
        items = [make_item(number) for number in numbers]
        drawn = generator.generate(items, sampling)
        expected = stock["sdxl"].generate(items, sampling)
        assert all(
            difference(a.pixels, b.pixels) <= 1 for a, b in zip(drawn, expected, strict=True)
        )
    # Four rows serve one picture and two, with edges and without.
    assert len(generator._runner._recorded) == generator.shapes == 2


def _play_cuda_graphs(patch: pytest.MonkeyPatch) -> None:
    """Stand-ins for what `fast.runner` uses of CUDA."""
    from contextlib import nullcontext
    from types import SimpleNamespace

    from kirakat.models.diffusion.fast import runner

    stream = SimpleNamespace(wait_stream=lambda _other: None)
    for name, stand_in in {
        "graph_pool_handle": lambda: None,
        "Stream": lambda _device: stream,
        "current_stream": lambda _device: stream,
        "stream": lambda _stream: nullcontext(),
        "CUDAGraph": SimpleNamespace,
        "graph": lambda _graph, **_options: nullcontext(),
    }.items():
        patch.setattr(torch.cuda, name, stand_in)
    record = runner._Recording.__init__

    def recorded(self: Any, networks: Any, *arguments: Any) -> None:
        record(self, networks, *arguments)
        read = (self._latents, self._timestep, self._given)
        self._graph.replay = lambda: self._out.copy_(networks(*read))

    patch.setattr(runner._Recording, "__init__", recorded)
