"""Which models can be chosen: licences under billing, what is installed, accounts, and what `auto` takes."""

from dataclasses import replace

import pytest

from processing.registry import catalogue
from processing.registry.choose import ORDER, choose
from processing.registry.errors import ModelFailedError, WeightsMissingError
from processing.registry.licences import LicenceForbidsError, may_be_used
from processing.registry.remote.account import PROVIDER_OF
from processing.registry.remote.predictor import PROVIDERS
from processing.registry.specs import SPECS, get_spec, installed
from processing.registry.weights import fetch, locate

NONE: frozenset[str] = frozenset()


def test_billing_refuses_non_commercial_weights():
    with pytest.raises(LicenceForbidsError) as caught:
        may_be_used(get_spec("bria-rmbg"), billing=True, contracts=NONE)
    assert caught.value.facts == {"model": "bria-rmbg", "licence": "CC BY-NC 4.0"}


@pytest.mark.parametrize(
    ("name", "billing", "contracts"),
    [
        ("bria-rmbg", False, NONE),
        ("bria-rmbg", True, frozenset({"bria-rmbg"})),
        ("u2net", True, NONE),
        ("isnet-general-use", True, NONE),  # unclear is not forbidden; the licence is shown
        ("bria-api", True, NONE),
    ],
)
def test_the_rest_may_be_used(name, billing, contracts):
    may_be_used(get_spec(name), billing, contracts)


def test_the_listing_says_why_not(tmp_path):
    (tmp_path / "u2net.onnx").touch()
    offers = {
        offer.spec.name: offer.why_not
        for offer in catalogue.listing(tmp_path, billing=True, accounts=frozenset({"bria-api"}))
    }
    assert offers.keys() == SPECS.keys()
    assert {name for name, why in offers.items() if not why} == {"u2net", "bria-api"}
    assert offers["bria-rmbg"] == "licence_forbids"
    assert offers["removebg-api"] == "provider_not_configured"
    assert offers["silueta"] == "weights_missing"


def test_remote_models_look_once_and_have_no_files(tmp_path):
    remote = [spec for spec in SPECS.values() if spec.is_remote]
    assert {spec.name for spec in remote} == PROVIDERS.keys() == PROVIDER_OF.keys()
    assert [spec.looks("4") for spec in remote] == ["1"] * len(remote)
    assert get_spec("u2net").looks("4") == "4"
    assert installed(tmp_path) == []
    for step in (locate, fetch):
        with pytest.raises(ModelFailedError, match="runs at a provider"):
            step(remote[0], tmp_path)


def test_auto_takes_the_best_that_is_here():
    here = [get_spec(name) for name in ("u2netp", "u2net", "birefnet-general-lite", "sam")]
    choice = choose(here)
    assert choice.spec.name == "birefnet-general-lite"
    assert choice.why == "BiRefNet lite has the best edges of the 3 general models installed here."


def test_auto_has_no_choice_with_one():
    choice = choose([get_spec("u2net")])
    assert choice.why == "U²-Net is the only general model installed here."


EVERYTHING = [spec for spec in SPECS.values() if not spec.is_remote]


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("person", "birefnet-portrait", "A face was found, and BiRefNet portrait is made for people."),
        ("drawing", "isnet-anime", "This is a drawing, and IS-Net anime is made for those."),
        ("plain", "birefnet-general-lite", "The ground is plain, and BiRefNet lite needs a fraction"),
        ("general", "birefnet-general", "BiRefNet has the best edges of the"),
    ],
)
def test_auto_goes_by_what_the_picture_shows(kind, name, words):
    choice = choose(EVERYTHING, lambda: kind)
    assert choice.spec.name == name and choice.why.startswith(words)


def test_a_specialist_goes_before_general_models_of_its_class_alone():
    here = [get_spec(name) for name in ("u2net", "u2net_human_seg", "isnet-general-use")]
    assert choose(here, lambda: "person").spec.name == "isnet-general-use"
    assert choose([here[0], here[1]], lambda: "person").spec.name == "u2net_human_seg"


def test_the_picture_is_not_looked_at_where_it_cannot_matter():
    def asked():
        raise AssertionError

    assert choose([get_spec("u2net"), get_spec("silueta")], asked).spec.name == "u2net"


def test_what_is_pointed_at_is_for_models_that_take_points():
    here = [get_spec(name) for name in ("birefnet-general", "sam-quant", "sam")]
    assert choose(here, pointed=True).spec.name == "sam"
    with pytest.raises(WeightsMissingError, match="fetch sam"):
        choose([get_spec("u2net")], pointed=True)


@pytest.mark.parametrize("here", [[], ["sam", "bria-api"]])
def test_auto_takes_no_specialist_and_nothing_that_costs(here):
    with pytest.raises(WeightsMissingError):
        choose([get_spec(name) for name in here])


def test_the_order_names_local_models_alone():
    assert [name for name in ORDER if name not in SPECS or SPECS[name].is_remote] == []
    assert replace(SPECS[ORDER[0]]).family == "birefnet"
