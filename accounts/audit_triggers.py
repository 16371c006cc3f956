"""What makes the operators' log fixed in the database itself, against everybody who has its password too.

Two changes are let through, as the law asks for them: words about a person who is erased become empty, and an
operator who is erased becomes a number. Deleting is let through when a row is older than a year.
"""

from __future__ import annotations

from typing import Any

from accounts.audit_models import KEPT_DAYS

TABLE = "accounts_auditentry"
NAMES = ("audit_is_not_changed", "audit_is_not_deleted")

_CHANGED = """
    NEW.id <> OLD.id OR NEW.at <> OLD.at OR NEW.verb <> OLD.verb OR NEW.kind <> OLD.kind
    OR NEW.subject <> OLD.subject
    OR (NEW.detail <> OLD.detail AND NEW.detail <> '')
    OR (NEW.reason <> OLD.reason AND NEW.reason <> '')
    OR (NEW.actor_name <> OLD.actor_name AND NEW.actor_name NOT LIKE 'erased user %')
    OR (NEW.actor_id IS NOT NULL AND (OLD.actor_id IS NULL OR NEW.actor_id <> OLD.actor_id))
"""

_SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS {NAMES[0]} BEFORE UPDATE ON {TABLE} WHEN {_CHANGED} "
    "BEGIN SELECT RAISE(ABORT, 'the operators'' log is not changed'); END",
    f"CREATE TRIGGER IF NOT EXISTS {NAMES[1]} BEFORE DELETE ON {TABLE} "
    f"WHEN OLD.at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-{KEPT_DAYS} days') "
    "BEGIN SELECT RAISE(ABORT, 'the operators'' log is not deleted'); END",
)

_POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION {NAMES[0]}() RETURNS trigger AS $$ BEGIN
        IF {_CHANGED} THEN
            RAISE EXCEPTION 'the operators'' log is not changed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW; END $$ LANGUAGE plpgsql""",
    f"""CREATE OR REPLACE FUNCTION {NAMES[1]}() RETURNS trigger AS $$ BEGIN
        IF OLD.at > now() - interval '{KEPT_DAYS} days' THEN
            RAISE EXCEPTION 'the operators'' log is not deleted' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD; END $$ LANGUAGE plpgsql""",
    f"CREATE OR REPLACE TRIGGER {NAMES[0]} BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAMES[0]}()",
    f"CREATE OR REPLACE TRIGGER {NAMES[1]} BEFORE DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {NAMES[1]}()",
)


def make(connection: Any) -> None:
    """Makes them on SQLite and PostgreSQL; other databases have the guards of the model alone."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}.get(connection.vendor, ())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def missing(connection: Any) -> list[str]:
    """Names of those that are not there."""
    asked = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger",
    }.get(connection.vendor)
    if asked is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(asked)
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in NAMES if name not in there]
