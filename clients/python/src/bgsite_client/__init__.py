"""Removes backgrounds with a bgsite server.

    from bgsite_client import Client

    with Client("https://cutouts.example.org", "bg_live_...") as client:
        client.remove_background("dog.jpg").save("dog.png")

`Client` and `AsyncClient` have the same methods; those of the second are awaited.
"""

from .asynchronous import AsyncClient
from .client import Client
from .errors import (
    ApiError,
    AuthenticationFailed,
    BgsiteError,
    Conflict,
    ConnectionFailed,
    Forbidden,
    InsufficientCredits,
    InvalidRequest,
    JobFailed,
    NotFound,
    RateLimited,
    ServerFailed,
    TimedOut,
    UnusableImage,
)
from .retries import Retries
from .shapes import Account, Batch, Cutout, Item, Job, Mask, Model, Page, Problem, Progress, Rendition
from .sources import Photo, Source
from .webhooks import is_genuine

__all__ = [
    "Account",
    "ApiError",
    "AsyncClient",
    "AuthenticationFailed",
    "Batch",
    "BgsiteError",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Cutout",
    "Forbidden",
    "InsufficientCredits",
    "InvalidRequest",
    "Item",
    "Job",
    "JobFailed",
    "Mask",
    "Model",
    "NotFound",
    "Page",
    "Photo",
    "Problem",
    "Progress",
    "RateLimited",
    "Rendition",
    "Retries",
    "ServerFailed",
    "Source",
    "TimedOut",
    "UnusableImage",
    "is_genuine",
]
