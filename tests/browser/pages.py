"""Every page of the site and how to come to see it: one line or more for each address that people open.

The browser tests go through all of them for mistakes of access and policy, `make screenshots` for pictures. A new
address that can be opened (tests/access/table.py says which) and has no line here fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VISITOR = ""


@dataclass(frozen=True)
class Look:
    """`name` is that of the picture. `who` is a cookie of the stage. `fill` names what of the stage fills which part
    of the address. `ready` is a selector to wait for; `tall` takes the whole page, not the first screen alone."""

    name: str
    who: str = "mara"
    fill: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    status: int = 200
    ready: str = "main, #mask-editor, body"
    tall: bool = True


def _one(name: str, who: str = "mara", **options: object) -> list[Look]:
    return [Look(name, who, **options)]  # type: ignore[arg-type]


JOB = {"job_id": "job_id"}
SECOND = {"job_id": "second_job"}

LOOKS: dict[str, list[Look]] = {
    "editor:landing": [Look("landing", VISITOR), Look("landing-signed-in")],
    "editor:gallery": [
        Look("gallery"),
        Look("gallery-empty", "new"),
        Look("gallery-nothing-found", query="?q=zzz"),
    ],
    "editor:bulk": [Look("bulk"), Look("bulk-none", "new"), Look("bulk-visitor", VISITOR)],
    "editor:batch": _one("batch", fill={"batch_id": "batch"}),
    "editor:review": _one("review", fill={"batch_id": "batch"}),
    "editor:job": [
        Look("job", fill=SECOND, ready="before-after, zoom-stage"),
        Look("job-failed", fill={"job_id": "failed_job"}),
    ],
    "editor:edit": _one("mask-editor", fill=SECOND, tall=False),
    "editor:rendition": _one("rendition", fill={**JOB, "pk": "rendition"}),
    "editor:compare": _one("compare", fill=JOB),
    "editor:share": [
        Look("share", VISITOR, {"token": "token"}),
        Look("share-over", VISITOR, {"token": "over"}, status=410),
    ],
    "pricing": _one("pricing", VISITOR),
    "billing": _one("billing"),
    "account:profile": _one("account-profile"),
    "account:sessions": _one("account-sessions"),
    "account:keys": [Look("account-keys"), Look("account-keys-none", "new")],
    "account:usage": [
        Look("account-usage"),
        Look("account-usage-90", query="?days=90"),
        Look("account-usage-none", "new"),
    ],
    "account:webhooks": [Look("account-webhooks"), Look("account-webhooks-none", "new")],
    "account:webhook": _one("account-webhook", fill={"pk": "webhook"}),
    "account:providers": _one("account-providers"),
    "account:presets": [Look("account-presets"), Look("account-presets-none", "new")],
    "account:data": _one("account-data"),
    "account_login": _one("sign-in", VISITOR),
    "account_logout": _one("sign-out"),
    "account_inactive": _one("inactive", VISITOR),
    "account_signup": _one("sign-up", VISITOR),
    "account_reauthenticate": _one("confirm-password", "stale", query="?next=/account/keys"),
    "account_email": [Look("account-email"), Look("account-email-two", "new")],
    "account_email_verification_sent": _one("look-into-your-mail", VISITOR),
    "account_change_password": _one("account-password"),
    "account_set_password": _one("account-password-first", "new"),
    "account_reset_password": _one("forgotten", VISITOR),
    "account_reset_password_done": _one("forgotten-sent", VISITOR),
    "account_reset_password_from_key": [
        Look("forgotten-link-over", VISITOR, {"uidb36": "=1", "key": "=none"}),
        Look("forgotten-new-password", VISITOR, {"uidb36": "uid", "key": "reset"}),
    ],
    "account_reset_password_from_key_done": _one("forgotten-done", VISITOR),
    "account_confirm_email": [
        Look("confirm-email-over", VISITOR, {"key": "=none"}),
        Look("confirm-email", "new", {"key": "confirmation"}),
    ],
    "mfa_index": [Look("account-two-factor"), Look("account-two-factor-on", "lock")],
    "mfa_reauthenticate": _one("confirm-code", "stale-lock", query="?next=/account/keys"),
    "mfa_activate_totp": _one("account-two-factor-start"),
    "mfa_deactivate_totp": _one("account-two-factor-end", "lock"),
    "mfa_view_recovery_codes": _one("account-recovery-codes", "lock"),
    "mfa_generate_recovery_codes": _one("account-recovery-codes-new", "lock"),
    "api:docs": _one("api-docs", VISITOR, tall=False, ready=".swagger-ui .info"),
    "api:guide-start": _one("guide", VISITOR, tall=False),
    "api:guide": _one("guide-webhooks", VISITOR, fill={"name": "=webhooks"}, tall=False),
    "admin:index": _one("operators", "operator", tall=False),
}
# Pages that have no address of their own: (path, status).
MORE: list[tuple[Look, str]] = [
    (Look("not-found", VISITOR, status=404), "/nowhere"),
    (Look("not-found-signed-in", status=404), "/jobs/00000000-0000-0000-0000-000000000001"),
]
# Addresses that are opened and are no page: why.
NOT_PAGES: dict[str, str] = {
    "healthz": "for programs",
    "readyz": "for programs",
    "favicon.ico": "a picture",
    "metrics": "for programs",
    "operators_figures": "a table to load",
    "operators_switches": "one of the operators', whose look is Unfold's",
    "editor:sample": "a picture",
    "editor:gallery_more": "a part of the gallery",
    "editor:gallery_changed": "a part of the gallery",
    "editor:batch_changes": "a part of the batch's page",
    "editor:batch_archive": "a file",
    "editor:batch_report": "a table to load",
    "editor:card": "a part of the job's page",
    "editor:download": "a file",
    "editor:file": "a picture",
    "editor:mask": "data of the mask editor",
    "editor:mask_photo": "a picture",
    "editor:mask_levels": "a picture",
    "editor:mask_colours": "a picture",
    "editor:preview": "a picture",
    "editor:background": "a picture",
    "editor:rendition_file": "a file",
    "editor:share_file": "a file",
    "editor:compared_cell": "a part of a page",
    "editor:compared": "needs jobs that were compared: tests/editor/test_rerun.py",
    "account:usage_csv": "a table to load",
    "account:ledger_csv": "a table to load",
    "account:deliveries": "a part of a webhook's page",
    "account_confirm_login_code": "switched off: codes instead of passwords",
    "mfa_authenticate": "comes in the midst of signing in: test_account.py",
    "mfa_download_recovery_codes": "a file",
    "usersessions_list": "leads to account:sessions",
}
ELSEWHERE = (
    "api:",
    "compat:",
    "admin:",
    "admin/",
)  # for programs; and the operators', whose look is Unfold's
