"""Hub repositories on this machine: in a folder of local copies, or in the hub's own cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kirakat.errors import MissingExtraError, ModelError
from kirakat.models.diffusion.fingerprint import folder_revision


@dataclass(frozen=True, kw_only=True)
class HubFolder:
    """A repository on disk."""

    path: Path
    # The commit, or the hash of the files where no commit is recorded.
    commit: str


def hub_folder(repo: str, revision: str, models: str | Path, patterns: Sequence[str]) -> HubFolder:
    """The local copy of a repository.

    `models` is the folder of local copies, or empty for the hub's cache. Raises `ModelError`
    with the command that downloads `patterns` when a file of them is nowhere.
    """
    if models:
        path = Path(models).expanduser() / repo
        found = HubFolder(path=path, commit=_commit_of_copy(path)) if path.is_dir() else None
    else:
        found = _from_cache(repo, revision)
    if found is None or not all(any(found.path.glob(pattern)) for pattern in patterns):
        raise ModelError(
            f"{repo} is not on this machine; download it with:\n"
            f"  {download_command(repo, revision, models, patterns)}",
            repo=repo,
        )
    return found


def hub_file(spec: str, models: str | Path) -> Path:
    """The local copy of one file named owner/name/path; raises `ModelError` as above."""
    owner, _, rest = spec.partition("/")
    name, _, path = rest.partition("/")
    if not path or spec.startswith(("/", ".")):
        raise ModelError(f"{spec}: no such file, and not of the form owner/name/file", spec=spec)
    return hub_folder(f"{owner}/{name}", "main", models, (path,)).path / path


def download_command(repo: str, revision: str, models: str | Path, patterns: Sequence[str]) -> str:
    """The `hf` command that downloads the files of a repository that match `patterns`."""
    parts = ["hf download", repo]
    if revision != "main":
        parts.append(f"--revision {revision}")
    parts += [f'--include "{pattern}"' for pattern in patterns]
    if models:
        parts.append(f'--local-dir "{Path(models) / repo}"')
    return " ".join(parts)


def _from_cache(repo: str, revision: str) -> HubFolder | None:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise MissingExtraError("huggingface-hub", "diffusion") from error
    try:
        path = Path(snapshot_download(repo, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    # The cache names a snapshot's folder after its commit.
    return HubFolder(path=path, commit=path.name)


def _commit_of_copy(path: Path) -> str:
    """The commit that `hf download --local-dir` noted, else the hash of the files."""
    notes = sorted((path / ".cache" / "huggingface" / "download").rglob("*.metadata"))
    if notes:
        return notes[0].read_text("utf-8").split("\n", 1)[0].strip()
    return folder_revision(path)
