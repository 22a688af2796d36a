"""`kirakat bench`: how fast this machine draws, and how fast arithmetic would let it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.errors import ModelError

if TYPE_CHECKING:
    from kirakat.models.diffusion.speed.cases import Case
    from kirakat.models.diffusion.speed.flops import Arithmetic
    from kirakat.models.diffusion.speed.measure import Bench
    from kirakat.models.diffusion.speed.report import Row
    from kirakat.models.diffusion.speed.rows import Optimisation


def bench(
    gpu: Annotated[bool, typer.Option("--gpu", help="Measure on the first CUDA card.")] = False,
    small: Annotated[
        bool, typer.Option("--small", help="Miniature networks, on a CPU too: a trial of it all.")
    ] = False,
    floor: Annotated[
        bool, typer.Option("--floor", help="Only count the arithmetic; needs no card.")
    ] = False,
    cases: Annotated[
        str, typer.Option("--cases", help="Of sd15-4, sd15-20, sdxl-4, sdxl-20.")
    ] = "sd15-4,sd15-20,sdxl-4,sdxl-20",
    batches: Annotated[
        str, typer.Option("--batches", help="At which stock and ours are compared.")
    ] = "1,4,16,64",
    rows_at: Annotated[
        int, typer.Option("--rows-at", min=0, help="Batch of the switches' table; 0: none.")
    ] = 16,
    switches: Annotated[
        str, typer.Option("--switches", help="Which to turn on, in this order; all: every one.")
    ] = "own-loop,tiny-decoder,channels-last,compile,cuda-graphs,overlap",
    dtype: Annotated[str, typer.Option("--dtype", help="bfloat16, float16 or float32.")] = "",
    peak_tflops: Annotated[
        float, typer.Option("--peak-tflops", min=0, help="Of the card, where it is not known.")
    ] = 0.0,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Time over which each figure is taken.")
    ] = 3.0,
    out: Annotated[
        Path | None, typer.Option("--json", help="Write every row there, as they come.")
    ] = None,
) -> None:
    """Pictures a second of Stable Diffusion with ControlNet and IP-Adapter, stock against ours.

    Weights are random: speed does not depend on them, and nothing is downloaded. Example, an
    H200, SD 1.5 in 4 steps alone:

        kirakat bench --gpu --cases sd15-4 --batches 1,16,64
    """
    from kirakat.models.diffusion.runtime import make_runtime

    # Loads the libraries without their notes, or says which extra is missing.
    make_runtime("cpu", "float32")
    from kirakat.models.diffusion.speed.cases import find_cases, miniature
    from kirakat.models.diffusion.speed.flops import count
    from kirakat.models.diffusion.speed.report import Measurer
    from kirakat.models.diffusion.speed.rows import chosen

    console = Console()
    card, peak = ("", 0.0) if floor else _card(gpu=gpu, small=small)
    wanted = [miniature(case) if small else case for case in find_cases(cases)]
    counted = {case.name: count(case, small=small) for case in wanted}
    peak = peak_tflops or peak
    if not small:
        console.print(_floor_table(wanted, counted, peak or 989.4, "" if peak else "H200"))
    if floor:
        return
    where = _bench(gpu=gpu, small=small, dtype=dtype, seconds=seconds)
    on = chosen(_possible(switches, on_cuda=gpu), on_cuda=gpu)
    console.print(f"{card}; {platform.platform()}; {date.today()}; {where.dtype}", highlight=False)
    found: list[Row] = []
    for case in wanted:
        measurer = Measurer(where, case, counted[case.name], peak * 1e12)
        if rows_at:
            rows = _kept(measurer.one_by_one(on, rows_at), found, out)
            console.print(_switch_table(case, rows, on, rows_at))
        rows = _kept(measurer.over_batches(on, _numbers(batches)), found, out)
        console.print(_batch_table(case, rows))


def _card(*, gpu: bool, small: bool) -> tuple[str, float]:
    """The card's name and its peak in teraflops, 0 where it is unknown."""
    from kirakat.models.diffusion.device import choose_device
    from kirakat.models.diffusion.speed.cards import peak_tflops

    if not gpu:
        if not small:
            raise ModelError("take --gpu, or --small to try it on a CPU, or --floor to count only")
        return platform.processor() or "CPU", 0.0
    import torch

    name = torch.cuda.get_device_name(choose_device("cuda"))
    return name, peak_tflops(name) or 0.0


