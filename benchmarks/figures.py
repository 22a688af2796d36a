"""The pipeline's claims, measured with any generator: tables, and strips of pictures.

Run: python benchmarks/figures.py [EXPERIMENT] [--generator NAME|PATH] [--products N]
     [--prompts N] [--feed FILE] [--photos FOLDER] [--out FOLDER]

Experiments are figure1, figure2, figure3, noise, ablation, diversity, first and adherence; without
one all of them run. Products are those of the sample catalogue, whose mattes are known, with those
of `--feed` and the photos of `--photos` (by default the Online Boutique photos where
KIRAKAT_TEST_DATA is set). Renders are kept in the cache, so a run that was stopped goes on.
One thread (`--threads 1`) is the fastest where other work shares the cores.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from kirakat.cli.open_studio import assets_folder, open_studio, recipe_for
from kirakat.models.diffusion.inpaint import load_inpainter
from kirakat.models.diffusion.known_models import default_sampling
from kirakat.settings import Settings
from kirakat.stats.intervals import Interval
from kirakat.training.figures.ablation import ablation_arms, run_trials, trial_row
from kirakat.training.figures.adherence import adherence_table, adherent_cases, ask
from kirakat.training.figures.arms import Arm, Picture, Studios, cases_of, draw, noise_sampling
from kirakat.training.figures.diversity import (
    describe,
    diversity_table,
    lookalikes,
)
from kirakat.training.figures.expansion_by_arm import (
    RECOGNISED,
    Measured,
    figure1_arms,
    measure_arms,
    noise_row,
    ratio_of,
    table_of,
)
from kirakat.training.figures.first_experiment import draw_page, given_by, plan_page
from kirakat.training.figures.one_product import draw_figure3
from kirakat.training.figures.palette_shift import (
    ShiftTable,
    figure2_arms,
    measure_shift,
    shift_table,
)
from kirakat.training.figures.products import (
    Product,
    load_products,
    offers_of_folder,
    read_offers,
    spread,
)
from kirakat.training.figures.scene_classifier import train_on_scenes
from kirakat.training.figures.strips import draw_strip, save_strip
from kirakat.training.figures.tables import (
    arm_table,
    describe_pair,
    pool_table,
    shift_table_of,
    show,
    trial_table,
)
from kirakat.types import RGB, Sampling, Scene

# Columns and rows of pictures in a strip.
ROWS = 6
# Products of an experiment unless `--products` says otherwise; 0 is all.
PRODUCTS = {
    "figure1": 12,
    "figure2": 12,
    "noise": 8,
    "ablation": 3,
    "diversity": 8,
    "first": 0,
    "adherence": 8,
}
PAIRS = (
    ("inpainting", "edges"),
    ("inpainting", "edges + conditioning"),
    ("edges", "edges + conditioning"),
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """What every experiment needs."""

    studios: Studios
    noise: Sampling
    products: tuple[Product, ...]
    options: argparse.Namespace
    console: Console

    def chosen(self, experiment: str) -> list[Product]:
        """The experiment's products, category by category in turn."""
        limit = self.options.products
        return spread(self.products, PRODUCTS[experiment] if limit is None else limit)

    def prompts(self, usual: int) -> int:
        """Prompts a product."""
        return self.options.prompts or usual

    def keep(self, name: str, strip: RGB | None, values: dict[str, Any]) -> None:
        """Write the strip of pictures and the numbers, where there are any."""
        folder: Path = self.options.out
        folder.mkdir(parents=True, exist_ok=True)
        if strip is not None:
            save_strip(strip, folder / f"{name}.jpg")
        if values:
            text = json.dumps(values, indent=1, default=asdict)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")

    @cached_property
    def recipe_arm(self) -> Arm:
        """The generator's default recipe."""
        recipe = self.studios.recipe
        return Arm(name="recipe", start=recipe.start, sampling=recipe.sampling)


def figure1(session: Session) -> None:
    """Expansion of naive inpainting, edges, edges + conditioning."""
    arms = figure1_arms(session.noise)
    exact = [one for one in session.chosen("figure1") if one.exact]
    cases = cases_of(exact, prompts=session.prompts(1))
    made = list(measure_arms(cases, arms, session.studios))
    measured = [row for _, row in made]
    limit = session.studios.main.thresholds.contact_review
    rows = [table_of(measured, arm.name, floating_below=limit) for arm in arms]
    rows.append(noise_row(measured))
    session.console.print(arm_table(rows))
    ratios = _ratios(measured, session.console)
    strip = _figure1_strip([picture for picture, _ in made], [arm.name for arm in arms])
    session.keep("figure-1", strip, {"rows": rows, "ratios": ratios, "pictures": measured})


def _ratios(measured: Sequence[Measured], console: Console) -> dict[str, Interval | None]:
    """Every pair of arms, in both forms, over all pictures and the recognised ones."""
    ratios = {}
    for (control, treated), union, least in product(PAIRS, (False, True), (0.0, RECOGNISED)):
        name = f"{treated} / {control}, {'union' if union else 'expansion'}"
        name += ", recognised pictures" if least else ", all pictures"
        ratios[name] = ratio_of(measured, treated, control, union=union, least_found=least)
        console.print(f"{name}: {show(ratios[name], '.2f')}")
    return ratios


