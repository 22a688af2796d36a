"""Further training pictures without a renderer: rendered products in the library's scenes.

A product is cut from its render by the exact matte, placed on a scene as the pipeline places
it, and given the pipeline's shadow. A picture costs a fraction of a render, shows the scenes at
their full quality, and its caption is mostly a prompt of the pools as it will be asked for.
Products are cut from what is trained on only, and the scenes are the library's: what was held
out stays unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import LayoutError, TrainingError
from kirakat.hashing import sha256_array
from kirakat.imaging.colour import rgb_to_lab
from kirakat.pipeline.on_scene import lay_on_scene
from kirakat.pipeline.step1_mask import with_own_alpha
from kirakat.pipeline.step2_place import place
from kirakat.pipeline.step5_cut_back import place_alpha
from kirakat.prompts.category import category_of
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.scenes.choose import choose_scenes, suiting_scenes
from kirakat.scenes.fit import draw_scene, fit_scene
from kirakat.training.render.captions import library_caption
from kirakat.training.tiny.dataset import TrainingRender
from kirakat.types import (
    RGB,
    Alpha,
    Cutout,
    Offer,
    Placement,
    ProductView,
    Prompt,
    Scene,
    SourceImage,
)

# Numbers of composites start here, so that they never meet those of renders.
FIRST_INDEX = 1_000_000
# How often products stand, lie and hang.
_VIEWS = {"standing": 0.72, "lying": 0.2, "hanging": 0.08}
# Share that is captioned by what the scene shows and not by a pool's prompt, so that every
# scene is seen.
_PLAIN_CAPTIONS = 0.35
# How many of a prompt's best scenes are drawn from.
_BEST = 3
# Products of which the one nearest to the scene's colours is taken, and how often it is: then
# conditioning on the product tells something of the scene.
_CANDIDATES = 8
_MATCHED = 0.75
# Most that a scene is drawn larger than it must be, so that no two crops are alike.
_CLOSER = 1.3
# Materials through which the render's own scene is seen.
_CLEAR = frozenset({"glass"})
# Products that may also hang.
_HANGS = frozenset({"handbag", "towels"})
# Draws until a composite fits.
_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class SourceProduct:
    """A product cut from a render."""

    offer: Offer
    image: SourceImage
    cutout: Cutout
    category: str
    views: tuple[ProductView, ...]
    # Mean colour in CIELAB.
    lab: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Composite:
    """A product on a scene: (S, S, 3) with it and without, its coverage (S, S), the caption."""

    picture: RGB
    twin: RGB
    matte: Alpha
    caption: str
    scene_id: str
    product: str


def cut_products(renders: Iterable[TrainingRender]) -> list[SourceProduct]:
    """The whole, opaque products of renders; the others are left out."""
    return [product for render in renders if (product := _cut(render)) is not None]


def _cut(render: TrainingRender) -> SourceProduct | None:
    meta_file = render.folder / "meta.json"
    if not meta_file.is_file():
        return None
    meta = json.loads(meta_file.read_text(encoding="utf-8"))
    told = meta["product"]
    alpha = render.matte().astype(np.float32) / np.float32(255)
    if told["material"] in _CLEAR or alpha.max() < 1.0:
        return None
    pixels = render.picture()
    image = SourceImage(
        pixels=pixels, alpha=alpha, sha256=sha256_array(pixels), uri=str(render.folder)
    )
    cutout = with_own_alpha(image, alpha)
    if cutout.border_contact:
        return None
    offer = _offer(told)
    hanging: tuple[ProductView, ...] = ("hanging",) if told["kind"] in _HANGS else ()
    return SourceProduct(
        offer=offer,
        image=image,
        cutout=cutout,
        category=category_of(offer).category,
        views=(meta["view"], *hanging),
        lab=_mean_lab(pixels[cutout.alpha > 0.9]),
    )


def _offer(told: dict[str, Any]) -> Offer:
    """The render's product as a feed's row would tell it."""
    return Offer(
        offer_id=told["kind"],
        merchant_id="renders",
        title=told["caption"].split(" ", 1)[1],
        image_link="",
        color=told["colour"],
        material=told["material"],
    )


def _mean_lab(pixels: RGB) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = rgb_to_lab(pixels.reshape(-1, 3)[::7]).mean(0)
    return mean


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Draws composites of `side` pixels from products, scenes and prompts."""

    products: Sequence[SourceProduct]
    scenes: Sequence[Scene]
    pools: Pools
    side: int

    def draw(self, rng: np.random.Generator) -> Composite:
        """A random composite. Raises `LayoutError` when the product drawn does not fit."""
        view: ProductView = str(rng.choice(list(_VIEWS), p=list(_VIEWS.values())))  # type: ignore[assignment]
        able = [product for product in self.products if view in product.views]
        if not able:
            raise LayoutError(f"no product is {view}")
        lead = able[int(rng.integers(len(able)))]
        if rng.random() < _PLAIN_CAPTIONS:
            scene, prompt = self._any_scene(view, lead.category, rng), None
        else:
            scene, prompt = self._prompted(view, lead, rng)
        if rng.random() < _MATCHED:
            lead = _nearest(scene, [one for one in able if one.category == lead.category], rng)
        if prompt:
            caption = render_prompt(prompt, lead.offer).text
        else:
            caption = f"{lead.offer.title}, on {library_caption(scene)}"
        return self._compose(lead, view, scene, caption, rng)

    def _any_scene(self, view: ProductView, category: str, rng: np.random.Generator) -> Scene:
        """One of the scenes that suit view and category, all equally often."""
        suiting = suiting_scenes(self.scenes, view=view, category=category)
        return suiting[int(rng.integers(len(suiting)))]

    def _prompted(
        self, view: ProductView, product: SourceProduct, rng: np.random.Generator
    ) -> tuple[Scene, Prompt]:
        """A prompt of the product's pool, and one of the scenes that the pipeline would take."""
        pool = self.pools.for_category(product.category)
        prompt = pool[int(rng.integers(len(pool)))]
        chosen = choose_scenes(
            pool,
            self.scenes,
            view=view,
            category=product.category,
            product=str(rng.integers(1 << 32)),
            attempt=int(rng.integers(_BEST)),
        )
        return chosen[prompt.prompt_id], prompt

    def _compose(
        self,
        product: SourceProduct,
        view: ProductView,
        scene: Scene,
        caption: str,
        rng: np.random.Generator,
    ) -> Composite:
        canvas = Placement(name="composite", width=self.side, height=self.side)
        layout = place(
            product.cutout,
            width=canvas.width,
            height=canvas.height,
            safe_area=canvas.safe_area,
            category=product.category,
            view=view,
        )
        fit = fit_scene(
            scene,
            layout,
            mirrored=bool(rng.random() < 0.5),
            enlarged=float(rng.uniform(1.0, _CLOSER)),
        )
        twin = draw_scene(fit, self.side, self.side)
        alpha = place_alpha(product.cutout, layout)
        picture = lay_on_scene(
            product.image.pixels,
            product.cutout,
            layout,
            alpha,
            fit=fit,
            background=twin,
            mode="soft",
        )
        return Composite(
            picture=picture,
            twin=twin,
            matte=alpha,
            caption=caption,
            scene_id=scene.scene_id,
            product=product.image.uri,
        )


