from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signup  # noqa: F401  (connects the welcome grant to allauth's signal)
