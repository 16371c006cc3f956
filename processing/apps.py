from django.apps import AppConfig


class ProcessingConfig(AppConfig):
    name = "processing"
    verbose_name = "Jobs"
    default = True

    def ready(self) -> None:
        # All wait for signals.
        from processing import announce, audit, batch_load, caretaker, ended, niceness, warmup  # noqa: F401

        audit.connect()


class OfflineConfig(AppConfig):
    """The rows alone, for commands that work on files: nobody signs up there, and no worker waits for signals."""

    name = "processing"
