from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default = True

    def ready(self) -> None:
        from accounts import roles, signup  # noqa: F401  (the latter connects the welcome grant to allauth)

        roles.connect()


class OfflineConfig(AppConfig):
    """The rows alone, for commands that work on files: nobody signs up there."""

    name = "accounts"
