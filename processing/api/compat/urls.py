"""Addresses of the drop-ins: those that the originals have."""

from django.urls import path

from processing.api.compat import removebg

app_name = "compat"
urlpatterns = [
    path("v1.0/removebg", removebg.RemoveBg.as_view(), name="removebg"),
    path("v1.0/account", removebg.Account.as_view(), name="removebg-account"),
    path("v1.0/improve", removebg.Improve.as_view(), name="removebg-improve"),
]
