"""`kirakat experiment`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from kirakat.cli.experiment import app
from kirakat.cli.experiment_recipe import changed
from kirakat.errors import KirakatError, SettingsError
from kirakat.experiments.errors import DefinitionError
from kirakat.types import Recipe

_RECIPE = Recipe(name="tiny", version=1, pipeline_version=1, generator="tiny")


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configured database, which does not exist yet."""
    monkeypatch.setenv("KIRAKAT_DATABASE", f"sqlite:///{tmp_path}/kirakat.db")
    monkeypatch.chdir(tmp_path)


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    if isinstance(done.exception, KirakatError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def _phase_1() -> str:
    Path("test.toml").write_text(_run("template", "phase1"), encoding="utf-8")
    return _run("create", "test.toml")


def test_a_template_goes_all_the_way(tmp_path: Path) -> None:
    """The howto's first lines would fail."""
    assert "next: kirakat experiment start phase-1" in _phase_1()
    _run("start", "phase-1")
    assert "running" in _run("status")
    _run("stop", "phase-1", "--note", "enough")
    assert "enough" in _run("status", "phase-1")
    assert (tmp_path / "kirakat.db").is_file()


def test_new_shares_are_shown() -> None:
    """Nobody would see what a change of weights came to."""
    _phase_1()
    _run("start", "phase-1")
    told = _run("reweight", "phase-1", "--weights", "generated=2", "--coverage", "0.5")
    assert [line.split()[1] for line in told.splitlines()] == ["12.5%", "12.5%", "25.0%"]


def test_a_rival_is_told_of() -> None:
    """Two tests of the same thing would silently exclude each other."""
    _phase_1()
    text = Path("test.toml").read_text(encoding="utf-8").replace('"phase-1"', '"second"')
    Path("second.toml").write_text(text, encoding="utf-8")
    _run("create", "second.toml")
    _run("start", "phase-1")
    assert "phase-1 runs as well" in _run("start", "second")


def test_an_unknown_recipe_is_refused_with_what_to_do() -> None:
    """Half an experiment would start."""
    Path("test.toml").write_text(_run("template", "phase2"), encoding="utf-8")
    with pytest.raises(SettingsError, match="enter it with `kirakat experiment recipe"):
        _run("create", "test.toml")


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    """A typing error would run the usual policy in both groups."""
    text = _run("template", "phase3").replace('"linucb"', '"linubc"')
    Path("test.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no policy linubc; there are .*linucb"):
        _run("create", "test.toml")


def test_a_wrong_file_is_told_with_its_name() -> None:
    """The user would not know which file is meant."""
    Path("wrong.toml").write_text("[experiment]\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"wrong\.toml"):
        _run("create", "wrong.toml")


def test_an_override_without_the_secret_says_so() -> None:
    """The tester's pseudonym would be nobody's."""
    _phase_1()
    with pytest.raises(SettingsError, match="pseudonym_secret"):
        _run("override", "phase-1", "--user", "ann", "--variant", "generated")


def test_power_gives_the_planned_users() -> None:
    """A definition would be sized by guessing."""
    told = _run(
        "power", "--rate", "0.01", "--impressions", "6", "--lift", "0.15", "--variants", "3"
    )
    assert "planned_users = 59670" in told


def test_power_without_a_rate_says_what_to_give() -> None:
    """A division by zero would be shown."""
    with pytest.raises(SettingsError, match="give --rate"):
        _run("power")


def test_a_recipe_is_another_with_values_changed() -> None:
    """A new recipe would lose what it did not change."""
    found = changed(_RECIPE, "tiny@2", ["sampling.steps=12", "shadow=hard"])
    assert (found.label, found.sampling.steps, found.shadow) == ("tiny@2", 12, "hard")
    assert found.generator == "tiny"


@pytest.mark.parametrize(
    ("label", "change", "told"),
    [
        ("tiny", "detail=1", "named name@version"),
        ("tiny@2", "colour=1", "no such field; known: .*shadow"),
        ("tiny@2", "sampling.step=1", "sampling has: .*steps"),
        ("tiny@2", "shadow=soggy", "shadow"),
    ],
)
def test_a_wrong_recipe_is_refused(label: str, change: str, told: str) -> None:
    """Nonsense would be rendered, or fail in a worker hours later."""
    with pytest.raises(SettingsError, match=told):
        changed(_RECIPE, label, [change])
