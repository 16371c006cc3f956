"""Who is answered what on the operators' pages: one line for a model, one for each page that belongs to none."""

from __future__ import annotations

from dataclasses import dataclass

from tests.access.actors import ROLES
from tests.access.table import HELPERS, RUNNERS, Policy, Row, everybody, roles

NONE: tuple[str, ...] = ()


def inside(*names: str, status: int = 200, others: int = 403) -> Policy:
    """Pages of the admin: who is no operator is sent to sign in, and told no once signed in."""
    return roles(*names, status=status, others=others, strangers=302) | {"owner": 302, "other": 302}


@dataclass(frozen=True)
class Model:
    """Which roles see a model's rows, and which may add, change and delete them. `key` names one on the stage."""

    see: tuple[str, ...]
    add: tuple[str, ...] = NONE
    change: tuple[str, ...] = NONE
    delete: tuple[str, ...] = NONE
    key: str = ""

    def rows(self, name: str) -> dict[str, list[Row]]:
        one = {"object_id": self.key or "0"}
        found = 200 if self.key else 302  # what is not there leads back to the first page
        return {
            f"admin:{name}_changelist": [Row("get", inside(*self.see))],
            f"admin:{name}_add": [Row("get", inside(*self.add))],
            f"admin:{name}_change": [Row("get", inside(*self.see, status=found), one)],
            f"admin:{name}_history": [Row("get", inside(*self.see, status=found), one)],
            f"admin:{name}_delete": [Row("get", inside(*self.delete), one)],
            f"admin/{name.replace('_', '/', 1)}/<path:object_id>/": [Row("get", everybody(302), one)],
        }


MODELS = {
    "accounts_user": Model(ROLES, change=RUNNERS, key="user"),
    "accounts_creditentry": Model(ROLES),
    "accounts_payment": Model(ROLES),
    "accounts_subscription": Model(ROLES),
    "accounts_creditdebt": Model(ROLES),
    "accounts_stripeevent": Model(ROLES),
    "processing_job": Model(ROLES, key="job_id"),
    "processing_worker": Model(ROLES),
    "processing_doubtful": Model(ROLES),
    "accounts_apikey": Model(ROLES, key="api_key"),
    "accounts_auditentry": Model(RUNNERS),
}
USER = {"object_id": "user"}
KEY = {"object_id": "api_key"}
UNSEEN = {"viewer": 302, "support": 302}  # history looks for the row before it asks who may see it

ROWS: dict[str, list[Row]] = {
    **{key: rows for name, model in MODELS.items() for key, rows in model.rows(name).items()},
    "admin:accounts_auditentry_history": [
        Row("get", inside(*RUNNERS, status=302) | UNSEEN, {"object_id": 0})
    ],
    "admin:accounts_auditentry_export_csv": [Row("get", inside(*RUNNERS))],
    "admin:accounts_apikey_suspend": [Row("post", inside(*RUNNERS), KEY)],
    "admin:accounts_apikey_let_in": [Row("post", inside(*RUNNERS), KEY)],
    "admin:accounts_apikey_allow_many": [Row("post", inside(*RUNNERS), KEY)],
    "admin:accounts_apikey_watch": [Row("post", inside(*RUNNERS), KEY)],
    "admin:processing_job_look_into": [Row("post", inside(*HELPERS), {"object_id": "job_id"})],
    # Hidden until somebody said why: to everybody, and for ever to those who may not look.
    "admin:processing_job_picture": [
        Row("get", inside(*ROLES, status=404), {"object_id": "job_id", "which": "photo"})
    ],
    "admin:accounts_user_grant_credits": [Row("post", inside(*HELPERS), USER)],
    "admin:accounts_user_take_credits": [Row("post", inside(*HELPERS), USER)],
    "admin:accounts_user_suspend": [Row("post", inside(*RUNNERS), USER)],
    "admin:accounts_user_let_in": [Row("post", inside(*RUNNERS), USER)],
    "admin:auth_user_password_change": [Row("get", inside("boss"), {"id": "user"})],
    "admin:index": [Row("get", inside(*ROLES))],
    "admin:search": [Row("get", inside(*ROLES))],
    "admin:login": [Row("get", everybody(302, other=403, owner=403))],  # leads to the one sign-in there is
    "admin:logout": [Row("get", inside(*ROLES, status=405))],
    "admin:password_change": [Row("get", inside(*ROLES))],
    "admin:password_change_done": [Row("get", inside(*ROLES))],
    "admin:autocomplete": [Row("get", inside(status=403))],
    "admin:jsi18n": [Row("get", inside(*ROLES))],
    "admin:view_on_site": [Row("get", inside(*ROLES, status=404), {"content_type_id": 0, "object_id": 0})],
    "admin:app_list": [Row("get", inside(*ROLES), {"app_label": "accounts"})],
    "admin/(?P<url>.*)$": [Row("get", inside(*ROLES, status=404), {"url": "nothing"})],
}
