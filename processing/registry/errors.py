"""What can go wrong with a model, each with a stable code and the facts for a sentence."""

from __future__ import annotations


class RegistryError(Exception):
    """Base of all errors of the registry. `code` is stable, `facts` are JSON-ready values."""

    code = "model_failed"

    def __init__(self, sentence: str, **facts: str | int) -> None:
        super().__init__(sentence)
        self.facts: dict[str, str | int] = facts


class UnknownModelError(RegistryError):
    code = "unknown_model"


class WeightsMissingError(RegistryError):
    code = "weights_missing"


class WeightsCorruptError(RegistryError):
    """The file is there but its checksum is not the published one."""

    code = "weights_corrupt"


class WeightsDownloadFailedError(RegistryError):
    """No source gave the file; the sentence names each source and what to do."""

    code = "weights_download_failed"


class ModelFailedError(RegistryError):
    """The graph could not be loaded or run, or gave something that is not a matte."""

    code = "model_failed"
