"""What a run leaves behind: files, manifest, Merchant feed, contact sheets and report.

`RunFolder` is the way in; the other modules each write one kind of file.
"""

from __future__ import annotations

from kirakat.output.run_folder import RunFolder, RunPaths
from kirakat.output.summary import RunInfo, RunSummary, summarise

__all__ = ["RunFolder", "RunInfo", "RunPaths", "RunSummary", "summarise"]
