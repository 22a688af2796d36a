"""The scenes that ship with Kirakat, as parameter records."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.light import Key
from kirakat.training.render.scene_spec import SceneSpec


def _key(azimuth: float, elevation: float, softness: float, temperature: str = "neutral") -> Key:
    return Key(azimuth=azimuth, elevation=elevation, softness=softness, temperature=temperature)


def _scene(
    scene_id: str, setting: str, surface: str, lighting: str, palette: str, key: Key, seed: int,
    **more: Any,
) -> SceneSpec:  # fmt: skip
    return SceneSpec(
        scene_id=scene_id, setting=setting, surface=surface, lighting=lighting, palette=palette,
        key=key, seed=seed, **more,
    )  # fmt: skip


def _lying(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "view": "lying", "camera_elevation": 88.0, "support_at": (0.5, 0.52), "aperture": 0.05,
    }  # fmt: skip
    return _scene(*args, **(options | more))


def _hanging(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "view": "hanging", "camera_elevation": 2.0, "support_at": (0.5, 0.82), "aperture": 0.05,
    }  # fmt: skip
    return _scene(*args, **(options | more))


LIBRARY: Final[tuple[SceneSpec, ...]] = (
    _scene("marble-podium-warm-01", "podium", "marble", "window-blind", "beige",
           _key(300, 38, 0.10, "warm"), 17, props=("column", "spheres"),
           tags=("podium", "column")),
    _scene("wood-tabletop-kitchen-01", "tabletop", "wood", "softbox", "white",
           _key(70, 40, 0.45), 21, camera_elevation=8.0, aperture=0.75, support_at=(0.5, 0.72),
           brightness=1.15,
           tags=("tabletop", "kitchen", "bokeh")),
    _scene("slate-rim-dark-01", "rock", "stone", "rim", "charcoal", _key(30, 55, 0.5, "cool"), 5,
           props=("pebbles",), camera_elevation=12.0, brightness=0.62, tags=("slab", "dark", "electronics")),
    _scene("plaster-steps-palm-01", "stairs", "plaster", "foliage-shadow", "terracotta",
           _key(296, 38, 0.05, "warm"), 8, camera_elevation=15.0, support_at=(0.5, 0.7),
           tags=("steps", "outdoor")),
    _scene("water-beauty-01", "pond", "water", "softbox", "teal", _key(310, 42, 0.35), 4,
           props=("palm",), camera_elevation=12.0, tags=("water", "beauty", "island")),
    _scene("linen-flatlay-leaves-01", "flatlay", "linen", "foliage-shadow", "beige",
           _key(305, 48, 0.04, "warm"), 12, view="lying", camera_elevation=88.0,
           support_at=(0.5, 0.52), aperture=0.05, props=("sprigs",), tags=("flat-lay", "leaves")),
    _scene("moss-stone-forest-01", "mossy", "moss", "sun", "forest", _key(245, 42, 0.08, "warm"), 3,
           camera_elevation=14.0, aperture=0.45, brightness=1.5, tags=("outdoor", "grass", "stone")),
    _scene("room-wood-floor-01", "room", "wood", "window-blind", "sage", _key(295, 35, 0.06, "warm"),
           9, camera_elevation=15.0, frame=13.0, props=("vase",), tags=("interior", "furniture")),
    _scene("satin-blush-01", "flatlay", "satin", "softbox", "blush", _key(292, 26, 0.2, "warm"), 6,
           view="lying", camera_elevation=80.0, support_at=(0.5, 0.54), aperture=0.05,
           tags=("flat-lay", "cloth", "beauty")),
    _scene("terrazzo-podium-sage-01", "podium", "terrazzo", "softbox", "sage", _key(315, 45, 0.3), 14,
           props=("arch-panel", "vase"), camera_elevation=15.0, tags=("podium", "arch")),
    _scene("sand-dunes-golden-01", "dunes", "sand", "golden-hour", "beige",
           _key(262, 22, 0.03, "warm"), 10, camera_elevation=20.0, tags=("outdoor", "dunes")),
    _scene("toys-pastel-01", "podium", "paper", "softbox", "sky", _key(320, 50, 0.4), 23,
           props=("toys",), backdrop="paper", camera_elevation=15.0, tags=("podium", "playful")),
    _hanging("plaster-wall-foliage-01", "bare-wall", "plaster", "foliage-shadow", "white",
             _key(305, 38, 0.05, "warm"), 15, tags=("wall", "pegs", "apparel")),
    _lying("marble-flatlay-blind-01", "flatlay", "marble", "window-blind", "white",
           _key(300, 45, 0.05), 19, props=("dishes",), tags=("flat-lay",)),
    _lying("wood-flatlay-01", "flatlay", "wood", "softbox", "terracotta", _key(310, 45, 0.3, "warm"),
           25, props=("cloth",), tags=("flat-lay", "kitchen")),
    _scene("lavender-arches-01", "podium", "plaster", "softbox", "lavender", _key(305, 42, 0.3), 31,
           props=("frames",), camera_elevation=10.0, tags=("podium", "arch")),
    _scene("concrete-sport-01", "ground", "concrete", "sun", "grey", _key(300, 40, 0.05), 28,
           props=(), backdrop="concrete", camera_elevation=12.0, tags=("urban", "sport")),
    _scene("navy-spot-01", "podium", "metal", "spotlight", "navy", _key(330, 55, 0.08, "warm"), 33,
           props=("disc-panel",), camera_elevation=15.0, tags=("podium", "spotlight")),
    _scene("forest-rock-leaves-01", "rock", "stone", "foliage-shadow", "sage",
           _key(300, 45, 0.05, "warm"), 37, props=("plants",), tags=("slab", "plants")),
    _scene("passage-blush-01", "passage", "plaster", "sun", "blush", _key(300, 42, 0.03, "warm"), 39,
           camera_elevation=12.0, tags=("arch", "podium")),
    _lying("paper-flatlay-palm-01", "flatlay", "paper", "foliage-shadow", "sky",
           _key(310, 45, 0.05), 41, props=("palms",), tags=("flat-lay", "playful")),
    _lying("sand-flatlay-01", "flatlay", "sand", "sun", "beige", _key(290, 34, 0.03, "warm"), 43,
           props=("stones",), tags=("flat-lay", "beach")),
    _lying("concrete-flatlay-01", "flatlay", "concrete", "window-blind", "charcoal",
           _key(310, 45, 0.06, "cool"), 45, props=("stones",), tags=("flat-lay", "urban")),
    _hanging("rail-linen-wall-01", "clothes-rail", "plaster", "window-blind", "beige",
             _key(306, 38, 0.12, "warm"), 47, tags=("rail", "apparel")),
    _scene("gradient-mustard-01", "seamless", "gradient", "spotlight", "mustard", _key(330, 50, 0.3, "warm"), 51,
           backdrop="paper", camera_elevation=15.0, tags=("seamless", "minimal")),
    _scene("wood-tabletop-garden-01", "terrace", "wood", "overcast", "forest",
           _key(320, 50, 0.6, "neutral"), 53, camera_elevation=10.0, aperture=0.8,
           brightness=1.6, tags=("tabletop", "bokeh")),
    _scene("marble-overcast-grey-01", "pedestal", "marble", "overcast", "grey", _key(330, 60, 0.9, "cool"),
           55, props=("vase",), camera_elevation=25.0, tags=("pedestal", "minimal")),
    _scene("white-podium-35-01", "podium", "plaster", "foliage-shadow", "white",
           _key(305, 48, 0.05), 57, camera_elevation=35.0, tags=("podium", "minimal")),
    _scene("terracotta-ring-01", "podium", "stone", "golden-hour", "terracotta",
           _key(285, 28, 0.06, "warm"), 59, props=("ring", "pebbles"), camera_elevation=12.0,
           tags=("podium", "ring")),
    _scene("teal-blocks-01", "pedestal", "plaster", "sun", "teal", _key(300, 45, 0.05), 61,
           props=("cubes",), camera_elevation=20.0, accent="terracotta", tags=("blocks", "playful")),
    _lying("linen-flatlay-cloth-01", "flatlay", "linen", "overcast", "grey", _key(330, 60, 0.8), 63,
           props=("cloth", "dishes"), tags=("flat-lay", "minimal")),
    _lying("terrazzo-flatlay-01", "flatlay", "terrazzo", "sun", "blush", _key(300, 48, 0.03, "warm"), 65,
           props=("sprigs",), tags=("flat-lay",)),
)  # fmt: skip
