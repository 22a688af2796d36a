"""A light classifier of palette and lighting, trained on crops of the scene library.

Ridge regression onto one-hot classes over colour shares, brightness and oriented gradients: few
numbers, few scenes, and no weights to ship. Its own accuracy on scenes that it never saw is the
ceiling of what it can tell of generated pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kirakat.training.figures.descriptors import background_lab
from kirakat.types import RGB, Alpha, Scene

# Crops a scene, and their smallest side as a share of the scene's shorter one.
CROPS, _SMALLEST = 8, 0.6
_RIDGE = 30.0
_ORIENTATIONS = 8
_PERCENTILES = (5, 25, 50, 75, 95)
Features = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SceneClassifier:
    """Tells one property of a background."""

    classes: tuple[str, ...]
    mean: Features
    scale: Features
    # (features + 1, classes)
    weights: Features

    def tell(self, features: Features) -> str:
        """The likeliest class of a background's features (n,)."""
        row = np.append((features - self.mean) / self.scale, 1.0)
        return self.classes[int((row @ self.weights).argmax())]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A classifier, and its accuracy on scenes left out of its training one by one."""

    classifier: SceneClassifier
    # By scene id: trained on all other scenes.
    without: Mapping[str, SceneClassifier]
    held_out: float
    # Accuracy of always answering the most frequent class.
    majority: float

    def unaware_of(self, scene_id: str | None) -> SceneClassifier:
        """The classifier that never saw a scene: a picture that shows it would be recognised."""
        return self.classifier if scene_id is None else self.without.get(scene_id, self.classifier)


def train_on_scenes(
    scenes: Sequence[Scene], label: Callable[[Scene], str], *, seed: int = 0
) -> Trained:
    """Learn a scene's `label` from its crops; classes of a single scene are left out."""
    labels = [label(scene) for scene in scenes]
    kept = [scene for scene, name in zip(scenes, labels, strict=True) if labels.count(name) > 1]
    rng = np.random.default_rng(seed)
    features = np.stack([_crop_features(scene, rng) for scene in kept])
    names = np.array([label(scene) for scene in kept])
    without, hits = {}, []
    for left_out, scene in enumerate(kept):
        rest = np.arange(len(kept)) != left_out
        model = without[scene.scene_id] = fit_classifier(features[rest], names[rest])
        hits.append(np.mean([model.tell(crop) == names[left_out] for crop in features[left_out]]))
    counts = np.unique(names, return_counts=True)[1]
    return Trained(
        classifier=fit_classifier(features, names),
        without=without,
        held_out=float(np.mean(hits)),
        majority=float(counts.max() / counts.sum()),
    )


def fit_classifier(features: Features, names: NDArray[np.str_]) -> SceneClassifier:
    """Ridge regression from `features` (scenes, crops, n) onto `names` (scenes,), classes equal."""
    classes = tuple(str(name) for name in np.unique(names))
    flat = features.reshape(-1, features.shape[-1])
    mean, scale = flat.mean(0), flat.std(0) + 1e-6
    rows = np.hstack([(flat - mean) / scale, np.ones((len(flat), 1))])
    repeated = np.repeat(names, features.shape[1])
    wanted = np.stack([repeated == name for name in classes], axis=1).astype(np.float64)
    weight = (1.0 / wanted.sum(0))[wanted.argmax(1)][:, None] * len(rows) / len(classes)
    penalty = np.eye(rows.shape[1]) * _RIDGE
    penalty[-1, -1] = 1e-6
    solved = np.linalg.solve(rows.T @ (rows * weight) + penalty, rows.T @ (wanted * weight))
    return SceneClassifier(classes=classes, mean=mean, scale=scale, weights=solved)


def background_features(picture: RGB, matte: Alpha | None) -> Features:
    """(n,) numbers of a background (h, w, 3) without what `matte` (h, w) covers."""
    lab, free = background_lab(picture, matte)
    points = lab[free > 0.5]
    colour = [points.mean(0), points.std(0)]
    tones = [np.percentile(points[:, channel], _PERCENTILES) for channel in range(3)]
    hue = np.arctan2(points[:, 2], points[:, 1])
    chroma = np.hypot(points[:, 1], points[:, 2])
    around = [float((chroma * np.cos(hue * turn)).mean()) for turn in (2, 3)]
    around += [float((chroma * np.sin(hue * turn)).mean()) for turn in (2, 3)]
    texture = [_orientations(lab[..., 0], free, sigma) for sigma in (1.0, 3.0)]
    return np.concatenate([*colour, *tones, around, *texture]).astype(np.float64)


def _orientations(
    lightness: NDArray[np.float32], free: NDArray[np.float32], sigma: float
) -> NDArray[np.float64]:
    """(8,) logarithms of the gradient's energy by orientation, at one scale."""
    smooth = cv2.GaussianBlur(lightness, (0, 0), sigma)
    dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    reach = 2 * round(2 * sigma) + 1
    inside = cv2.erode(free, np.ones((reach, reach), np.uint8)) > 0.5
    angle = np.arctan2(dy, dx)[inside] % np.pi
    energy = np.hypot(dx, dy)[inside]
    bins = np.minimum((angle / np.pi * _ORIENTATIONS).astype(np.int64), _ORIENTATIONS - 1)
    total = np.bincount(bins, weights=energy, minlength=_ORIENTATIONS)
    return np.log1p(total / max(len(energy), 1))


def _crop_features(scene: Scene, rng: np.random.Generator) -> Features:
    """(crops, n) of random square crops, half of them mirrored."""
    with Image.open(scene.path) as opened:
        picture = opened.convert("RGB")
        picture.thumbnail((512, 512), Image.Resampling.LANCZOS)
        pixels = np.asarray(picture)
    height, width = pixels.shape[:2]
    crops = []
    for number in range(CROPS):
        side = round(min(height, width) * rng.uniform(_SMALLEST, 1.0))
        top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
        crop = pixels[top : top + side, left : left + side]
        mirrored = np.ascontiguousarray(crop[:, ::-1] if number % 2 else crop)
        crops.append(background_features(mirrored, None))
    return np.stack(crops)