def _figure1_strip(pictures: Sequence[Picture], arms: Sequence[str]) -> RGB:
    """A row a case: the edges, and what each arm drew before the cut."""
    rows: dict[tuple[str, str], list[RGB]] = {}
    for picture in pictures:
        case = (picture.case.product.name, picture.case.prompt.text)
        rows.setdefault(case, [picture.rendered.render.control]).append(picture.drawn)
    return draw_strip(list(rows.values())[:ROWS], ["edges given", *arms], cell=200)


def figure2(session: Session) -> None:
    """Palette distance with and without conditioning, from noise and by the recipe."""
    cases = cases_of(session.chosen("figure2"), prompts=session.prompts(1))
    kept: dict[str, ShiftTable] = {}
    pictures: dict[str, list[list[RGB]]] = {}
    starts: tuple[tuple[Literal["noise", "scene"], Sampling], ...] = (
        ("noise", session.noise),
        ("scene", session.studios.recipe.sampling),
    )
    for start, sampling in starts:
        made = list(measure_shift(cases, figure2_arms(sampling, start), session.studios))
        kept[start] = shift_table([shift for *_, shift in made])
        pictures[start] = [[plain.finished, told.finished] for plain, told, _ in made[:ROWS]]
    session.console.print(shift_table_of(kept))
    photos = [case.product.subject.image.pixels for case in cases[:ROWS]]
    rows = [
        [photo, *noise, *scene]
        for photo, noise, scene in zip(photos, pictures["noise"], pictures["scene"], strict=True)
    ]
    columns = ["photo", "noise, edges", "+ conditioning", "scene, edges", "+ conditioning"]
    session.keep("figure-2", draw_strip(rows, columns, cell=180), {**kept})


def figure3(session: Session) -> None:
    """The steps of one product, from a scene by the recipe and from noise."""
    (case, *_) = cases_of(session.products, prompts=1)
    noise = Arm(name="noise", start="noise", sampling=session.noise)
    for name, arm in (("figure-3", session.recipe_arm), ("figure-3-noise", noise)):
        session.keep(name, draw_figure3(case, arm, session.studios, cell=240), {})
    session.console.print(f"Figure 3: {case.product.name}, {case.prompt.text}")


def noise(session: Session) -> None:
    """What the model alone draws from noise, and the product cut back over it."""
    arm = Arm(name="noise", start="noise", sampling=session.noise)
    cases = cases_of(session.chosen("noise"), prompts=1)
    rows = [
        [picture.rendered.render.control, picture.drawn, picture.finished]
        for picture in draw(cases, arm, session.studios)
    ]
    columns = ["edges", "drawn", "cut back"]
    session.keep("figure-noise", draw_strip(rows, columns, cell=180), {})


def ablation(session: Session) -> None:
    """What each part of step 4 gives and costs."""
    arms = ablation_arms(session.noise, session.studios.recipe)
    cases = cases_of(session.chosen("ablation"), prompts=session.prompts(1))
    made = list(run_trials(cases, arms, session.studios))
    rows = [trial_row([trial for _, trial in made], arm.name) for arm in arms]
    session.console.print(trial_table(rows))
    columns = [case.product.name for case in cases][:3]
    grid = [
        [picture.finished for picture, _ in made if picture.arm.name == arm.name][:3]
        for arm in arms
    ]
    strip = draw_strip(grid, columns, cell=150, labels=[arm.name for arm in arms])
    session.keep("figure-ablation", strip, {"rows": rows})


def diversity(session: Session) -> None:
    """Whether a pool's prompts differ by more than their seeds, by the recipe and from noise."""
    noise = Arm(name="noise", start="noise", sampling=session.noise, shadow="none")
    kept: dict[str, Any] = {}
    for arm, title in (
        (session.recipe_arm, "the recipe: prompts choose scenes too"),
        (noise, "from noise: the model alone"),
    ):
        cases = cases_of(session.chosen("diversity"), prompts=session.prompts(4), seeds=2)
        made = list(draw(cases, arm, session.studios))
        described = [describe(picture) for picture in made]
        result, alike = diversity_table(described), lookalikes(described)
        session.console.print(pool_table(result, title))
        for pair in alike:
            session.console.print(describe_pair(pair))
        kept[arm.name] = {"table": result, "alike": alike}
        name = "figure-diversity-noise" if arm is noise else "figure-diversity"
        session.keep(name, _diversity_strip(made), {})
    session.keep("figure-diversity", None, kept)


def _diversity_strip(pictures: Sequence[Picture]) -> RGB:
    """A row a product: its prompts with the first seed."""
    rows: dict[str, list[RGB]] = {}
    for picture in pictures:
        if picture.case.turn == 0:
            rows.setdefault(picture.case.product.name, []).append(picture.finished)
    width = max(len(row) for row in rows.values())
    names = [f"prompt {number + 1}" for number in range(width)]
    return draw_strip(list(rows.values())[:ROWS], names, cell=180, labels=list(rows))


