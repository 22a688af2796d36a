"""The parametric products that training pictures and the sample catalogue show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kirakat.training.render import built_products as built
from kirakat.training.render import shaped_products as shaped
from kirakat.training.render import turned_products as turned
from kirakat.training.render import worn_products as worn
from kirakat.training.render.mesh import Mesh
from kirakat.training.render.palettes import Rgb, rgb
from kirakat.training.render.stage import Part

Maker = Callable[[np.random.Generator, Rgb], tuple[Part, ...]]


@dataclass(frozen=True, kw_only=True)
class ProductKind:
    """A maker with the words that captions use."""

    maker: Maker
    noun: str
    material: str
    # Made lying flat, to be photographed from above: no scene of the training set suits it.
    flat: bool = False


KINDS: Final[dict[str, ProductKind]] = {
    "pump-bottle": ProductKind(maker=turned.pump_bottle, noun="pump bottle", material="plastic"),
    "cream-jar": ProductKind(maker=turned.cream_jar, noun="cream jar", material="ceramic"),
    "mug": ProductKind(maker=turned.mug, noun="mug", material="ceramic"),
    "vase": ProductKind(maker=turned.vase, noun="vase", material="ceramic"),
    "candle": ProductKind(maker=turned.candle, noun="candle", material="glass"),
    "lamp": ProductKind(maker=turned.lamp, noun="table lamp", material="ceramic"),
    "canister": ProductKind(maker=turned.canister, noun="canister", material="metal"),
    "can": ProductKind(maker=turned.can, noun="drinks can", material="metal"),
    "dropper": ProductKind(maker=turned.dropper, noun="serum bottle", material="glass"),
    "perfume": ProductKind(maker=built.perfume, noun="perfume bottle", material="glass"),
    "carton": ProductKind(maker=built.carton, noun="carton", material="cardboard"),
    "cosmetic-tube": ProductKind(
        maker=built.cosmetic_tube, noun="cosmetic tube", material="plastic"
    ),
    "speaker": ProductKind(maker=built.speaker, noun="speaker", material="wood"),
    "kettlebell": ProductKind(maker=built.kettlebell, noun="kettlebell", material="iron"),
    "dumbbell": ProductKind(maker=built.dumbbell, noun="dumbbell", material="iron"),
    "stacking-rings": ProductKind(maker=built.stacking_rings, noun="stacking toy", material="wood"),
    "handbag": ProductKind(maker=built.handbag, noun="handbag", material="leather"),
    "book": ProductKind(maker=built.book, noun="notebook", material="paper"),
    "teapot": ProductKind(maker=shaped.teapot, noun="teapot", material="ceramic"),
    "flask": ProductKind(maker=shaped.flask, noun="drinking bottle", material="steel"),
    "honey-jar": ProductKind(maker=shaped.honey_jar, noun="honey jar", material="glass"),
    "sofa": ProductKind(maker=shaped.sofa, noun="sofa", material="cotton"),
    "stool": ProductKind(maker=shaped.stool, noun="stool", material="wood"),
    "ball": ProductKind(maker=shaped.ball, noun="basketball", material="leather"),
    "blocks": ProductKind(maker=shaped.blocks, noun="building blocks", material="wood"),
    "dog-bowl": ProductKind(maker=shaped.dog_bowl, noun="dog bowl", material="ceramic"),
    "towels": ProductKind(maker=shaped.towels, noun="bath towels", material="cotton"),
    "tee": ProductKind(maker=worn.tee, noun="t-shirt", material="cotton", flat=True),
    "headphones": ProductKind(maker=built.headphones, noun="headphones", material="plastic"),
}

COLOURS: Final[dict[str, Rgb]] = {
    "black": rgb("242426"),
    "white": rgb("efeeea"),
    "cream": rgb("ece0c9"),
    "grey": rgb("8d8f91"),
    "brown": rgb("7a5238"),
    "tan": rgb("bf9468"),
    "terracotta": rgb("bd6e4c"),
    "red": rgb("b5332f"),
    "mustard": rgb("d3a03a"),
    "sage": rgb("9aa98a"),
    "green": rgb("3d6a4c"),
    "teal": rgb("3a7f80"),
    "sky blue": rgb("8fbcd9"),
    "navy": rgb("2b3d60"),
    "lavender": rgb("b3a3d0"),
    "pink": rgb("e0aca6"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Product:
    """Parts standing on z = 0 around the origin, with the words for them."""

    kind: str
    colour: str
    parts: tuple[Part, ...]

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest corner (x, y, z)."""
        points = np.concatenate([part.mesh.vertices for part in self.parts])
        return points.min(0), points.max(0)

    def mapped(self, change: Callable[[Mesh], Mesh]) -> Product:
        """The same product with `change` applied to every mesh."""
        parts = tuple(replace(part, mesh=change(part.mesh)) for part in self.parts)
        return replace(self, parts=parts)


def make_product(kind: str, colour: str, seed: int) -> Product:
    """Product of a kind in a named colour. Raises KeyError for unknown names."""
    rng = np.random.default_rng([seed, 31])
    return Product(kind=kind, colour=colour, parts=KINDS[kind].maker(rng, COLOURS[colour]))


def fitted(product: Product, *, width: float, height: float) -> Product:
    """Product scaled evenly to fit inside width x height (world units)."""
    low, high = product.bounds
    size = high - low
    s = min(width / max(size[0], size[1] * 0.8), height / size[2])
    return product.mapped(lambda mesh: mesh.scaled(s, s, s))


def laid(product: Product, degrees: float) -> Product:
    """Product lying on its back, turned by `degrees`, centred and touching z = 0."""
    flat = product.mapped(lambda mesh: mesh.turned("x", -90).turned("z", degrees))
    low, high = flat.bounds
    centre = (low + high) / 2
    return flat.mapped(lambda mesh: mesh.moved(x=-centre[0], y=-centre[1], z=-low[2]))
