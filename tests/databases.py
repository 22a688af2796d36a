"""Fixtures: an empty, migrated database, once on SQLite and once on a real PostgreSQL.

A folder's conftest imports `database` and `postgresql`. The server is Debian's, started once a
session on a free port with a data folder of its own, as a user that is not root.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine

from kirakat.store.database import Database, open_database
from kirakat.store.schema import upgrade

_TEMPLATE = "kirakat_template"
# Linux keeps this folder in memory.
_MEMORY = "/dev/shm"  # noqa: S108  the folder made in it is private


@dataclass(frozen=True)
class PostgresServer:
    """A running server, with a migrated database to copy."""

    port: int
    folder: Path
    binaries: Path

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def create(self) -> str:
        """The address of a fresh, migrated database."""
        name = f"test_{uuid4().hex}"
        engine = self._admin()
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        engine.dispose()
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `create` made."""
        engine = self._admin()
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)")
        engine.dispose()

    def restart(self) -> None:
        """Kill the server at once, as a power cut would, and start it again."""
        self.control("restart", "-m", "immediate", "-l", str(self.folder / "log"))

    def start(self) -> None:
        """Start the server, or start it again after `control("stop")`."""
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c full_page_writes=off -c max_connections=200"
        )
        self.control("start", "-l", str(self.folder / "log"), "-o", options)

    def control(self, *arguments: str) -> None:
        """Run pg_ctl and wait for it."""
        command = [str(self.binaries / "pg_ctl"), "-w", "-D", str(self.folder / "data")]
        _run([*command, *arguments])

    @property
    def is_running(self) -> bool:
        """Whether the server has not been stopped."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def _admin(self) -> Engine:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        return create_engine(url, isolation_level="AUTOCOMMIT")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session; skips when none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg")
    # In memory where that is possible: copying the template takes 15 ms there, on a disk 400 ms.
    in_memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="kirakat-postgres-", dir=in_memory))
    server = PostgresServer(port=_free_port(), folder=folder, binaries=found[-1].parent)
    try:
        _start(server)
        _prepare_template(server)
        yield server
    finally:
        if server.is_running:
            server.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database: SQLite, then PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "kirakat.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database, open."""
    opened = open_database(database_url)
    yield opened
    opened.close()


def _start(server: PostgresServer) -> None:
    if os.geteuid() == 0:
        shutil.chown(server.folder, "postgres", "postgres")
    data = str(server.folder / "data")
    initdb = [str(server.binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust"]
    _run([*initdb, "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"])
    server.start()


def _prepare_template(server: PostgresServer) -> None:
    engine = create_engine(
        f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {_TEMPLATE}")
    engine.dispose()
    template = open_database(server.url(_TEMPLATE))
    upgrade(template)
    template.close()


def _run(command: list[str]) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    other = "postgres" if os.geteuid() == 0 else None
    # The server keeps its starter's outputs open: a pipe would never end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command,
            stdout=output,
            stderr=output,
            check=False,
            cwd="/",
            user=other,
            group=other,
            extra_groups=[] if other else None,
        )
        output.seek(0)
        if done.returncode:
            pytest.fail(f"{command[-1]}: {output.read().decode()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