def first(session: Session) -> None:
    """The first experiment's page."""
    products = session.chosen("first")
    page = plan_page(products, session.studios)
    made = list(draw(page.cases, page.arm, page.studios))
    described = [describe(picture) for picture in made]
    shown = {item.product for item in described}
    categories = {one.subject.category for one in products}
    session.console.print(
        f"First experiment: {len(shown)} products of {len(categories)} categories, "
        f"{len(made)} pictures"
    )
    result = diversity_table(described)
    session.console.print(f"variations apart: {show(result.prompts_apart, '.3f')}")
    given = given_by(made)
    session.console.print(
        f"the scene has the surface asked for in {given.surface:.0%}, the light in "
        f"{given.lighting:.0%}, the palette in {given.palette:.0%}, all three in {given.whole:.0%}"
    )
    counts = {"products": len(shown), "categories": len(categories), "pictures": len(made)}
    session.keep("figure-first", draw_page(page, made, cell=96), {**counts, "given": given})


def adherence(session: Session) -> None:
    """Palette and lighting told from finished pictures."""
    products = session.chosen("adherence")
    arms = (
        Arm(name="noise", start="noise", sampling=session.noise, shadow="none"),
        session.recipe_arm,
    )
    table = Table("tells", "start", "n", "accuracy", "chance", "on unseen scenes", "majority")
    kept: dict[str, Any] = {}
    for kind, label in (("palettes", _palette), ("lightings", _lighting)):
        trained = train_on_scenes(session.studios.main.scenes, label)
        names = frozenset(trained.classifier.classes)
        for arm in arms:
            cases = adherent_cases(cases_of(products, prompts=session.prompts(4)), names, kind)
            made = draw(cases, arm, session.studios)
            result = adherence_table([ask(one, trained, kind) for one in made])
            kept[f"{kind}, {arm.name}"] = {
                "pictures": result,
                "held_out": trained.held_out,
                "majority": trained.majority,
            }
            table.add_row(
                kind,
                arm.name,
                str(result.pictures),
                show(result.accuracy, ".0%"),
                f"{result.chance:.0%}",
                f"{trained.held_out:.0%}",
                f"{trained.majority:.0%}",
            )
    session.console.print(table)
    session.keep("figure-adherence", None, kept)


EXPERIMENTS: dict[str, Callable[[Session], None]] = {
    "figure1": figure1,
    "figure2": figure2,
    "figure3": figure3,
    "noise": noise,
    "ablation": ablation,
    "diversity": diversity,
    "first": first,
    "adherence": adherence,
}


def main() -> None:
    """Run what was asked for."""
    options = _options()
    chosen = [options.experiment] if options.experiment else list(EXPERIMENTS)
    settings = Settings(allow_any_path=True, threads=options.threads)
    catalog = assets_folder() / "catalog"
    with open_studio(settings, base=catalog, generator=options.generator) as opened:
        # Experiments change parts of the studio; each copy shares the one generator.
        studio = replace(opened, make_generator=cache(opened.make_generator))
        inpainter = cache(lambda: load_inpainter(_inpainter(options.generator)))
        studios = Studios(
            main=studio,
            inpaint=replace(studio, make_generator=inpainter),
            recipe=recipe_for(studio, options.generator),
        )
        console, skipped = Console(width=150), list[str]()
        offers = read_offers(catalog / "feed.tsv")
        for feed in options.feed:
            offers += read_offers(feed)
        for folder in options.photos:
            offers += offers_of_folder(folder)
        products = load_products(offers, studio, mattes=catalog / "mattes", skipped=skipped)
        session = Session(
            studios=studios,
            noise=noise_sampling(options.generator, default_sampling(options.generator)),
            products=tuple(products),
            options=options,
            console=console,
        )
        console.print(f"{options.generator}: {len(session.products)} products, skipped {skipped}")
        for name in chosen:
            EXPERIMENTS[name](session)


def _inpainter(generator: str) -> str:
    """SD 1.5 has an inpainting checkpoint of its own; others paint with their own UNet."""
    return "sd15-inpaint" if generator.startswith("sd15") else generator


def _palette(scene: Scene) -> str:
    return scene.palette


def _lighting(scene: Scene) -> str:
    return scene.lighting


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", nargs="?", choices=sorted(EXPERIMENTS))
    parser.add_argument("--generator", default="tiny", help="a known name or a folder")
    parser.add_argument("--products", type=int, help="at most so many products; 0: all")
    parser.add_argument("--prompts", type=int, default=0, help="prompts a product; 0: as usual")
    parser.add_argument("--feed", type=Path, action="append", default=[])
    parser.add_argument("--photos", type=Path, action="append", default=_test_photos())
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/figures"))
    return parser.parse_args()


def _test_photos() -> list[Path]:
    data = os.environ.get("KIRAKAT_TEST_DATA")
    folder = Path(data) / "catalogs" / "online-boutique" if data else None
    return [folder] if folder and folder.is_dir() else []


if __name__ == "__main__":
    main()
