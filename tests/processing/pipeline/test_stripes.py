"""Parts of a picture on several cores: all of it, in order, with its errors."""

import os

import pytest

from processing.pipeline.stripes import each, stripes


def test_it_works():
    assert each(lambda number: number * 2, range(50)) == [number * 2 for number in range(50)]
    assert each(len, []) == []


def test_stripes_cover_every_row_once():
    rows = [row for part in stripes(130) for row in range(part.start, part.stop)]
    assert rows == list(range(130))


def test_an_error_comes_out():
    with pytest.raises(ZeroDivisionError):
        each(lambda number: 1 / number, [1, 0, 2])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_it_works_in_a_forked_process():
    each(str, range(10))
    pid = os.fork()
    if not pid:
        os._exit(0 if each(str, range(10))[9] == "9" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
