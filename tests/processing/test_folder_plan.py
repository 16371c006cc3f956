"""Which file becomes which."""

from pathlib import Path

import pytest

from processing.folder_plan import plan

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def tree(tmp_path):
    """Makes empty pictures by their relative names; returns the folder."""

    def make(*names):
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(PNG)
        return tmp_path / "in"

    return make


def stems(items, out):
    return {item.relative: str(item.stem.relative_to(out)) for item in items}


def test_it_works(tree):
    folder, out = tree("a.jpg", "sub/b.png"), Path("/out")
    assert stems(plan([folder], out), out) == {"a.jpg": "a"}
    assert stems(plan([folder], out, recursive=True), out) == {"a.jpg": "a", "sub/b.png": "sub/b"}


def test_same_stem_keeps_both(tree):
    out = Path("/out")
    assert stems(plan([tree("a.jpg", "a.png", "b.jpg")], out), out) == {
        "a.jpg": "a.jpg",
        "a.png": "a.png",
        "b.jpg": "b",
    }


@pytest.mark.parametrize(
    "names",
    [
        ("a.jpg", "a.png", "a.jpg.png"),
        ("A.jpg", "a.png"),  # one file where case does not count
        ("é.jpg", "e\u0301.png"),  # one name in two spellings
        ("a.b.jpg", "a.b.png", "a.jpg"),
        (".a.png", "a.png"),
    ],
)
def test_no_two_results_share_a_name(tree, names):
    planned = [str(item.stem).casefold() for item in plan([tree(*names)], Path("/out"))]
    assert len(planned) == len(set(planned))


def test_a_source_is_never_written_over(tree):
    folder = tree("a.png", "b.jpg", "b.jpg.png")
    results = {item.result(suffix) for item in plan([folder], folder) for suffix in ("png", "jpg", "webp")}
    assert not results & set(folder.iterdir())


def test_the_output_folder_is_not_an_input(tree):
    folder = tree("a.jpg", "out/a.png", "out/deep/b.png")
    assert [item.relative for item in plan([folder], folder / "out", recursive=True)] == ["a.jpg"]


def test_only_pictures_of_a_folder_are_taken(tree):
    folder = tree("a.jpg", "no suffix")
    (folder / "notes.txt").write_text("hello")
    (folder / "broken.png").write_text("hello")
    (folder / ".hidden.png").write_bytes(PNG)
    assert [item.relative for item in plan([folder], Path("/out"))] == ["a.jpg", "broken.png", "no suffix"]


def test_a_named_file_is_always_tried(tree):
    missing = tree("a.jpg") / "missing.xyz"
    assert [item.relative for item in plan([missing], Path("/out"))] == ["missing.xyz"]


def test_a_file_given_twice_is_done_once(tree):
    folder = tree("a.jpg")
    assert len(plan([folder, folder / "a.jpg", folder], Path("/out"))) == 1
