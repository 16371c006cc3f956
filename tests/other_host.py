"""Our server as another host: TLS with that host's name in a certificate, of an authority that is made for it. For
programs in which the host is written down."""

from __future__ import annotations

import contextlib
import datetime
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class OtherHost:
    """`environment` is what a program of node needs to be led there (npm/lead-there.js reads it)."""

    name: str
    port: int
    authority: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LEAD_HOST": self.name,
            "LEAD_PORT": str(self.port),
            "NODE_EXTRA_CA_CERTS": str(self.authority),
            "NODE_OPTIONS": "--require ./lead-there.js",
        }


@contextlib.contextmanager
def other_host(name: str, port: int, folder: Path) -> Iterator[OtherHost]:
    """`port` is where our server listens, in the clear."""
    certificate, authority = certificates(name, folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    class Front(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                tls.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Front) as front:
        front.daemon_threads = True
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield OtherHost(name, front.server_address[1], authority)
        front.shutdown()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def certificates(name: str, folder: Path, days: int = 1) -> tuple[Path, Path]:
    """Files of the host's certificate with its key, and of the authority's certificate. With `days` below 0 the first
    is over since then."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = _signed(root, root, root_key, root_key, x509.BasicConstraints(ca=True, path_length=0), 1)
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    certificate = _signed(root, subject, root_key, key, names, days)
    bundle, ca = folder / "host.pem", folder / "authority.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    return bundle, ca


def _signed(
    issuer: x509.Name,
    subject: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    days: int,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(signer, hashes.SHA256())
    )
