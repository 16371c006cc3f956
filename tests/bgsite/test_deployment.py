"""docker-compose.yml, Dockerfile and .env.example name what is really there. (No Docker engine is needed.)"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("prepare", "web", "worker", "worker-gpu")
LONG = [name for name, each in SERVICES.items() if each["restart"] != "no"]


def settings_variables() -> set[str]:
    """The variables that the settings read, by the calls they make."""
    text = "".join(path.read_text() for path in (ROOT / "bgsite" / "settings").glob("*.py"))
    names = set(re.findall(r"env_\w+\(\s*\"([A-Z0-9_]+)\"", text))
    assert {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "PORT"} <= names
    return names


def is_read(name: str) -> bool:
    return name.removesuffix("_FILE") in settings_variables()


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_one_that_the_settings_read(service: str) -> None:
    unknown = [name for name in SERVICES[service]["environment"] if not is_read(name)]
    assert unknown == []


def test_every_variable_of_the_example_is_one_that_compose_passes_on() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    passed = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert named == passed


def test_every_variable_of_the_image_is_known() -> None:
    text = (ROOT / "Dockerfile").read_text().rpartition("FROM ")[2]
    named = set(re.findall(r"([A-Z_]+)=", "".join(re.findall(r"^ENV (?:.*\\\n)*.*", text, re.MULTILINE))))
    others = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "NUMBA_CACHE_DIR"}
    assert {name for name in named - others if not is_read(name)} == set()
    assert {"DATA_DIR", "MODELS_DIR", "HOST", "PORT"} <= named


def test_every_secret_is_declared_and_made() -> None:
    made = set(re.findall(r"^keep (\w+)", (ROOT / "deploy" / "make-secrets").read_text(), re.MULTILINE))
    assert set(COMPOSE["secrets"]) == made
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= made, name
        for value in service.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {value}"


def test_nothing_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable in service.get("environment", {}):
            secret = any(word in variable for word in ("PASSWORD", "SECRET", "DATABASE_URL"))
            assert variable.endswith("_FILE") or not secret, f"{name}: {variable}"


def test_who_waits_waits_for_a_service_that_can_tell() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other}"
            else:
                assert SERVICES[other]["restart"] == "no", f"{name} waits for the end of {other}"


def test_it_is_what_compose_calls_a_composition() -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())
    jsonschema.validate(COMPOSE, schema)


def test_volumes_are_declared_and_every_mounted_file_is_there() -> None:
    used = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {volume for volume in used if not volume.startswith("./")} == set(COMPOSE["volumes"])
    assert [volume for volume in used if volume.startswith("./") and not (ROOT / volume).exists()] == []


@pytest.mark.parametrize("name", LONG)
def test_what_runs_on_is_watched_bounded_and_harmless(name: str) -> None:
    service = SERVICES[name]
    assert "healthcheck" in service
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith(("0", "root"))


def test_nobody_is_reached_from_outside_but_nginx_and_this_machine_alone_sees_grafana() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"nginx": ["${BIND:-127.0.0.1:8000}:8080"], "grafana": ["127.0.0.1:3000:3000"]}


def test_nginx_is_given_all_that_its_template_asks_for() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)\}", (ROOT / "deploy/nginx/site.conf.template").read_text()))
    given = SERVICES["nginx"]["environment"]
    assert asked == set(given) - {"NGINX_ENVSUBST_FILTER"}
    assert re.findall(r"[A-Z]+", given["NGINX_ENVSUBST_FILTER"].strip("^$()")) == [
        "LISTEN",
        "WEB",
        "FILES",
        "STORE",
    ]


def test_the_store_forgets_what_the_settings_call_incoming() -> None:
    rules = json.loads((ROOT / "deploy/s3/lifecycle.json").read_text())["Rules"]
    assert [rule["Filter"]["Prefix"] for rule in rules if "Expiration" in rule] == ["incoming/"]


def test_what_the_image_copies_and_starts_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE)
    assert copied == ["requirements.lock", "."]
    for word in re.findall(r"manage\.py (\w+)", text + str(SERVICES)):
        ours = list(ROOT.glob(f"*/management/commands/{word}.py"))
        assert ours or word == "check", word


def test_the_image_runs_as_nobody_special_and_starts_without_a_secret_in_it() -> None:
    last = (ROOT / "Dockerfile").read_text().rpartition("FROM ")[2]
    assert "\nUSER bgsite\n" in last
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var", "deploy/secrets", ".git"} <= set(ignored)
