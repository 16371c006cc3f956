"""How a file's bytes reach who may have them: by this process, by nginx in its place, or straight from the store.

Who may have it was decided before. FILE_DELIVERY says which way; deploy/nginx has the other half of `nginx`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from processing import direct, storage

SIGNED_SECONDS = 300
LOCAL, STORE = "/_files/", "/_store/"  # nginx's own locations, which nobody else reaches


def answer(file: str, media_type: str, name: str = "", to_keep: bool = False) -> HttpResponseBase:
    """A response with the file. `name` is what it is called when it is saved, which `to_keep` asks a browser to do.

    OSError when it is not there, as far as this process looks at it at all.
    """
    match settings.FILE_DELIVERY:
        case "nginx":
            return _by_nginx(file, media_type, content_disposition_header(to_keep, name) or "")
        case "signed":
            return HttpResponseRedirect(
                signed(file, media_type, content_disposition_header(to_keep, name) or "")
            )
        case _:
            opened = storage.open_file(file)
            return FileResponse(opened, content_type=media_type, as_attachment=to_keep, filename=name)


def signed(file: str, media_type: str, disposition: str = "") -> str:
    """An address of the store that gives this one file for five minutes (S3 alone)."""
    return _signed(direct.signer(), file, media_type, disposition)


def _signed(client: Any, file: str, media_type: str, disposition: str) -> str:
    asked = {"Bucket": settings.S3_BUCKET, "Key": file, "ResponseContentType": media_type}
    if disposition:
        asked["ResponseContentDisposition"] = disposition
    return str(client.generate_presigned_url("get_object", Params=asked, ExpiresIn=SIGNED_SECONDS))


def _by_nginx(file: str, media_type: str, disposition: str) -> HttpResponse:
    response = HttpResponse(content_type=media_type)
    response["X-Accel-Redirect"] = _inside(file, media_type)
    if disposition:
        response["Content-Disposition"] = disposition
    return response


def _inside(file: str, media_type: str) -> str:
    if not settings.S3_BUCKET:
        return LOCAL + quote(file)
    store: Any = default_storage  # by the address that this side of the network has for it
    address = urlsplit(_signed(store.connection.meta.client, file, media_type, ""))
    return f"{STORE}{address.path.lstrip('/')}?{address.query}"
