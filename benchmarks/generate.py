"""Pictures a second of Stable Diffusion, the stock diffusers loop against ours in one run.

Run: python benchmarks/generate.py --gpu            on an NVIDIA card; tables as they come
     python benchmarks/generate.py --small          miniature networks on a CPU, in seconds
     python benchmarks/generate.py --floor          only the arithmetic, on any machine

The same as `kirakat bench`, whose --help names all options.
"""

from __future__ import annotations

import typer

from kirakat.cli.bench import bench

if __name__ == "__main__":
    typer.run(bench)
