"""nginx in a folder of its own, with the site's configuration from deploy/nginx."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.servers import MissingServer, listens, wait_until

PATIENCE = 120.0  # seconds, on a machine that does much else
TEMPLATE = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "site.conf.template"
AROUND = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 32768;
worker_shutdown_timeout 30s;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 16384; }}
http {{
    include /etc/nginx/mime.types;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def filled(values: dict[str, str]) -> str:
    """The template with its ${NAMES} replaced, as the entry point of nginx's image does it; $names are nginx's."""
    return re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], TEMPLATE.read_text())


class Nginx:
    """One in front of web processes on ports of this machine."""

    def __init__(self, folder: Path, port: int, files: Path, store: str) -> None:
        self.folder, self.port, self.files, self.store = folder, port, files, store
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, webs: Sequence[int]) -> None:
        """The configuration for web processes on these ports."""
        upstream = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in webs)
        values = {"LISTEN": f"127.0.0.1:{self.port} backlog=4096", "WEB": upstream, "FILES": str(self.files)}
        (self.folder / "site.conf").write_text(filled(values | {"STORE": self.store}))

    def start(self, webs: Sequence[int]) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise MissingServer("nginx is not installed (Debian: apt install nginx).")
        self.write(webs)
        # Its workers read the files of whoever started it: as root they would be nobody.
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(AROUND.format(folder=self.folder, user=user))
        words = [program, "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        subprocess.run([*words, "-t", "-q"], check=True)
        self.process = subprocess.Popen(words, start_new_session=True)
        wait_until(lambda: listens(self.port), "nginx answers")

    def serve_by(self, webs: Sequence[int]) -> None:
        """From now on requests go to these alone. Returns when the new configuration is in force, and what came under
        the old one has been answered: a web process that ends now has nothing under way."""
        assert self.process
        before = self._workers()
        self.write(webs)
        self.process.send_signal(1)
        wait_until(lambda: bool(self._workers() - before), "nginx has read its configuration", PATIENCE)
        wait_until(lambda: not self._workers() & before, "nginx has answered what it had", PATIENCE)

    def _workers(self) -> set[str]:
        assert self.process
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-x", "nginx"], capture_output=True, text=True, check=False
        )
        return set(found.stdout.split())

    def end(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None
