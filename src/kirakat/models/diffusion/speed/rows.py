"""The optimisations, one after another, each with what it was expected to bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kirakat.errors import ModelError
from kirakat.models.diffusion.fast.options import PLAIN, FastOptions
from kirakat.models.diffusion.speed.cases import Case
from kirakat.models.diffusion.speed.flops import Arithmetic


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way to run the fast path."""

    options: FastOptions
    tiny_decoder: bool = False


@dataclass(frozen=True, kw_only=True)
class Optimisation:
    """One switch: how it changes a variant, and its predicted share of the time before."""

    name: str
    apply: Callable[[Variant], Variant]
    predict: Callable[[Arithmetic, Case, int], float]
    # Why that much.
    reason: str
    needs_cuda: bool = False


def _option(**changes: object) -> Callable[[Variant], Variant]:
    return lambda variant: replace(variant, options=replace(variant.options, **changes))  # type: ignore[arg-type]


def _own_loop(arithmetic: Arithmetic, case: Case, _batch: int) -> float:
    stock = arithmetic.picture(case, tiny_decoder=False, stock=True)
    return arithmetic.picture(case, tiny_decoder=False) / stock


def _tiny_decoder(arithmetic: Arithmetic, case: Case, _batch: int) -> float:
    whole = arithmetic.picture(case, tiny_decoder=False)
    return arithmetic.picture(case, tiny_decoder=True) / whole


def _fp8(arithmetic: Arithmetic, _case: Case, _batch: int) -> float:
    """Twice the rate on the linear layers, of which scaling takes a part back."""
    linear = arithmetic.linear / (arithmetic.unet + arithmetic.controlnet)
    return 1 - 0.35 * linear


def _by_batch(*, one: float, many: float) -> Callable[[Arithmetic, Case, int], float]:
    """Between a lone picture, where launches count, and 16, where arithmetic does."""

    def predict(_arithmetic: Arithmetic, _case: Case, batch: int) -> float:
        share = min(1.0, (batch - 1) / 15)
        return one + (many - one) * share

    return predict


OPTIMISATIONS = (
    Optimisation(
        name="own loop",
        apply=lambda variant: variant,
        predict=_own_loop,
        reason="control picture, keys and values once; no ControlNet after its end (counted)",
    ),
    Optimisation(
        name="tiny decoder",
        apply=lambda variant: replace(variant, tiny_decoder=True),
        predict=_tiny_decoder,
        reason="operations of the decoders (counted)",
    ),
    Optimisation(
        name="channels last",
        apply=_option(channels_last=True),
        predict=_by_batch(one=1.0, many=0.9),
        reason="tensor cores read convolutions without transposing",
    ),
    Optimisation(
        name="compile",
        apply=_option(compile=True),
        predict=_by_batch(one=0.6, many=0.75),
        reason="norms, activations and residuals fused: less memory traffic, fewer launches",
    ),
    Optimisation(
        name="cuda graphs",
        apply=_option(cuda_graphs=True),
        predict=_by_batch(one=0.55, many=0.98),
        reason="no launches from the host; counts where a batch is small",
        needs_cuda=True,
    ),
    Optimisation(
        name="overlap",
        apply=_option(overlap=True),
        predict=_by_batch(one=0.97, many=0.97),
        reason="decoding and copying beside the next batch",
    ),
    Optimisation(
        name="fp8",
        apply=_option(fp8=True),
        predict=_fp8,
        reason="twice the rate on linear layers (share counted), less their scaling",
        needs_cuda=True,
    ),
)
NAMES = tuple(one.name.replace(" ", "-") for one in OPTIMISATIONS)


def chosen(names: str, *, on_cuda: bool) -> list[Optimisation]:
    """Those of a comma-separated list, in the order given; "all": what the device can.

    Raises `ModelError` for an unknown name.
    """
    by_name = dict(zip(NAMES, OPTIMISATIONS, strict=True))
    if names == "all":
        return [one for one in OPTIMISATIONS if on_cuda or not one.needs_cuda]
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    strange = [name for name in wanted if name not in by_name]
    if strange:
        raise ModelError(f"no such switch: {', '.join(strange)}; known: {', '.join(NAMES)}")
    return [by_name[name] for name in wanted]


def together(optimisations: Sequence[Optimisation]) -> Variant:
    """All of them at once."""
    variant = Variant(options=PLAIN)
    for one in optimisations:
        variant = one.apply(variant)
    return variant
