"""docker-compose.yml, Dockerfile and .env.example name what is really there. (No Docker engine is needed.)"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from django.conf import settings

from bgsite.settings.work import JOB_SECONDS

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


def test_nginx_asks_again_where_the_web_processes_are() -> None:
    """A name in an upstream is looked up once, when nginx starts, unless it is told otherwise (since 1.27.3)."""
    web = SERVICES["nginx"]["environment"]["WEB"]
    assert all(word in web for word in ("zone ", "resolver 127.0.0.11 ", " resolve "))
    tag = SERVICES["nginx"]["image"].partition(":")[2]
    assert tuple(map(int, re.findall(r"\d+", tag)[:2])) >= (1, 28)


def rules(name: str) -> list[dict[str, Any]]:
    return list(json.loads((ROOT / "deploy/s3" / name).read_text())["Rules"])


@pytest.mark.parametrize("name", ["lifecycle.json", "lifecycle-aws.json"])
def test_the_store_forgets_what_the_settings_call_incoming(name: str) -> None:
    assert [rule["Filter"]["Prefix"] for rule in rules(name) if "Expiration" in rule] == ["incoming/"]


def test_compose_gives_its_store_only_rules_that_it_takes() -> None:
    """MinIO refuses all of them for one that aborts broken uploads, which it does by itself after a day; and then
    the bucket's service fails, and nothing that waits for it ever starts."""
    assert [set(rule) for rule in rules("lifecycle.json")] == [{"ID", "Status", "Filter", "Expiration"}]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules("lifecycle-aws.json"))
    assert "./deploy/s3/lifecycle.json:/lifecycle.json:ro" in SERVICES["bucket"]["volumes"]


def megabytes(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)([mg])", text).groups()  # type: ignore[union-attr]
    return int(number) * {"m": 1, "g": 1024}[unit]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_take_all_memory(name: str) -> None:
    """What lies in a tmpfs counts as the container's memory, and without a size it may take half of the machine's."""
    limit = megabytes(SERVICES[name]["deploy"]["resources"]["limits"]["memory"])
    sizes = [re.search(r"size=(\w+)", each) for each in SERVICES[name].get("tmpfs", [])]
    assert all(sizes), SERVICES[name]["tmpfs"]
    assert sum(megabytes(size[1]) for size in sizes if size) <= 0.85 * limit


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_of_a_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert image in {"bgsite", "bgsite-gpu"} or re.search(r":\D*\d", image), image


def test_who_uses_the_store_s_client_lets_it_write_its_folder() -> None:
    """It refuses to work on a read-only root otherwise, and a health check that uses it never succeeds."""
    users = [
        name
        for name, each in SERVICES.items()
        if re.search(r"\bmc\b", str(each.get("healthcheck")) + str(each.get("entrypoint")))
    ]
    assert set(users) == {"s3", "bucket"}
    for name in users:
        assert SERVICES[name]["environment"]["MC_CONFIG_DIR"].startswith("/tmp/")
        assert [each.partition(":")[0] for each in SERVICES[name]["tmpfs"]] == ["/tmp"]


@pytest.mark.parametrize("name", ["prepare", "web", "worker"])
def test_ours_write_where_they_may(name: str) -> None:
    mounted = {volume.split(":")[1] for volume in SERVICES[name]["volumes"]}
    text = (ROOT / "Dockerfile").read_text()
    written = re.findall(r"(?:DATA_DIR|MODELS_DIR|NUMBA_CACHE_DIR)=(/\w+)", text.rpartition("FROM ")[2])
    assert set(written) <= mounted and "/tmp" in mounted


def test_who_is_asked_to_end_is_given_its_time() -> None:
    seconds = {name: int(SERVICES[name]["stop_grace_period"].removesuffix("s")) for name in ("web", "worker")}
    (graceful,) = re.findall(r"--graceful-timeout=(\d+)", str(SERVICES["web"]["command"]))
    assert seconds["web"] > int(graceful) >= settings.API_WAIT_SECONDS
    assert seconds["worker"] >= JOB_SECONDS + 15


def test_nginx_is_more_patient_and_takes_more_than_the_application() -> None:
    text = (ROOT / "deploy/nginx/site.conf.template").read_text()
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s", text)
    (largest,) = re.findall(r"client_max_body_size (\d+)m", text)
    assert int(patience) > settings.API_WAIT_SECONDS + 30
    assert int(largest) * 2**20 > settings.BATCH_ZIP_BYTES + 50 * 10**6
    ingress = (ROOT / "deploy/kubernetes/network.yaml").read_text()
    assert f"proxy-body-size: {largest}m" in ingress and f'proxy-read-timeout: "{patience}"' in ingress


def test_the_secrets_that_are_made_fit_together(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path)
    said = [subprocess.run([tmp_path / "make-secrets"], check=True, capture_output=True).stdout for _ in "12"]
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert said[0] == said[1], "the second time keeps what the first made"
    assert set(made) == set(COMPOSE["secrets"])
    assert all(len(text) >= 16 and text == text.strip() for text in made.values())
    for name, password in (("database_url", "postgres_password"), ("broker_url", "redis_password")):
        url = urlsplit(made[name])
        assert (url.password, url.hostname in SERVICES) == (made[password], True)
    assert len(made["secret_key"]) >= 50
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_nothing_that_an_operator_fills_in_gets_into_the_image() -> None:
    """Whatever of it git must not see, the build must not see either."""
    kept_out = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()}
    filled = {line for line in kept_out if line.startswith("deploy/")} | {".env", "var"}
    assert {"deploy/secrets", "deploy/site.env", "deploy/kubernetes/secrets.env"} <= filled
    assert filled <= set((ROOT / ".dockerignore").read_text().split())


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
