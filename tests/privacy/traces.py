"""Where something of a person could be left: every table, every file, the cache, the broker, the log."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from processing import storage

SOON = 3600  # seconds


def found(needles: dict[str, bytes], log: str) -> list[str]:
    """ "needle in place" for every needle that is anywhere."""
    places = {**dict(tables()), **dict(files()), **dict(folders()), **dict(redis_keys()), "log": log.encode()}
    return sorted(
        f"{name} in {place}"
        for place, content in places.items()
        for name, needle in needles.items()
        if needle in content
    )


def tables() -> Iterator[tuple[str, bytes]]:
    """Every row of every table of the database, whoever made it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield f"table {table}", repr(cursor.fetchall()).encode()


def files() -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the storage."""
    for name in storage.names_under(""):
        with storage.open_file(name) as file:
            yield f"file {name}", name.encode() + file.read()


def folders() -> Iterator[tuple[str, bytes]]:
    """The data folder's files beside the storage: queue, cache, whatever else lies there; packed ones unpacked."""
    for path in Path(settings.DATA_DIR).rglob("*"):
        if path.is_file() and "sqlite3" not in path.name:
            data = path.read_bytes()
            yield f"data folder {path.name}", data + _unpacked(data)


def redis_keys() -> Iterator[tuple[str, bytes]]:
    """Broker, cache and rates, where they are Redis's."""
    if not settings.BROKER_URL.startswith("redis"):
        return
    import redis

    client = redis.Redis.from_url(settings.BROKER_URL)
    for key in client.scan_iter():
        if 0 <= client.ttl(key) <= SOON:  # what counts sign-ins by address is over by itself
            continue
        dumped = client.dump(key)
        yield f"redis {key!r}", key + (dumped or b"")


def _unpacked(data: bytes) -> bytes:
    """A file of the cache: a moment as a pickle, then a packed value."""
    for start in range(min(64, len(data))):
        try:
            return zlib.decompress(data[start:])
        except zlib.error:
            continue
    return b""
