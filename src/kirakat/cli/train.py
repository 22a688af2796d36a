"""`kirakat train`: make scenes, samples and kirakat-tiny itself.

Every stage goes on where it was stopped. The extra `train` renders; `diffusion` trains.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kirakat.cli.open_studio import assets_folder
from kirakat.cli.progress import progress_bar
from kirakat.training.render.progress import Progress
from kirakat.training.tiny.workshop import Workshop

app = typer.Typer(no_args_is_help=True)

Work = Annotated[Path, typer.Option("--work", help="Folder of the training; see its stages.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="TOML of all settings; default: the shipped one.")
]
Distilled = Annotated[
    bool, typer.Option("--distilled", help="Take the weights of `kirakat train distil`.")
]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]


@app.command()
def scenes(
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and descriptions.")],
    only: Annotated[str, typer.Option("--only", help="Comma-separated scene ids.")] = "",
    size: Annotated[int, typer.Option("--size", min=64, help="Pixels a side.")] = 1280,
) -> None:
    """Render the library of product-free scenes (about a minute each on two cores)."""
    from kirakat.training.render.render_scene import render_library

    names = [name for name in only.split(",") if name]
    _follow("rendering scenes", render_library(out, only=names, size=size))


@app.command()
def samples(
    out: Annotated[Path, typer.Option("--out", help="Folder for images, mattes and feed.tsv.")],
) -> None:
    """Render the sample catalogue of the demo."""
    from kirakat.training.render.render_samples import render_samples

    _follow("rendering samples", render_samples(out))


@app.command()
def renders(
    work: Work,
    count: Annotated[int, typer.Option("--count", min=1)] = 8000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    first: Annotated[
        int, typer.Option("--first", min=0, help="This process' first index; see --step.")
    ] = 0,
    step: Annotated[int, typer.Option("--step", min=1, help="Processes that share the work.")] = 1,
) -> None:
    """Render training pictures: scenes with products, mattes and captions."""
    from kirakat.training.render.render_training import render_training

    work.mkdir(parents=True, exist_ok=True)
    made = render_training(work / "renders", count=count, seed=seed, first=first, step=step)
    _follow("rendering", made)


@app.command()
def composites(work: Work, config: Config = None) -> None:
    """Put products of the renders into the library's scenes, as further training pictures."""
    workshop = _workshop(work, config, "cpu")
    with progress_bar(Console(stderr=True)) as progress:
        bar = progress.add_task("composing", total=workshop.config.data.composites)
        for made in workshop.composites():
            progress.update(bar, completed=made)


@app.command()
def autoencoder(work: Work, config: Config = None, device: Device = "cpu") -> None:
    """Train the autoencoder on the renders."""
    for step in _workshop(work, config, device).autoencoder():
        if step.step % 50 == 0:
            _say(f"step {step.step}  loss {step.loss:.4f}  L1 {step.l1:.4f}")


@app.command()
def diffusion(work: Work, config: Config = None, device: Device = "cpu") -> None:
    """Train UNet, ControlNet, text encoder and IP-Adapter together on the encoded renders."""
    for step in _workshop(work, config, device).diffusion():
        if step.step % 50 == 0:
            _say(f"step {step.step}  loss {step.loss:.4f}")


@app.command()
def distil(work: Work, config: Config = None, device: Device = "cpu") -> None:
    """Teach the trained networks to draw in few steps and without guidance."""
    for step in _workshop(work, config, device).distil():
        if step.step % 50 == 0:
            _say(f"step {step.step}  draws in {step.student_steps} steps  loss {step.loss:.4f}")


