"""Who is answered what at every address of the site, one line for each. A new address without a line fails.

A line is the method, who may (a policy, with the status that those who may are answered), and what fills the
address. Statuses of those who may are often refusals of an empty body (400) or of a finished job (409): it is the
difference to 401, 403 and 404 that counts here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.access.actors import ACTORS, ROLES, SIGNED_IN, STRANGERS

Policy = dict[str, int]
HELPERS = ("support", "operator", "boss")
RUNNERS = ("operator", "boss")
ANY = {"doing": "anything"}  # a body of a program that means nothing


@dataclass(frozen=True)
class Row:
    """`fill` names what of the stage fills which part of the address, or gives the part itself. `data` is the body,
    as JSON or else as a form."""

    method: str
    policy: Policy
    fill: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None
    json: bool = True


# --- Policies --------------------------------------------------------------------------------------------


def everybody(status: int = 200, **others: int) -> Policy:
    return dict.fromkeys(ACTORS, status) | others


def own_page(status: int = 200) -> Policy:
    """Of the session's owner alone; for all others it is not there, whatever their role."""
    return everybody(404, owner=status)


def own_api(status: int = 200, reader: int = 0, admin: bool = False) -> Policy:
    """Of the owner's session and keys; `reader` is what a key that may only read is told. With `admin` only keys
    of that scope and sessions may."""
    found = everybody(404) | dict.fromkeys(STRANGERS, 401) | {"owner": status}
    if admin:
        return found | {"key": 403, "reader": 403, "admin_key": status}
    return found | {"key": status, "reader": reader or status, "admin_key": 403}


def of_the_caller(status: int = 200, reader: int = 0, admin: bool = False) -> Policy:
    """Everybody who is known, each for what is theirs."""
    known = dict.fromkeys((*SIGNED_IN, "other_key"), status)
    return {**own_api(status, reader, admin), **known}


def account_page(status: int = 200) -> Policy:
    """Sessions of accounts; others are sent to sign in, keys too."""
    return everybody(302) | dict.fromkeys(SIGNED_IN, status)


def own_account(status: int = 200) -> Policy:
    """What belongs to the session's owner, on the pages of the account; others with an account find nothing there."""
    return account_page(404) | {"owner": status}


def roles(*names: str, status: int = 200, others: int = 403, strangers: int = 403) -> Policy:
    """Operators of these roles."""
    found = everybody(strangers) | dict.fromkeys((*ROLES, "owner", "other"), others)
    return found | dict.fromkeys(names, status)


def drop_in(status: int, refused: int, reader: int = 0, admin: int = 403) -> Policy:
    """Keys, and nothing else: a session counts for nothing there."""
    keys = {"key": status, "other_key": status, "reader": reader or status, "admin_key": admin}
    return everybody(refused) | keys


def keyless(status: int) -> Policy:
    """Visitors and keys that may write; a key that is none is no visitor."""
    return everybody(status, revoked=401, reader=403, admin_key=403)


JOB = {"job_id": "job_id"}
RENDITION = {**JOB, "pk": "rendition"}
KEY = {"pk": "api_key"}
PRESET = {**JOB, "pk": "preset"}
SHARE = {**JOB, "pk": "share"}
REVISION = {**JOB, "number": 0}
BATCH = {"batch_id": "batch"}
ITEM = {**BATCH, "position": 1}
FOLDER = {"pk": "folder"}
SELECTED = {"jobs": "job_id"}
ENDPOINT = {"pk": "endpoint"}
MORE = {"items": [{"url": "https://example.org/cup.png"}]}
DELIVERY = {**ENDPOINT, "delivery_id": "delivery"}
OWN_PRESET = {"pk": "preset"}
AT_ONCE = {"hours": "0"}

