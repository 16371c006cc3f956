from django.apps import AppConfig


class ProcessingConfig(AppConfig):
    name = "processing"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from processing import announce, batch_load, caretaker, warmup  # noqa: F401  (all wait for signals)
