"""docs/capacity.md from what was measured: the arithmetic follows from the figures."""

import json

import pytest

from bench import capacity
from bench.cluster_load import Seen

RUN = {"clients": 8, "rate": 4.0, "p95": 2.0, "cpu": 0.5, "rss_mb": 900.4, "errors": 0}
SEEN = Seen(pages=[0.1, 0.1], polls=[0.01], photos=[1.0]).figures(1.0)
STEP = {**SEEN, "efficiency": 0.9, "of_what_cores_allow": 0.95}
COST = {"workers": 0.5, "web": 0.034, "store": 9.0, "clients": 9.0, "all": 18.5}
RESULTS = {
    "load": {
        "cores": 2, "load_before": 0.2, "preset": "fast",
        "throughput": {"8": 2.71}, "p95": {"8": 2.4}, "poll_ms": {"8": 6.5},
        "request_ms": 400.0, "overhead_ms": 31.5,
        "runs": [{**RUN, "server": "ours"}, {**RUN, "server": "rembg", "rate": 1.5}],
    },
    "scaling": {"cores": 2, "load_before": 0.1, "1": {**STEP, "cpu_a_photo": {}}, "2": {**STEP, "cpu_a_photo": COST}},
    "mixed": {
        "cores": 2, "load_before": 0.1,
        "64": {"throughput": 3.5, "p95": 3.1, "pages_p95_ms": 120.0, "poll_ms": 7.0, "errors": 0, "rembg_errors": 5},
    },
    "pollers": {"cores": 2, "load_before": 0.1, "pollers": 10000, "without": SEEN, "with": SEEN},
    "soak": {
        "cores": 2, "load_before": 0.1, **SEEN,
        **{f"rss_mb_{when}": {"web": 300, "workers": 1200} for when in ("settled", "last", "most")},
    },
}  # fmt: skip


@pytest.fixture
def document(tmp_path, monkeypatch):
    path = tmp_path / "capacity.md"
    path.write_text(capacity.DOCUMENT.read_text())
    monkeypatch.setattr(capacity, "DOCUMENT", path)
    return path


def test_figures_and_what_follows_from_them_are_written(document, tmp_path):
    for name, found in RESULTS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    capacity.main(["--folder", str(tmp_path)])
    text = document.read_text()
    assert "| 8 | 4.00 / 1.50 | 2.00 / 2.00 | 0.50 / 0.50 | 900 / 900 | 0 / 0 | 2.71× | 2.40× | 6.5 |" in text
    assert "| 64 | 3.50× | 3.10× | 120.0 | 7.0 | 0 | 5 |" in text
    assert "| 10000 | 1.0 | 100.0 | 10.0 | 0 |" in text
    # 11.57 a second, three times that in the busiest hour, 0.5 s each, 0.85 of a core
    assert "workers: 35 × 0.5 s of a core / 0.85 = 21 cores" in text
    assert "| workers | 6.8 | 21 |" in text and "| web | 0.5 | 1.4 |" in text
    assert "| store | 9" not in text.partition("a million photos a day")[2].partition("<!--")[0]
    capacity.main(["--folder", str(tmp_path)])
    assert document.read_text() == text, "the second time changes nothing"


def test_what_was_not_measured_is_named(document, tmp_path):
    (tmp_path / "soak.json").write_text(json.dumps(RESULTS["soak"]))
    capacity.main(["--folder", str(tmp_path)])
    assert "Not measured this time: load, scaling, mixed, pollers." in document.read_text()


def test_a_document_without_marks_is_left_alone(document, tmp_path):
    document.write_text("# Capacity\n")
    with pytest.raises(SystemExit, match="lacks the marks"):
        capacity.main(["--folder", str(tmp_path)])
    assert document.read_text() == "# Capacity\n"


def test_the_processor_by_its_name():
    info = "model name\t: AMD EPYC 9B14\nflags\t\t: fpu avx512_vnni\n"
    assert capacity.processor(info) == "AMD EPYC 9B14, with VNNI"
    assert capacity.processor("flags: fpu\n") == "a processor that does not tell its name"
