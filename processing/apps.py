from django.apps import AppConfig


class ProcessingConfig(AppConfig):
    name = "processing"
    verbose_name = "Jobs"

    def ready(self) -> None:
        # All wait for signals.
        from processing import announce, audit, batch_load, caretaker, niceness, warmup  # noqa: F401

        audit.connect()
