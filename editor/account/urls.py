from django.urls import path

from editor.account import api_keys, data, own_presets, profile, providers, sessions, usage, webhooks

app_name = "account"
urlpatterns = [
    path("", profile.page, name="profile"),
    path("sessions", sessions.page, name="sessions"),
    path("sessions/<int:pk>/end", sessions.end, name="end_session"),
    path("sessions/end-others", sessions.end_others, name="end_other_sessions"),
    path("keys", api_keys.page, name="keys"),
    path("keys/<int:pk>/rotate", api_keys.rotate, name="rotate_key"),
    path("keys/<int:pk>/revoke", api_keys.revoke, name="revoke_key"),
    path("usage", usage.page, name="usage"),
    path("usage.csv", usage.table, name="usage_csv"),
    path("ledger.csv", usage.ledger, name="ledger_csv"),
    path("webhooks", webhooks.page, name="webhooks"),
    path("webhooks/<uuid:pk>", webhooks.one, name="webhook"),
    path("webhooks/<uuid:pk>/deliveries", webhooks.log, name="deliveries"),
    path("webhooks/<uuid:pk>/secret", webhooks.rotate, name="rotate_secret"),
    path("webhooks/<uuid:pk>/switch", webhooks.switch, name="switch_webhook"),
    path("webhooks/<uuid:pk>/test", webhooks.test, name="test_webhook"),
    path("webhooks/<uuid:pk>/delete", webhooks.delete, name="delete_webhook"),
    path("webhooks/<uuid:pk>/deliveries/<int:delivery_id>/replay", webhooks.replay, name="replay"),
    path("providers", providers.page, name="providers"),
    path("providers/<str:provider>/keep", providers.keep, name="keep_provider_key"),
    path("providers/<str:provider>/forget", providers.forget, name="forget_provider_key"),
    path("presets", own_presets.page, name="presets"),
    path("presets/<int:pk>/rename", own_presets.rename, name="rename_preset"),
    path("presets/<int:pk>/delete", own_presets.delete, name="delete_preset"),
    path("data", data.page, name="data"),
    path("data/keep", data.keep, name="keep"),
    path("data/export", data.take_along, name="export"),
    path("data/leave", data.leave, name="leave"),
]