def _nearest(
    scene: Scene, able: Sequence[SourceProduct], rng: np.random.Generator
) -> SourceProduct:
    """Of some products the one whose colour is nearest to the scene's."""
    some = [able[int(at)] for at in rng.integers(len(able), size=_CANDIDATES)]
    colour = _scene_lab(scene.path)
    return min(some, key=lambda one: float(np.linalg.norm(one.lab - colour)))


@lru_cache(maxsize=256)
def _scene_lab(path: Path) -> NDArray[np.float32]:
    from PIL import Image

    with Image.open(path) as picture:
        return _mean_lab(np.asarray(picture.convert("RGB").resize((96, 96))))


def write_composites(folder: Path, composer: Composer, *, count: int, seed: int) -> Iterator[int]:
    """Write composites in the layout of training renders, yielding how many there are.

    What is there is skipped; a number and a seed always give the same composite, as long as
    products, scenes and prompts are the same.
    """
    for number in range(count):
        target = folder / f"{FIRST_INDEX + number}"
        if not (target / "caption.txt").is_file():
            _write(target, _drawn(composer, [seed, number]))
        yield number + 1


def _drawn(composer: Composer, seed: Sequence[int]) -> Composite:
    """The first composite that fits of some draws."""
    rng = np.random.default_rng(list(seed))
    for _ in range(_TRIES):
        try:
            return composer.draw(rng)
        except LayoutError:
            continue
    raise TrainingError(f"none of {_TRIES} products drawn fits its scene; render more products")


def _write(target: Path, made: Composite) -> None:
    from PIL import Image

    target.mkdir(parents=True, exist_ok=True)
    Image.fromarray(made.twin).save(target / "twin.jpg", quality=95)
    Image.fromarray(made.picture).save(target / "picture.jpg", quality=95)
    matte = np.rint(made.matte * 255).astype(np.uint8)
    Image.fromarray(matte).save(target / "matte.png")
    # Not meta.json, whose product's words would be put before the caption once more.
    origin = {"scene": made.scene_id, "product": made.product}
    (target / "composite.json").write_text(json.dumps(origin) + "\n", encoding="utf-8")
    (target / "caption.txt").write_text(made.caption + "\n", encoding="utf-8")
