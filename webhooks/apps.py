from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from webhooks import delivery_thread  # noqa: F401  (waits for the signals of a Celery worker)