@app.command()
def evaluate(
    work: Work,
    config: Config = None,
    device: Device = "cpu",
    distilled: Distilled = False,
) -> None:
    """Measure the trained weights on the renders that training never saw."""
    found = _workshop(work, config, device).evaluate(distilled=distilled)
    kept, like = found.reconstruction, found.memorising
    _say(
        f"autoencoder, {kept.pictures} held-out pictures: {kept.psnr:.1f} dB, SSIM {kept.ssim:.3f}"
    )
    _say(f"diffusion: error of the velocity {found.velocity_error:.3f}")
    _say(
        f"memorising: {like.generated} pictures from noise lie {like.nearest:.3f} from the nearest "
        f"of the training (held-out ones {like.held_out_nearest:.3f}); {like.copies:.0%} copies"
    )
    _say(
        f"energy distance to held-out pictures {like.energy:.3f}; "
        f"of training pictures {like.energy_floor:.3f}"
    )


@app.command("all")
def train_everything(
    work: Work,
    out: Annotated[Path, typer.Option("--out", help="Folder for the checkpoint.")],
    config: Annotated[
        Path | None, typer.Option("--config", help="TOML of all settings; default: by device.")
    ] = None,
    device: Device = "cuda",
    minutes: Annotated[
        float, typer.Option("--minutes", min=0, help="Time of it all; 0: the configured steps.")
    ] = 0.0,
    stop_after: Annotated[
        float, typer.Option("--stop-after", min=0, help="Minutes after which to save and leave.")
    ] = 0.0,
    shards: Annotated[
        Path | None, typer.Option("--shards", help="Packed renders, to unpack first.")
    ] = None,
) -> None:
    """Train, measure and export everything; the same command goes on after every stop.

    Example, 25 minutes of a GPU in visits of nine:

        kirakat train all --work W --out model --minutes 25 --stop-after 9
    """
    from kirakat.models.diffusion.device import choose_device
    from kirakat.training.tiny.whole import train_all

    choose_device(device)
    if shards:
        unpack(work, shards)
    workshop = _workshop(work, config or _recipe(device), device)
    for note in train_all(workshop, out, minutes=minutes, stop_after=stop_after):
        _say(f"{note.stage}: {note.text}")


@app.command()
def pack(
    work: Work,
    out: Annotated[Path, typer.Option("--out", help="Folder for the shards.")],
    megabytes: Annotated[int, typer.Option("--megabytes", min=1, help="Of one shard.")] = 60,
) -> None:
    """Write the renders as shards that travel in parts."""
    from kirakat.training.tiny.pack import pack_renders

    for shard in pack_renders(work / "renders", out, max_bytes=megabytes * 1_000_000):
        _say(f"{shard.path}: {shard.renders} renders")


@app.command()
def unpack(
    work: Work,
    shards: Annotated[Path, typer.Option("--shards", help="Folder of the shards.")],
) -> None:
    """Write packed renders back into a training's folder."""
    from kirakat.training.tiny.pack import unpack_renders

    for shard in unpack_renders(shards, work / "renders"):
        _say(f"{shard.path}: {shard.renders} renders")


@app.command()
def export(
    work: Work,
    out: Annotated[Path, typer.Option("--out", help="Folder for the checkpoint.")],
    config: Config = None,
    distilled: Distilled = False,
) -> None:
    """Write the trained weights as a Stable Diffusion folder for --generator PATH."""
    _workshop(work, config, "cpu").export(out, distilled=distilled)
    _say(f"try it: kirakat demo --generator {out}")


def _workshop(work: Path, config: Path | None, device: str) -> Workshop:
    from kirakat.training.tiny.config import load_tiny_config

    path = config or assets_folder() / "models" / "kirakat-tiny" / "tiny.toml"
    return Workshop(
        folder=work,
        config=load_tiny_config(path),
        device=device,
        scenes=assets_folder() / "scenes",
    )


def _recipe(device: str) -> Path | None:
    """The full training beside a GPU; the shipped one, made for a CPU, elsewhere."""
    if device == "cpu":
        return None
    return Path(str(files("kirakat.training.tiny").joinpath("gpu.toml")))


def _follow(what: str, work: Iterator[Progress]) -> None:
    with progress_bar(Console(stderr=True)) as progress:
        bar = progress.add_task(what, total=None)
        for item in work:
            progress.update(bar, description=item.name, total=item.total, completed=item.done)


def _say(text: str) -> None:
    Console(stderr=True).print(text, highlight=False)