def _bench(*, gpu: bool, small: bool, dtype: str, seconds: float) -> Bench:
    import torch

    from kirakat.models.diffusion.device import choose_device, choose_dtype
    from kirakat.models.diffusion.speed.measure import Bench

    device = choose_device("cuda" if gpu else "cpu")
    precision = choose_dtype(dtype or ("bfloat16" if gpu else "float32"), device)
    if gpu:
        # Fixed shapes: the best algorithm of each is found once, for both sides alike.
        torch.backends.cudnn.benchmark = True
    else:
        # Networks this small are many times slower on several threads than on one.
        torch.set_num_threads(1)
    return Bench(device=device, dtype=precision, small=small, seconds=seconds)


def _possible(switches: str, *, on_cuda: bool) -> str:
    """Without what needs a card, where there is none and the default names it."""
    if on_cuda:
        return switches
    names = [name for name in switches.split(",") if name not in ("cuda-graphs", "fp8")]
    return ",".join(names)


def _numbers(text: str) -> list[int]:
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    if not numbers or not all(part.isdigit() and int(part) for part in numbers):
        raise ModelError(f"{text}: batches are numbers above 0, separated by commas")
    return [int(part) for part in numbers]


def _kept(rows: Iterable[Row], found: list[Row], out: Path | None) -> list[Row]:
    """The rows, each noted on the console's error channel and in the file at once."""
    kept = []
    progress = Console(stderr=True)
    for row in rows:
        progress.print(f"{row.case} {row.name}, batch {row.batch}: {row.throughput:.2f} img/s")
        kept.append(row)
        found.append(row)
        if out:
            out.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")
    return kept


def _floor_table(
    cases: Sequence[Case], counted: dict[str, Arithmetic], peak: float, assumed: str
) -> Table:
    title = f"arithmetic floor at {peak:g} TFLOPS" + (f" (an {assumed})" if assumed else "")
    table = Table(
        "case", "stock TFLOP", "ours", "ours, tiny decoder", "most img/s", "goal", title=title
    )
    for case in cases:
        arithmetic = counted[case.name]
        ours = arithmetic.picture(case, tiny_decoder=True) / 1e12
        table.add_row(
            case.name,
            f"{arithmetic.picture(case, tiny_decoder=False, stock=True) / 1e12:.3g}",
            f"{arithmetic.picture(case, tiny_decoder=False) / 1e12:.3g}",
            f"{ours:.3g}",
            f"{peak / ours:.3g}",
            f"{case.goal:g} ({case.goal * ours / peak:.0%})" if case.goal else "-",
        )
    return table


def _switch_table(case: Case, rows: Sequence[Row], on: Sequence[Optimisation], batch: int) -> Table:
    title = f"{case.name}, batch {batch}: one more switch a row; times as shares of the row before"
    table = Table("", "img/s", "s a batch", "GB", "of peak", "predicted", "measured", "differs by")
    table.title = title
    for row in rows:
        table.add_row(
            row.name,
            *_figures(row),
            f"{row.predicted:.2f}" if row.predicted else "-",
            f"{row.outcome:.2f}" if row.outcome else "-",
            "-" if row.difference is None else f"{row.difference:.2f}",
        )
    table.caption = "; ".join(f"{one.name}: {one.reason}" for one in on)
    return table


def _batch_table(case: Case, rows: Sequence[Row]) -> Table:
    table = Table("batch", "", "img/s", "s a batch", "GB", "of peak", "times stock", "first, s")
    table.title = f"{case.name}: stock diffusers and ours, all switches on"
    for row in rows:
        times = f"{1 / row.outcome:.2f}" if row.outcome else "-"
        table.add_row(str(row.batch), row.name, *_figures(row), times, f"{row.warm_up:.0f}")
    return table


def _figures(row: Row) -> tuple[str, str, str, str]:
    if row.latency is None:
        return ("out of memory", "-", "-", "-")
    share = f"{row.share:.0%}" if row.share else "-"
    return (f"{row.throughput:.4g}", f"{row.latency:.3g}", f"{row.memory / 1e9:.1f}", share)
