"""The API's site map, below /api/v1/."""

from django.urls import path, re_path

from processing.api import account, batch_items, batches, catalogue, edits, jobs, results, uploads, webhooks
from processing.api.base import NotHere
from processing.api.docs import Docs, Schema
from processing.api.guide import guide

app_name = "api"
urlpatterns = [
    path("", catalogue.Root.as_view(), name="root"),
    path("jobs", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>", jobs.OneJob.as_view(), name="job"),
    path("jobs/<uuid:job_id>/cancel", jobs.Cancel.as_view(), name="cancel"),
    path("jobs/<uuid:job_id>/retry", jobs.Retry.as_view(), name="retry"),
    path("jobs/<uuid:job_id>/result", results.Result.as_view(), name="result"),
    path("jobs/<uuid:job_id>/renditions", results.Renditions.as_view(), name="renditions"),
    path("jobs/<uuid:job_id>/renditions/<int:pk>", results.OneRendition.as_view(), name="rendition"),
    path(
        "jobs/<uuid:job_id>/renditions/<int:pk>/file", results.RenditionFile.as_view(), name="rendition-file"
    ),
    path("jobs/<uuid:job_id>/edits", edits.Edits.as_view(), name="edits"),
    path("jobs/<uuid:job_id>/revisions", edits.Revisions.as_view(), name="revisions"),
    path("jobs/<uuid:job_id>/revisions/<int:number>", edits.OneRevision.as_view(), name="revision"),
    path("jobs/<uuid:job_id>/revisions/<int:number>/mask", edits.Levels.as_view(), name="revision-mask"),
    path("jobs/<uuid:job_id>/revisions/<int:number>/restore", edits.Restore.as_view(), name="restore"),
    path("uploads", uploads.Uploads.as_view(), name="uploads"),
    path("batches", batches.Batches.as_view(), name="batches"),
    path("batches/<uuid:batch_id>", batches.OneBatch.as_view(), name="batch"),
    path("batches/<uuid:batch_id>/close", batches.Close.as_view(), name="batch-close"),
    path("batches/<uuid:batch_id>/pause", batches.Pause.as_view(), name="batch-pause"),
    path("batches/<uuid:batch_id>/resume", batches.Resume.as_view(), name="batch-resume"),
    path("batches/<uuid:batch_id>/cancel", batches.Cancel.as_view(), name="batch-cancel"),
    path("batches/<uuid:batch_id>/retry", batches.Retry.as_view(), name="batch-retry"),
    path("batches/<uuid:batch_id>/renditions", batches.Renditions.as_view(), name="batch-renditions"),
    path("batches/<uuid:batch_id>/archive", batches.Archive.as_view(), name="batch-archive"),
    path("batches/<uuid:batch_id>/report", batches.Report.as_view(), name="batch-report"),
    path("batches/<uuid:batch_id>/items", batch_items.Items.as_view(), name="batch-items"),
    path("batches/<uuid:batch_id>/items/<int:position>", batch_items.OneItem.as_view(), name="batch-item"),
    path(
        "batches/<uuid:batch_id>/items/<int:position>/retry",
        batch_items.RetryItem.as_view(),
        name="batch-item-retry",
    ),
    path("models", catalogue.Models.as_view(), name="models"),
    path("errors", catalogue.Errors.as_view(), name="errors"),
    path("account", account.Account.as_view(), name="account"),
    path("usage", account.Usage.as_view(), name="usage"),
    path("ledger", account.Ledger.as_view(), name="ledger"),
    path("ledger.csv", account.LedgerCsv.as_view(), name="ledger-csv"),
    path("keys", account.Keys.as_view(), name="keys"),
    path("keys/<int:pk>", account.OneKey.as_view(), name="key"),
    path("keys/<int:pk>/rotate", account.RotateKey.as_view(), name="rotate-key"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", webhooks.OneWebhook.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/rotate", webhooks.RotateSecret.as_view(), name="rotate-secret"),
    path("webhooks/<uuid:pk>/test", webhooks.TestWebhook.as_view(), name="test-webhook"),
    path("webhooks/<uuid:pk>/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path("webhooks/<uuid:pk>/deliveries/<int:delivery_id>", webhooks.OneDelivery.as_view(), name="delivery"),
    path("webhooks/<uuid:pk>/deliveries/<int:delivery_id>/replay", webhooks.Replay.as_view(), name="replay"),
    path("schema", Schema.as_view(), name="schema"),
    path("docs", Docs.as_view(), name="docs"),
    path("guide", guide, name="guide-start"),
    path("guide/<slug:name>", guide, name="guide"),
    re_path(".+", NotHere.as_view(), name="not-here"),
]
