"""Who asks: an API key in one of three headers, else the session of the pages."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import keys, sharing
from accounts.client_address import client_address
from accounts.models import ApiKey, User

LONGEST = 200  # characters of a header that could be a key


class TwoCredentials(APIException):
    """Two keys, or a key and a session, of different users: which one was meant cannot be known."""

    status_code = 400
    default_code = "two_credentials"


class ApiAuthentication(BaseAuthentication):
    """`X-Api-Key`, `Authorization: Bearer` or `api_token`; without any of them the signed-in session.

    Every key that was sent must be good, and all must belong to one user.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey | None] | None:
        given = [_find(text) for text in credentials(request)]
        session = _session_user(request)
        users = {key.user_id for key in given} | ({session.pk} if session else set())
        if len(users) > 1:
            raise TwoCredentials
        if given:
            return _used(request, given[0])
        return SessionAuthentication().authenticate(request) if session else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyAuthentication(BaseAuthentication):
    """A key, and nothing else: the session of the pages counts for nothing, so that a page of somebody else cannot
    spend what belongs to a person who is signed in here."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey | None] | None:
        given = [_find(text) for text in credentials(request)]
        if len({key.user_id for key in given}) > 1:
            raise TwoCredentials
        if not given:
            return None
        return _used(request, given[0])

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """Signed in, and the key's scopes cover the method: read for looking, write for the rest; a view may name
    another in `scope`. A session of the pages may do all that its user may."""

    def has_permission(self, request: Request, view: object) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        return not isinstance(request.auth, ApiKey) or scope_for(request, view) in request.auth.scopes


def scope_for(request: Request, view: object) -> str:
    usual = "read" if request.method in SAFE_METHODS else "write"
    return str(getattr(view, "scope", "") or usual)


def credentials(request: Request | HttpRequest) -> list[str]:
    """Every key in the headers, as text; the address and the body are no places for keys."""
    meta = request.META
    texts = [meta[name] for name in ("HTTP_X_API_KEY", "HTTP_API_TOKEN") if name in meta]
    scheme, _, rest = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        texts.append(rest.strip())
    elif scheme:
        texts.append("")  # another scheme is no key, and is not silently taken for nobody
    return texts


def _used(request: Request, key: ApiKey) -> tuple[User, ApiKey]:
    keys.note_use(key)
    sharing.note(key, client_address(request._request))
    return key.user, key


def _find(text: str) -> ApiKey:
    key = keys.find(text) if len(text) <= LONGEST else None
    if key is None:
        raise AuthenticationFailed(code="invalid_key")
    return key


def _session_user(request: Request) -> User | None:
    user = getattr(request._request, "user", None) or AnonymousUser()
    return user if isinstance(user, User) and user.is_active else None