ROWS: dict[str, list[Row]] = {
    # --- For everybody
    "healthz": [Row("get", everybody())],
    "readyz": [Row("get", everybody())],
    "favicon.ico": [Row("get", everybody(301))],
    "pricing": [Row("get", everybody())],
    "billing_webhook": [
        Row("post", everybody(404))
    ],  # off without a key of Stripe; else the signature decides
    "editor:landing": [Row("get", everybody())],
    "editor:upload": [Row("post", everybody(400))],
    "editor:gallery": [Row("get", everybody())],
    "editor:gallery_more": [Row("get", everybody())],
    "editor:gallery_changed": [Row("get", everybody(204))],
    # What was selected: of others' photos nothing is, so all are told the same and nothing happens.
    "editor:delete_selected": [Row("post", everybody(302), data=SELECTED, json=False)],
    "editor:move_selected": [Row("post", everybody(302), data=SELECTED, json=False)],
    "editor:archive_selected": [Row("post", everybody(302, owner=200), data=SELECTED, json=False)],
    "editor:again_selected": [Row("post", everybody(302), data=SELECTED, json=False)],
    "editor:make_folder": [Row("post", everybody(302), data={"name": "Shoes"}, json=False)],
    "editor:rename_folder": [Row("post", own_page(302), FOLDER, {"name": "Hats"}, json=False)],
    "editor:delete_folder": [Row("post", own_page(302), FOLDER, {}, json=False)],
    # --- Bulk
    "editor:bulk": [Row("get", everybody()), Row("post", everybody(400), data={}, json=False)],
    "editor:batch": [Row("get", own_page(), BATCH)],
    "editor:batch_changes": [Row("get", own_page(), BATCH)],
    "editor:batch_items": [Row("post", own_page(302), BATCH, {}, json=False)],
    "editor:batch_act": [Row("post", own_page(302), {**BATCH, "verb": "close"}, {}, json=False)],
    "editor:delete_batch": [Row("post", own_page(302), BATCH, {}, json=False)],
    "editor:batch_archive": [Row("get", own_page(409), BATCH)],
    "editor:batch_report": [Row("get", own_page(), BATCH)],
    "editor:retry_item": [Row("post", own_page(302), ITEM, {}, json=False)],
    "editor:remove_item": [Row("post", own_page(302), ITEM, {}, json=False)],
    "editor:review": [Row("get", own_page(), BATCH)],
    "editor:review_accept": [Row("post", own_page(302), ITEM, {}, json=False)],
    "editor:review_again": [Row("post", own_page(302), ITEM, {}, json=False)],
    "editor:sample": [Row("get", everybody(404), {"name": "none.jpg"})],
    # --- Pages of one job
    "editor:job": [Row("get", own_page(), JOB)],
    "editor:card": [Row("get", own_page(), JOB)],
    "editor:cancel": [Row("post", own_page(302), JOB)],
    "editor:retry": [Row("post", own_page(302), JOB)],
    "editor:delete": [Row("post", own_page(302), JOB)],
    "editor:download": [Row("get", own_page(), JOB)],
    "editor:file": [Row("get", own_page(), {**JOB, "kind": "result"})],
    "editor:edit": [Row("get", own_page(), JOB)],
    "editor:mask": [Row("get", own_page(), JOB)],
    "editor:mask_photo": [Row("get", own_page(409), JOB)],
    "editor:mask_draft": [Row("put", own_page(400), JOB, ANY)],
    "editor:mask_save": [Row("post", own_page(400), JOB, ANY)],
    "editor:mask_choose": [Row("post", own_page(400), JOB, ANY)],
    "editor:mask_again": [Row("post", own_page(), JOB, ANY)],
    "editor:mask_smart": [Row("post", own_page(400), JOB, ANY)],
    "editor:rerun": [Row("post", own_page(400), JOB)],
    "editor:mask_pick": [Row("post", own_page(503), JOB, ANY)],  # no such model is installed
    "editor:mask_colours": [Row("get", own_page(200), {**JOB, "revision": 0})],
    "editor:mask_levels": [Row("get", own_page(409), {**JOB, "revision": 0})],
    # --- The result page
    "editor:preview": [Row("get", own_page(), JOB)],
    "editor:recipe": [Row("post", own_page(302), JOB, {"feather": "1"}, json=False)],
    "editor:add_background": [Row("post", own_page(400), JOB, {}, json=False)],
    "editor:background": [Row("get", everybody(404), {"sha256": "0" * 64})],
    "editor:make": [Row("post", own_page(302), JOB, {}, json=False)],
    "editor:rendition": [Row("get", own_page(), RENDITION)],
    "editor:rendition_file": [Row("get", own_page(), RENDITION)],
    "editor:save_preset": [Row("post", own_page(302), JOB, {"name": "Another"}, json=False)],
    "editor:rename_preset": [Row("post", own_page(302), PRESET, {"name": "Third"}, json=False)],
    "editor:delete_preset": [Row("post", own_page(302), PRESET, {}, json=False)],
    "editor:feedback": [Row("post", own_page(302), JOB, {"good": "yes"}, json=False)],
    "editor:delete_feedback": [Row("post", own_page(302), JOB, {}, json=False)],
    "editor:make_share": [Row("post", own_page(302), JOB, {}, json=False)],
    "editor:revoke_share": [Row("post", own_page(302), SHARE, {}, json=False)],
    "editor:share": [Row("get", everybody(), {"token": "token"})],  # the token is the way in
    "editor:share_file": [Row("get", everybody(), {"token": "token"})],
    "editor:compare": [Row("get", own_page(), JOB), Row("post", own_page(400), JOB, {}, json=False)],
    "editor:compared_cell": [Row("get", own_page(), JOB)],
    "editor:compared": [Row("get", everybody())],
    # --- The API
    "api:root": [Row("get", everybody())],
    "api:jobs": [Row("get", of_the_caller()), Row("post", of_the_caller(400, reader=403), data=ANY)],
    "api:uploads": [Row("post", of_the_caller(400, reader=403), data=ANY)],
    "api:job": [Row("get", own_api(), JOB), Row("delete", own_api(204, reader=403), JOB)],
    "api:cancel": [Row("post", own_api(409, reader=403), JOB, {})],
    "api:retry": [Row("post", own_api(409, reader=403), JOB, {})],
    "api:result": [Row("get", own_api(), JOB)],
    "api:renditions": [
        Row("get", own_api(), JOB),
        Row("post", own_api(202, reader=403), JOB, {"format": "png"}),
    ],
    "api:rendition": [Row("get", own_api(), RENDITION)],
    "api:rendition-file": [Row("get", own_api(), RENDITION)],
    "api:edits": [Row("post", own_api(400, reader=403), JOB, {})],
    "api:revisions": [Row("get", own_api(), JOB)],
    "api:revision": [Row("get", own_api(), REVISION)],
    "api:revision-mask": [Row("get", own_api(409), REVISION)],
    "api:restore": [Row("post", own_api(202, reader=403), REVISION, {})],
    "api:batches": [Row("get", of_the_caller()), Row("post", of_the_caller(400, reader=403), data=ANY)],
    "api:batch": [Row("get", own_api(), BATCH), Row("delete", own_api(204, reader=403), BATCH)],
    "api:batch-close": [Row("post", own_api(200, reader=403), BATCH, {})],
    "api:batch-pause": [Row("post", own_api(200, reader=403), BATCH, {})],
    "api:batch-resume": [Row("post", own_api(409, reader=403), BATCH, {})],
    "api:batch-cancel": [Row("post", own_api(200, reader=403), BATCH, {})],
    "api:batch-retry": [Row("post", own_api(409, reader=403), BATCH, {})],
    "api:batch-renditions": [Row("post", own_api(409, reader=403), BATCH, {"format": "png"})],
    "api:batch-archive": [Row("get", own_api(409), BATCH)],
    "api:batch-report": [Row("get", own_api(), BATCH)],
    "api:batch-items": [Row("get", own_api(), BATCH), Row("post", own_api(200, reader=403), BATCH, MORE)],
    "api:batch-item": [Row("get", own_api(), ITEM), Row("delete", own_api(204, reader=403), ITEM)],
    "api:batch-item-retry": [Row("post", own_api(409, reader=403), ITEM, {})],
    "api:webhooks": [
        Row("get", of_the_caller(admin=True)),
        Row("post", of_the_caller(400, admin=True), data=ANY),
    ],
    "api:webhook": [
        Row("get", own_api(admin=True) | {"other_key": 404}, ENDPOINT),
        Row("patch", own_api(400, admin=True) | {"other_key": 404}, ENDPOINT, ANY),
        Row("delete", own_api(204, admin=True) | {"other_key": 404}, ENDPOINT),
    ],
    "api:rotate-secret": [Row("post", own_api(201, admin=True) | {"other_key": 404}, ENDPOINT, {})],
    "api:test-webhook": [Row("post", own_api(202, admin=True) | {"other_key": 404}, ENDPOINT, {})],
    "api:deliveries": [Row("get", own_api(admin=True) | {"other_key": 404}, ENDPOINT)],
    "api:delivery": [Row("get", own_api(admin=True) | {"other_key": 404}, DELIVERY)],
    "api:replay": [Row("post", own_api(202, admin=True) | {"other_key": 404}, DELIVERY, {})],
    "api:models": [Row("get", of_the_caller())],
    "api:errors": [Row("get", everybody())],
    "api:account": [Row("get", of_the_caller())],
    "api:usage": [Row("get", of_the_caller())],
    "api:ledger": [Row("get", of_the_caller())],
    "api:ledger-csv": [Row("get", of_the_caller())],
    "api:keys": [
        Row("get", of_the_caller(admin=True)),
        Row("post", of_the_caller(400, admin=True), data=ANY),
    ],
    "api:key": [Row("delete", own_api(204, admin=True) | {"other_key": 404}, KEY)],
    "api:rotate-key": [Row("post", own_api(201, admin=True) | {"other_key": 404}, KEY, {})],
    "api:schema": [Row("get", everybody())],
    "api:docs": [Row("get", everybody())],
    "api:guide-start": [Row("get", everybody())],
    "api:guide": [Row("get", everybody(), {"name": "webhooks"})],
    "api:not-here": [Row("get", everybody(404))],
    # --- The drop-ins: keys alone, and in two of them visitors
    "compat:removebg": [Row("post", drop_in(400, 403, reader=403), data=ANY)],
    "compat:removebg-account": [Row("get", drop_in(200, 403))],
    "compat:removebg-improve": [Row("post", drop_in(400, 403, reader=403), data=ANY)],
    "compat:rembg": [Row("post", keyless(422), data=ANY)],
    "compat:classic-health": [Row("get", everybody())],
    "compat:classic": [Row("post", keyless(400), data=ANY)],
    "compat:download": [Row("get", everybody(404), {"name": "none.png"})],  # a signature is the way in
    "compat:classic-edit": [Row("post", keyless(400), data=ANY)],
    "compat:classic-background": [Row("post", keyless(400), data=ANY)],
    "compat:bria": [Row("post", drop_in(400, 401, reader=403), data=ANY)],
    "compat:bria-status": [
        Row("get", drop_in(404, 401) | {"key": 200, "reader": 200}, {"request_id": "job_id"})
    ],
    "compat:bria-v1": [Row("post", drop_in(400, 401, reader=403), data=ANY)],
    # --- The account
    "account:profile": [
        Row("get", account_page()),
        Row("post", account_page(302), data={"name": "A"}, json=False),
    ],
    "account:sessions": [Row("get", account_page())],
    "account:end_session": [Row("post", own_account(), {"pk": "session"})],
    "account:end_other_sessions": [Row("post", account_page())],
    "account:keys": [Row("get", account_page()), Row("post", account_page(400), data={}, json=False)],
    "account:rotate_key": [Row("post", own_account(), KEY, AT_ONCE, json=False)],
    "account:revoke_key": [Row("post", own_account(), KEY)],
    "account:usage": [Row("get", account_page())],
    "account:usage_csv": [Row("get", account_page())],
    "account:ledger_csv": [Row("get", account_page())],
    "account:webhooks": [Row("get", account_page()), Row("post", account_page(400), data={}, json=False)],
    "account:webhook": [
        Row("get", own_account(), ENDPOINT),
        Row("post", own_account(400), ENDPOINT, {}, json=False),
    ],
    "account:deliveries": [Row("get", own_account(), ENDPOINT)],
    "account:rotate_secret": [Row("post", own_account(), ENDPOINT, AT_ONCE, json=False)],
    "account:switch_webhook": [Row("post", own_account(), ENDPOINT)],
    "account:test_webhook": [Row("post", own_account(), ENDPOINT)],
    "account:delete_webhook": [Row("post", own_account(302), ENDPOINT)],
    "account:replay": [Row("post", own_account(), DELIVERY)],
    "account:providers": [Row("get", account_page())],
    "account:keep_provider_key": [Row("post", account_page(400), {"provider": "bria"})],
    "account:forget_provider_key": [Row("post", account_page(), {"provider": "bria"})],
    "account:presets": [Row("get", account_page())],
    "account:rename_preset": [Row("post", own_account(), OWN_PRESET, {"name": "Other"}, json=False)],
    "account:delete_preset": [Row("post", own_account(), OWN_PRESET)],
    "account:data": [Row("get", account_page())],
    "account:keep": [Row("post", account_page(302), data={"days": "5"}, json=False)],
    "account:export": [Row("post", account_page())],
    "account:leave": [Row("post", account_page(400), data={"email": "no"}, json=False)],
    "usersessions_list": [Row("get", everybody(302))],
    "billing": [Row("get", account_page())],
    "billing_buy": [Row("post", account_page(400))],
    "billing_change": [Row("post", account_page(400))],
    "billing_end": [Row("post", account_page(409))],
    "billing_resume": [Row("post", account_page(409))],
    "billing_portal": [Row("post", account_page(404))],
    # --- Signing in and its settings
    "account_login": [Row("get", everybody() | dict.fromkeys(SIGNED_IN, 302))],
    "account_logout": [Row("get", account_page())],
    "account_inactive": [Row("get", everybody())],
    "account_signup": [Row("get", everybody() | dict.fromkeys(SIGNED_IN, 302))],
    "account_reauthenticate": [Row("get", account_page(403))],
    "account_email": [Row("get", account_page())],
    "account_email_verification_sent": [Row("get", everybody())],
    "account_change_password": [Row("get", account_page(302))],
    "account_set_password": [Row("get", account_page())],
    "account_reset_password": [Row("get", everybody())],
    "account_confirm_login_code": [Row("get", everybody(302))],
    "account_confirm_email": [Row("get", everybody(), {"key": "none"})],
    "account_reset_password_from_key": [Row("get", everybody(), {"uidb36": "1", "key": "none"})],
    "account_reset_password_from_key_done": [Row("get", everybody())],
    "account_reset_password_done": [Row("get", everybody())],
    "mfa_index": [Row("get", account_page())],
    "mfa_authenticate": [Row("get", everybody(302))],
    "mfa_reauthenticate": [Row("get", account_page(403))],
    "mfa_activate_totp": [Row("get", account_page())],
    "mfa_deactivate_totp": [Row("get", account_page(404))],
    "mfa_view_recovery_codes": [Row("get", account_page(404))],
    "mfa_generate_recovery_codes": [Row("get", account_page())],
    "mfa_download_recovery_codes": [Row("get", account_page(404))],
    # --- Operators
    "metrics": [Row("get", roles(*ROLES, others=401, strangers=401))],
    "operators_figures": [Row("get", roles(*ROLES))],
    "operators_switches": [Row("get", roles(*ROLES))],
    "operators_switch": [
        Row("post", roles(*RUNNERS, status=302), {"what": name})
        for name in ("pause", "resume", "model-off", "model-on", "model-default", "model-canary", "announce")
    ],
}
