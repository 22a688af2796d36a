"""Products turned on a lathe: bottles, jars, mugs, vases, candles, lamps, canisters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kirakat.training.render.geometry import disc
from kirakat.training.render.labels import BRANDS, label, label_material, wrap_sheet
from kirakat.training.render.materials import Material, plain, surface
from kirakat.training.render.mesh import lathe, rounded, tube
from kirakat.training.render.palettes import Rgb, linear, mix, rgb, shade
from kirakat.training.render.stage import Part

Parts = tuple[Part, ...]
Rng = np.random.Generator
GOLD = plain(rgb("d9b06a"), 0.22, metallic=1.0)
STEEL = plain(rgb("c9cacb"), 0.25, metallic=1.0)
BLACK = plain(rgb("1d1d1f"), 0.4)
WOOD = rgb("b98a5c")


def ceramic(colour: Rgb, *, glossy: bool = True) -> Material:
    """Glazed or bisque ceramic."""
    return plain(colour, 0.16 if glossy else 0.7, clearcoat=0.6 if glossy else 0.0)


def glass(tint: Rgb = (1.0, 1.0, 1.0)) -> Material:
    """Clear or tinted glass; the tint is the transmittance of one surface."""
    return replace(plain(tint), glass=True)


def ink_for(colour: Rgb) -> Rgb:
    """Dark ink on pale colours, pale ink on dark ones."""
    return rgb("2b2724") if float(np.mean(linear(colour))) > 0.18 else rgb("f1ece2")


def brand(rng: Rng) -> str:
    """One invented brand."""
    return BRANDS[int(rng.integers(len(BRANDS)))]


def _label(rng: Rng, paper: Rgb, lines: tuple[str, ...], aspect: float) -> Material:
    picture = label(
        brand(rng), lines, paper, ink_for(paper), aspect=aspect, style=int(rng.integers(3))
    )
    return label_material(picture)


def pump_bottle(rng: Rng, colour: Rgb) -> Parts:
    """Cosmetic bottle with a pump."""
    r, h = rng.uniform(0.85, 1.05), rng.uniform(2.7, 3.4)
    body = lathe(
        rounded(
            [(1e-6, 0), (r, 0), (r, h), (0.38, h + 0.25), (0.38, h + 0.4), (1e-6, h + 0.4)], 0.16
        )
    )
    cap = BLACK if rng.random() < 0.5 else plain((0.95, 0.95, 0.94), 0.35)
    collar = disc(0.42, 0.4).moved(z=h + 0.35)
    stem = disc(0.13, 0.5).moved(z=h + 0.7)
    head = disc(0.36, 0.24).moved(z=h + 1.15)
    spout = tube([(0, 0, h + 1.3), (0.5, 0, h + 1.3), (0.85, 0, h + 1.2)], [0.11, 0.1, 0.08])
    paper = mix(colour, (1, 1, 1), 0.8) if rng.random() < 0.6 else colour
    sheet = wrap_sheet(r, 0.55, h - 0.5, 140)
    print_ = _label(rng, paper, ("BODY CARE", "250 ml e 8.4 fl oz"), 2.44 * r / (h - 1.05))
    caps = tuple(Part(mesh=m, material=cap) for m in (collar, stem, head, spout))
    return (Part(mesh=body, material=plain(colour, 0.3)), Part(mesh=sheet, material=print_), *caps)


def cream_jar(rng: Rng, colour: Rgb) -> Parts:
    """Low cosmetic jar with a lid."""
    r, h = rng.uniform(1.2, 1.5), rng.uniform(1.0, 1.3)
    body = lathe(rounded([(1e-6, 0), (r, 0), (r, h), (1e-6, h)], 0.22))
    lid = disc(r * 1.01, 0.6, bevel=0.1).moved(z=h + 0.03)
    top = GOLD if rng.random() < 0.4 else plain(shade(colour, 0.92), 0.3)
    sheet = wrap_sheet(r, 0.2, h - 0.15, 120)
    paper = mix(colour, (1, 1, 1), 0.75)
    print_ = _label(rng, paper, ("day cream",), 2.1 * r / (h - 0.35))
    return (Part(mesh=body, material=ceramic(colour)), Part(mesh=lid, material=top),
            Part(mesh=sheet, material=print_))  # fmt: skip


def mug(rng: Rng, colour: Rgb) -> Parts:
    """Mug with a handle, glazed inside in a paler tone."""
    r, h = rng.uniform(1.15, 1.4), rng.uniform(2.3, 2.8)
    foot = r * rng.uniform(0.7, 0.98)
    outside = [(1e-6, 0.04), (foot * 0.85, 0.04), (foot, 0.0), (r, h * 0.35), (r, h), (r - 0.1, h)]
    outer = lathe(rounded(outside, 0.16))
    inner = lathe(
        rounded([(r - 0.1, h), (r - 0.14, h * 0.35), (foot * 0.8, 0.2), (1e-6, 0.2)], 0.2)
    )
    t = np.linspace(np.radians(98), np.radians(-98), 30)
    path = np.stack([r - 0.02 + 0.9 * np.cos(t), 0 * t, h * 0.52 + h * 0.3 * np.sin(t)], 1)
    handle = tube(path, 0.16)
    turn = float(rng.uniform(-35, 25))
    glaze = ceramic(colour, glossy=rng.random() < 0.7)
    inside = ceramic(mix(colour, (0.97, 0.95, 0.92), 0.8))
    return (Part(mesh=outer, material=glaze), Part(mesh=inner, material=inside),
            Part(mesh=handle.turned("z", turn), material=glaze))  # fmt: skip


def vase(rng: Rng, colour: Rgb) -> Parts:
    """Stoneware vase, bellied or tall."""
    h = rng.uniform(3.4, 4.4)
    belly, neck, at = rng.uniform(0.9, 1.5), rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.5)
    z = np.linspace(0, 1, 40)
    bump = np.exp(-(((z - at) / 0.3) ** 2))
    r = neck + (belly - neck) * bump + 0.12 * np.clip((z - 0.92) / 0.08, 0, 1)
    profile = [(1e-6, 0.0), *zip(r, z * h, strict=True), (r[-1] - 0.09, h), (neck - 0.1, h * 0.8)]
    if rng.random() < 0.5:
        look = surface("plaster", colour, int(rng.integers(5)), size=512, tile=4.0)
    else:
        look = ceramic(colour)
    return (Part(mesh=lathe(profile, crease=50), material=look),)


def candle(rng: Rng, colour: Rgb) -> Parts:
    """Candle in a tinted, opaque jar, lit."""
    r, h = rng.uniform(1.1, 1.35), rng.uniform(2.0, 2.5)
    jar = lathe(rounded([(1e-6, 0), (r, 0), (r, h), (r - 0.09, h), (r - 0.12, h - 0.5)], 0.09))
    wax = disc(r - 0.1, h - 0.45).moved(z=0.05)
    wick = tube([(0, 0, h - 0.45), (0.02, 0, h - 0.2), (0.05, 0, h - 0.1)], 0.03)
    z = np.linspace(0, 1, 14)
    flame = lathe(
        np.stack([1e-6 + 0.11 * np.sin(np.pi * z**0.7), h - 0.17 + 0.55 * z], 1), segments=24
    )
    glow = plain((0.9, 0.6, 0.3), 0.9, glow=(9.0, 5.2, 1.9))
    sheet = wrap_sheet(r, 0.45, h - 0.75, 115)
    print_ = _label(rng, rgb("f3efe6"), ("220 g",), 2.0 * r / (h - 1.2))
    return (Part(mesh=jar, material=plain(colour, 0.1, clearcoat=0.8)),
            Part(mesh=wax, material=plain(rgb("f4ead6"), 0.5)), Part(mesh=wick, material=BLACK),
            Part(mesh=flame, material=glow), Part(mesh=sheet, material=print_))  # fmt: skip


def lamp(rng: Rng, colour: Rgb) -> Parts:
    """Table lamp: turned base, brass stem, glowing linen shade."""
    base = lathe(
        rounded([(1e-6, 0), (0.95, 0), (1.1, 0.8), (0.55, 1.9), (0.2, 2.2), (1e-6, 2.2)], 0.45)
    )
    stem = disc(0.08, 0.9).moved(z=2.15)
    top, low, h = rng.uniform(0.95, 1.2), rng.uniform(1.55, 1.8), 1.8
    profile = [(low, 2.7), (top, 2.7 + h), (top - 0.04, 2.7 + h), (low - 0.04, 2.7)]
    cloth = surface("linen", rgb("f2e8d6"), 2, size=512, tile=2.0)
    shade_ = replace(cloth, glow=(0.62, 0.47, 0.29))
    return (Part(mesh=base, material=ceramic(colour)), Part(mesh=stem, material=GOLD),
            Part(mesh=lathe(profile), material=shade_))  # fmt: skip


def canister(rng: Rng, colour: Rgb) -> Parts:
    """Tin of coffee or tea with a wrap-around print."""
    r, h = rng.uniform(1.2, 1.4), rng.uniform(2.9, 3.5)
    body = disc(r, h, bevel=0.05)
    lid = disc(r * 1.03, 0.55, bevel=0.08).moved(z=h - 0.1)
    sheet = wrap_sheet(r, 0.12, h - 0.2, 359.0)
    paper = colour
    picture = label(brand(rng), ("single origin", "WHOLE BEAN", "250 g"), paper, ink_for(paper),
                    aspect=0.9, style=int(rng.integers(3)))  # fmt: skip
    # The print fills the front third; the rest of the wrap is plain.
    wide = np.empty((picture.shape[0], picture.shape[1] * 3, 3), np.float32)
    wide[:] = np.asarray(paper, np.float32)
    wide[:, picture.shape[1] : 2 * picture.shape[1]] = picture
    metal = STEEL if rng.random() < 0.5 else BLACK
    return (Part(mesh=body, material=metal), Part(mesh=lid, material=metal),
            Part(mesh=sheet, material=label_material(wide, roughness=0.4)))  # fmt: skip


def can(rng: Rng, colour: Rgb) -> Parts:
    """Slim drinks can."""
    r, h = 0.95, rng.uniform(3.4, 3.9)
    profile = [(1e-6, 0.08), (0.65, 0.08), (0.72, 0), (r, 0.3), (r, h - 0.4), (0.75, h - 0.05),
               (0.78, h), (0.72, h), (0.7, h - 0.1), (1e-6, h - 0.1)]  # fmt: skip
    sheet = wrap_sheet(r, 0.36, h - 0.46, 359.0)
    picture = label(brand(rng), ("sparkling", "330 ml"), colour, ink_for(colour), aspect=0.62,
                    style=int(rng.integers(3)))  # fmt: skip
    wide = np.tile(picture, (1, 3, 1))
    return (Part(mesh=lathe(rounded(profile, 0.05)), material=STEEL),
            Part(mesh=sheet, material=label_material(wide, roughness=0.3)))  # fmt: skip


def dropper(rng: Rng, colour: Rgb) -> Parts:
    """Serum bottle with a dropper cap."""
    r, h = rng.uniform(0.8, 0.95), rng.uniform(2.0, 2.4)
    body = lathe(
        rounded(
            [(1e-6, 0), (r, 0), (r, h), (0.4, h + 0.3), (0.4, h + 0.45), (1e-6, h + 0.45)], 0.18
        )
    )
    cap = disc(0.46, 0.75).moved(z=h + 0.42)
    bulb = lathe(rounded([(0.34, 0), (0.3, 0.7), (0.2, 1.0), (1e-6, 1.02)], 0.12)).moved(z=h + 1.15)
    sheet = wrap_sheet(r, 0.4, h - 0.3, 130)
    print_ = _label(
        rng, mix(colour, (1, 1, 1), 0.78), ("face serum", "30 ml"), 2.27 * r / (h - 0.7)
    )
    return (Part(mesh=body, material=plain(shade(colour, 0.8), 0.08, clearcoat=1.0)),
            Part(mesh=cap, material=GOLD), Part(mesh=bulb, material=BLACK),
            Part(mesh=sheet, material=print_))  # fmt: skip
