"""How errors of `kirakat` reach a person."""

from __future__ import annotations

import pytest

from kirakat.cli import main
from kirakat.errors import KirakatError, MissingExtraError, SettingsError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MissingExtraError("sqlalchemy", "serve"), "pip install 'kirakat[serve]'"),
        (SettingsError('tables [pool."*"] and [/x]'), 'tables [pool."*"] and [/x]'),
        (KirakatError("/a/path " * 40), ("/a/path " * 40).strip()),
    ],
)
def test_errors_are_printed_as_they_are(
    error: KirakatError,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """If brackets or lines were lost, the command that an error proposes would not work."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    assert told in capsys.readouterr().err
