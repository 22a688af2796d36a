"""The last words of a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from kirakat.output.run_folder import RunPaths


def conclude(paths: RunPaths, *, as_json: bool) -> None:
    """Say what was made, what was not, and where to look."""
    summary = paths.summary
    if as_json:
        sys.stdout.write(
            json.dumps(
                {
                    "summary": {
                        "offers": summary.offers,
                        "creatives": summary.creatives,
                        "made": summary.made,
                        "cached": summary.cached,
                        "verdicts": dict(summary.verdicts),
                        "rejected": summary.rejected,
                        "report": str(paths.report),
                    }
                }
            )
            + "\n"
        )
        return
    console = Console()
    verdicts = ", ".join(f"{count} {name}" for name, count in summary.verdicts.items())
    console.print(
        f"[bold]{summary.creatives} creatives[/] of {summary.offers} offers: "
        f"{summary.made} made, {summary.cached} from the cache ({verdicts or 'none'}); "
        f"{summary.rejected} rejections",
        highlight=False,
    )
    for note in paths.notes:
        console.print(f"[yellow]note:[/] {escape(note)}", highlight=False)
    console.print(f"report         {paths.report}", highlight=False)
    for sheet in paths.contact_sheets:
        console.print(f"contact sheet  {sheet}", highlight=False)


def interrupted(out: Path) -> typer.Exit:
    """What Ctrl-C means: everything finished is kept."""
    Console(stderr=True).print(
        f"Stopped. What was finished is in {out} and in the cache; the same command goes on."
    )
    return typer.Exit(130)
