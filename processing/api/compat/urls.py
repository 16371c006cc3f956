"""Addresses of the drop-ins: those that the originals have."""

from django.urls import path

from processing.api.compat import bria, classic, pictures, rembg, removebg

app_name = "compat"
urlpatterns = [
    path("v1.0/removebg", removebg.RemoveBg.as_view(), name="removebg"),
    path("v1.0/account", removebg.Account.as_view(), name="removebg-account"),
    path("v1.0/improve", removebg.Improve.as_view(), name="removebg-improve"),
    path("api/remove", rembg.Remove.as_view(), name="rembg"),
    path("api/health", classic.Health.as_view(), name="classic-health"),
    path("api/remove-background", classic.RemoveBackground.as_view(), name="classic"),
    path("api/download/<str:name>", classic.Download.as_view(), name="download"),
    path("api/edit-mask", pictures.EditMask.as_view(), name="classic-edit"),
    path("api/add-background", pictures.AddBackground.as_view(), name="classic-background"),
    path("v2/image/edit/remove_background", bria.RemoveBackground.as_view(), name="bria"),
    path("v2/status/<str:request_id>", bria.Status.as_view(), name="bria-status"),
    path("v1/background/remove", bria.RemoveBackgroundV1.as_view(), name="bria-v1"),
]
