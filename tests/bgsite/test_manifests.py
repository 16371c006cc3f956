"""The manifests for Kubernetes: each is what the API takes, and what they name is there."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.bgsite.test_deployment import is_read

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
API = "1.33"
# Not of Kubernetes itself. Below is what KEDA's definition of it (keda.sh/v1alpha1) says of the fields that we use.
OTHERS = {"ScaledObject"}
COUNT = {"type": "integer", "minimum": 0}
SCALED_OBJECT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["scaleTargetRef", "triggers"],
    "properties": {
        "scaleTargetRef": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {name: {"type": "string"} for name in ("name", "kind", "apiVersion")},
        },
        **dict.fromkeys(("pollingInterval", "cooldownPeriod", "minReplicaCount", "maxReplicaCount"), COUNT),
        "fallback": {
            "type": "object",
            "additionalProperties": False,
            "required": ["failureThreshold", "replicas"],
            "properties": {"failureThreshold": COUNT, "replicas": COUNT},
        },
        "advanced": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "horizontalPodAutoscalerConfig": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"behavior": {"type": "object"}},  # Kubernetes' own: see below
                }
            },
        },
        "triggers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type", "metadata"],
                "properties": {
                    "type": {"const": "prometheus"},
                    "metricType": {"enum": ["AverageValue", "Value"]},
                    "metadata": {  # texts alone, even for numbers
                        "type": "object",
                        "required": ["serverAddress", "query", "threshold"],
                        "additionalProperties": {"type": "string"},
                    },
                },
            },
        },
    },
}


def manifests() -> list[dict[str, Any]]:
    texts = [(FOLDER / name).read_text() for name in KUSTOMIZATION["resources"]]
    return [each for text in texts for each in yaml.safe_load_all(text)]


ALL = manifests()
OWN = [each for each in ALL if each["kind"] not in OTHERS]
NAMES = [f"{each['kind']}-{each['metadata']['name']}" for each in OWN]
PODS = [each for each in ALL if each["kind"] in {"Deployment", "Job"}]


@pytest.mark.parametrize("manifest", OWN, ids=NAMES)
def test_the_api_takes_it(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, API, strict=True)


def scaled() -> dict[str, Any]:
    return next(each for each in ALL if each["kind"] == "ScaledObject")


def test_keda_takes_it() -> None:
    assert scaled()["apiVersion"] == "keda.sh/v1alpha1"
    spec = scaled()["spec"]
    jsonschema.validate(spec, SCALED_OBJECT)
    # KEDA makes a HorizontalPodAutoscaler of it, with this behaviour and these bounds.
    made = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "worker"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", **spec["scaleTargetRef"]},
            "minReplicas": spec["minReplicaCount"],
            "maxReplicas": spec["maxReplicaCount"],
            "behavior": spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"],
        },
    }
    kubernetes_validate.validate(made, API, strict=True)
    assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda spec: spec.pop("triggers"),
        lambda spec: spec.update(maxReplicas=3),
        lambda spec: spec["triggers"][0]["metadata"].update(threshold=10),
        lambda spec: spec["triggers"][0]["metadata"].pop("query"),
        lambda spec: spec["triggers"][0].update(metricType="Total"),
        lambda spec: spec["fallback"].pop("replicas"),
    ],
)
def test_what_keda_would_refuse_is_refused(harm: Any) -> None:
    spec = copy.deepcopy(scaled()["spec"])
    harm(spec)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, SCALED_OBJECT)


def test_a_fallback_has_a_trigger_that_it_works_for() -> None:
    """KEDA's fallback stands in for triggers of the kind AverageValue; with others alone it would never come."""
    spec = scaled()["spec"]
    assert "AverageValue" in {trigger["metricType"] for trigger in spec["triggers"]}
    names = {each["metadata"]["name"] for each in ALL if each["kind"] == "Deployment"}
    assert spec["scaleTargetRef"]["name"] in names


def test_kustomize_knows_every_file() -> None:
    listed = {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    assert {path.name for path in FOLDER.glob("*.yaml")} == listed


@pytest.mark.parametrize("name", ["settings.env", "secrets.env.example"])
def test_every_variable_is_one_that_the_settings_read(name: str) -> None:
    named = re.findall(r"^([A-Z0-9_]+)=", (FOLDER / name).read_text(), re.MULTILINE)
    assert named and [each for each in named if not is_read(each)] == []


@pytest.mark.parametrize("manifest", PODS, ids=[each["metadata"]["name"] for each in PODS])
def test_no_pod_may_do_more_than_it_must(manifest: dict[str, Any]) -> None:
    pod = manifest["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"] + pod.get("initContainers", []):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_no_process_meets_a_database_that_was_not_migrated(name: str) -> None:
    """All manifests are applied at once: whoever needs the new tables waits for them, and the old ones serve on."""
    (made,) = [each for each in ALL if each["kind"] == "Deployment" and each["metadata"]["name"] == name]
    (first,) = made["spec"]["template"]["spec"]["initContainers"]
    assert "migrate --check" in first["command"][-1] and first["command"][-1].startswith("until ")
    assert made["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_workers_are_given_the_time_of_their_longest_job() -> None:
    worker = next(
        each for each in ALL if each["metadata"]["name"] == "worker" and each["kind"] == "Deployment"
    )
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 180 + 15
    assert "replicas" not in worker["spec"], "the autoscaler's number would be reset by each deploy"
