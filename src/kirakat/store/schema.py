"""Bring a database to this version's tables, back, and say what is wrong with one."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kirakat.store.database import Database
from kirakat.store.tables import metadata
from kirakat.store.tables_errands import errands as _errands  # noqa: F401  its table counts too
from kirakat.store.tables_experiments import experiment_log as _experiments  # noqa: F401  also
from kirakat.store.tables_learning import policy_heads as _learning  # noqa: F401  its tables count
from kirakat.store.tables_review import accounts as _review  # noqa: F401  its tables count too
from kirakat.store.tables_scenes import own_scenes as _scenes  # noqa: F401  its table counts too

VERSION_TABLE = "kirakat_version"
# Built by a migration alone: Alembic cannot compare descending columns.
_NOT_COMPARED = frozenset({"ix_renders_queue"})


def upgrade(database: Database, *, to: str = "head") -> None:
    """Run the migrations that a database lacks, in one transaction; data stay."""
    with database.writing() as connection:
        command.upgrade(_config(connection), to)


def downgrade(database: Database, *, to: str) -> None:
    """Undo the migrations after revision `to`; "base" drops every table with its data."""
    with database.writing() as connection:
        command.downgrade(_config(connection), to)


def check(database: Database) -> tuple[str, ...]:
    """What is wrong with a database, in sentences; nothing when it is as it should be.

    It must be at the newest migration, have exactly the tables that this version expects, and
    (SQLite) pass its own integrity and foreign key checks.
    """
    with database.reading() as connection:
        present = current_revision(connection)
        script = ScriptDirectory.from_config(_config(connection))
        if present != script.get_current_head():
            return (_wrong_migration(present, script),)
        problems = [_describe(item) for item in _differences(connection)]
        if database.is_sqlite:
            problems += _damages(connection)
    return tuple(problems)


def lacks_migrations(database: Database) -> bool:
    """Whether this version has migrations that a database lacks; one that is ahead lacks none."""
    with database.reading() as connection:
        present = current_revision(connection)
        script = ScriptDirectory.from_config(_config(connection))
    return present is None or (present in _known(script) and present != script.get_current_head())


def current_revision(connection: Connection) -> str | None:
    """The newest migration that a database has; None for an empty one."""
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def _known(script: ScriptDirectory) -> set[str]:
    return {item.revision for item in script.walk_revisions()}


def _wrong_migration(present: str | None, script: ScriptDirectory) -> str:
    newest = script.get_current_head()
    if present is None:
        return "it has no tables yet: run `kirakat db upgrade`"
    if present in _known(script):
        return f"it is at migration {present}, not {newest}: run `kirakat db upgrade`"
    return f"it is at migration {present}, of a newer Kirakat than this one ({newest}): update this"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "kirakat.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _differences(connection: Connection) -> list[object]:
    """How the tables differ from `tables.py`; other tables in the database do not matter."""
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": VERSION_TABLE,
            "compare_type": True,
            "include_name": _is_compared,
        },
    )
    return list(compare_metadata(context, metadata))


def _is_compared(name: str | None, kind: str, _parents: object) -> bool:
    if kind == "index":
        return name not in _NOT_COMPARED
    return kind != "table" or name in metadata.tables


def _describe(difference: object) -> str:
    return f"the tables differ: {difference}"


def _damages(connection: Connection) -> list[str]:
    answers = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    damages = [f"the file is damaged: {item}" for item in answers if item != "ok"]
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        damages.append(f"a row of {row[0]} refers to a missing row of {row[2]}")
    return damages
