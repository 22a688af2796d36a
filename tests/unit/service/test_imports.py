"""The service stays free of models and their libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LOOK = """
import pkgutil, importlib, sys
import kirakat.service as service
for module in pkgutil.walk_packages(service.__path__, "kirakat.service."):
    importlib.import_module(module.name)
heavy = {"torch", "diffusers", "transformers", "onnxruntime", "cv2", "mitsuba", "pymatting"}
mine = {"kirakat.pipeline", "kirakat.models", "kirakat.quality", "kirakat.training"}
print(sorted({name.split(".")[0] for name in sys.modules} & heavy
      | {name for name in sys.modules if ".".join(name.split(".")[:2]) in mine}))
"""


@pytest.fixture(scope="module")
def found() -> str:
    """What importing the whole service brings in that it must not."""
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_service_loads_no_model_library(found: str) -> None:
    """Otherwise every server process carries gigabytes that it never uses."""
    assert found == "[]"
