from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import roles, signup  # noqa: F401  (the latter connects the welcome grant to allauth)

        roles.connect()
