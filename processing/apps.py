from django.apps import AppConfig


class ProcessingConfig(AppConfig):
    name = "processing"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from processing import caretaker  # noqa: F401  (its thread starts when Celery says that a worker is ready)
