from django.urls import path

from accounts import billing_pages, stripe_webhook

urlpatterns = [
    path("pricing", billing_pages.pricing, name="pricing"),
    path("account/billing", billing_pages.page, name="billing"),
    path("account/billing/buy", billing_pages.buy, name="billing_buy"),
    path("account/billing/change", billing_pages.change, name="billing_change"),
    path("account/billing/end", billing_pages.end, name="billing_end"),
    path("account/billing/resume", billing_pages.resume, name="billing_resume"),
    path("account/billing/portal", billing_pages.portal, name="billing_portal"),
    path("billing/webhook", stripe_webhook.webhook, name="billing_webhook"),
]
