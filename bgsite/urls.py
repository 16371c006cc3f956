"""The site map."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bgsite import health, metrics
from bgsite.dashboard import pages, switch_pages

admin.site.index_title = "Figures"
# One way in for everybody: the operators' sign-in has the limits and the second factor of the other one.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", RedirectView.as_view(url="/static/img/mark.svg", permanent=True)),
    path(
        "accounts/sessions/", RedirectView.as_view(pattern_name="account:sessions"), name="usersessions_list"
    ),
    path("accounts/", include("allauth.urls")),
    path("admin/figures.csv", pages.export, name="operators_figures"),
    path("admin/switches", switch_pages.page, name="operators_switches"),
    path("admin/switches/<str:what>", switch_pages.switch, name="operators_switch"),
    path("metrics", metrics.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("processing.api.urls")),
    path("", include("processing.api.compat.urls")),
    path("", include("accounts.billing_urls")),
    path("account/", include("editor.account.urls")),
    path("", include("editor.urls")),
]

handler400 = "editor.errors.bad_request"
handler403 = "editor.errors.forbidden"
handler404 = "editor.errors.not_found"
handler429 = "editor.errors.too_often"
handler500 = "editor.errors.failed"
