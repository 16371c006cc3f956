"""The models that run here, and those that others run."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from bgsite.env import env_bool, env_choice, env_float, env_int, env_list, env_str
from bgsite.settings.billing import STRIPE_SECRET_KEY
from bgsite.settings.work import JOB_SECONDS
from processing.registry.remote.account import PROVIDER_OF, RemoteAccount

# --- Models ----------------------------------------------------------------------------------------------
DEFAULT_MODEL = env_str("DEFAULT_MODEL", "u2net")
# Folders and addresses that hold weights by their file names, asked before the publishers; `only` at the end: alone.
WEIGHTS_FROM = env_list("WEIGHTS_FROM", [])
INFERENCE_PROVIDER = env_choice("INFERENCE_PROVIDER", "cpu", ("cpu", "cuda", "openvino", "coreml"))
# auto: INT8 weights where they proved themselves on this processor (manage.py models optimize), else float ones
INFERENCE_ENGINE = env_choice("INFERENCE_ENGINE", "auto", ("auto", "fp32", "int8"))

# A deployment that takes money refuses weights whose licence forbids that, unless there is a contract for them.
BILLING = env_bool("BILLING", bool(STRIPE_SECRET_KEY))
LICENCE_CONTRACTS = env_list("LICENCE_CONTRACTS", [])  # names of models

# --- Remote models: without a key they cannot be chosen, except by users who have their own -------------------
BRIA_API_TOKEN = env_str("BRIA_API_TOKEN")
BRIA_BASE_URL = env_str("BRIA_BASE_URL", "https://engine.prod.bria-api.com")
BRIA_SYNC = env_bool("BRIA_SYNC", False)  # one long request instead of polling
BRIA_COST_USD = env_float("BRIA_COST_USD", 0.018, 0, 100)  # for one picture
REMOVEBG_API_KEY = env_str("REMOVEBG_API_KEY")
REMOVEBG_BASE_URL = env_str("REMOVEBG_BASE_URL", "https://api.remove.bg")
REMOVEBG_SIZE = env_choice("REMOVEBG_SIZE", "auto", ("auto", "full"))  # auto: what the credits allow
REMOVEBG_COST_USD = env_float("REMOVEBG_COST_USD", 0.2, 0, 100)
REMOTE_TIMEOUT_SECONDS = env_int("REMOTE_TIMEOUT_SECONDS", 60, 1, 3600)
REMOTE_FALLBACK_MODEL = env_str("REMOTE_FALLBACK_MODEL")  # a local model, or auto; empty: the job fails
if REMOTE_TIMEOUT_SECONDS >= JOB_SECONDS:
    raise ImproperlyConfigured("REMOTE_TIMEOUT_SECONDS must be less than JOB_SECONDS.")
if REMOTE_FALLBACK_MODEL in PROVIDER_OF:
    raise ImproperlyConfigured("REMOTE_FALLBACK_MODEL must be a model that runs here.")
for _base_url, _key in ((BRIA_BASE_URL, BRIA_API_TOKEN), (REMOVEBG_BASE_URL, REMOVEBG_API_KEY)):
    try:
        RemoteAccount(_base_url, _key or "none")
    except ValueError as error:  # its sentence does not repeat the key
        raise ImproperlyConfigured(f"Remote models: {error}") from None
