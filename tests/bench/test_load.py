"""bench.load against servers that take no time: what is counted and sent, and how a server that fails is told."""

import asyncio
import io
import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from bench import cluster, load
from bench.cluster_load import Seen
from bench.load_clients import PNG, Useless, unlike
from bench.load_clients import load as ask
from bench.load_servers import Server
from bench.mixed import Turn, _level


def jpeg():
    file = io.BytesIO()
    Image.linear_gradient("L").save(file, "JPEG")
    return file.getvalue()


PHOTO = jpeg()


class Answers(BaseHTTPRequestHandler):
    status, body = 200, PNG
    taken: list[bytes]

    def do_POST(self):
        self.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(tmp_path):
    """Asks for a server that answers so."""
    made = []

    def answers(status, body):
        handler = type("Handler", (Answers,), {"status": status, "body": body, "taken": []})
        made.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=made[-1].serve_forever, daemon=True).start()
        log = tmp_path / "server.log"
        log.write_text("\n".join(f"line {number}" for number in range(30)))
        url = f"http://127.0.0.1:{made[-1].server_port}"
        return Server("rembg", url, (os.getpid(),), log), handler

    yield answers
    for each in made:
        each.shutdown()
        each.server_close()


def test_every_photo_is_another_one_and_names_the_model(server):
    asked, handler = server(200, PNG)
    run = asyncio.run(ask(asked, [PHOTO], 2, 6))
    assert (run.photos, run.errors, run.first_error) == (6, 0, "")
    assert run.rate > 0 and run.p95 >= run.p50 > 0 and run.cpu > 0 and run.rss_mb > 1
    assert len(set(handler.taken)) == 6, "a server could answer from memory"
    assert all(b'name="model"\r\n\r\nu2net\r\n' in body for body in handler.taken), (
        "rembg's server has another default"
    )


def test_a_server_that_answers_nothing_is_named_with_the_end_of_its_log(server):
    asked, _ = server(500, b"Internal Server Error")
    with pytest.raises(Useless) as found:
        asyncio.run(ask(asked, [PHOTO], 2, 4))
    assert "rembg answered none of 4 photos" in str(found.value)
    assert "4 x 500 Internal Server Error" in str(found.value)
    assert "line 29" in str(found.value) and "line 9\n" not in str(found.value)


def test_an_answer_without_a_picture_counts_as_an_error(server):
    asked, _ = server(200, b"<html>")
    with pytest.raises(Useless, match="200 <html>"):
        asyncio.run(ask(asked, [PHOTO], 1, 1))


def test_ratios_are_medians_of_the_rounds(server):
    asked, _ = server(200, PNG)
    # A server that takes no time may have used less of the processor than the system's clock can tell.
    run = replace(asyncio.run(ask(asked, [PHOTO], 1, 2)), cpu=0.1)
    level = load._level(8, [run, run] * 3)
    assert (level.throughput, level.p95, level.cpu) == (1, 1, 1)
    pages = Seen(pages=[0.1, 0.3]).figures(2.0)
    told = _level([Turn(run, run, pages)])
    assert (told["throughput"], told["errors"], told["pages_p95_ms"]) == (1, 0, 290)


def test_another_file_with_the_same_pixels():
    other = unlike(PHOTO, 1)
    assert other not in (PHOTO, unlike(PHOTO, 1))
    assert Image.open(io.BytesIO(other)).tobytes() == Image.open(io.BytesIO(PHOTO)).tobytes()


def test_more_pollers_than_open_files_are_refused_before_anything_is_started(monkeypatch):
    monkeypatch.setattr(cluster, "allow_open_files", lambda: 1024)
    with pytest.raises(SystemExit, match="10000 pollers need as many open files; this user may have 524"):
        cluster.main(["pollers"])
