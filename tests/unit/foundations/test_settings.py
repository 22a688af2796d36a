"""Settings: where values come from, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.errors import SettingsError
from kirakat.settings import Settings, load_settings

_DOCS = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"


def test_environment_wins_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it did not, a container could not be configured without editing files."""
    config = tmp_path / "kirakat.toml"
    config.write_text('[kirakat]\nmerchant_id = "file"\nbatch_size = 2\n')
    monkeypatch.setenv("KIRAKAT_MERCHANT_ID", "environment")
    settings = load_settings(config)
    assert (settings.merchant_id, settings.batch_size) == ("environment", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kirakat]\nbatchsize = 2\n", "batchsize"),
        ('[kirakat]\nbatch_size = "many"\n', "batch_size"),
        ("[kirakat]\nbatch_size = 0\n", "batch_size"),
        ("not toml", "kirakat.toml"),
    ],
)
def test_a_wrong_file_names_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    """If it did not, a typo in the configuration would be ignored or a riddle."""
    config = tmp_path / "kirakat.toml"
    config.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load_settings(config)


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    """If it were not, a mistyped path would silently mean the defaults."""
    with pytest.raises(SettingsError, match="no such"):
        load_settings(tmp_path / "absent.toml")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    """A setting that the reference does not name does not exist for its users."""
    meaning = Settings.model_fields[name].description or "no description"
    rows = [line for line in _DOCS.read_text().splitlines() if f"`{name}`" in line]
    assert len(rows) == 1
    assert meaning in rows[0]
