"""Whatever the layout, the same clips come in as the same utterances."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from layouts import LAYOUTS, RATE, Clip, make_clips
from numpy.typing import NDArray

from w2vctc.cache import CACHE_VARIABLE
from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format, list_formats

CLIPS = make_clips()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    yield


def read(folder: Path, name: str) -> Corpus:
    # one tier for each speaker is chosen by their type
    return read_corpus(folder, ReadOptions(tier="utterance" if name == "elan" else None))


def fingerprint(folder: Path) -> dict[str, str]:
    """Each file below a folder with the SHA-256 of its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_same_clips_give_the_same_utterances(tmp_path: Path, name: str) -> None:
    format_name, lay = LAYOUTS[name]
    expected = lay(tmp_path / "data", CLIPS)
    before = fingerprint(tmp_path / "data")
    corpus = read(tmp_path / "data", name)
    assert corpus.format.name == format_name
    assert corpus.faults == ()
    rows = {row.text: row for row in corpus.utterances}
    assert len(rows) == len(corpus.utterances) == len(CLIPS)
    for clip in expected:
        row = rows[clip.text]
        assert (row.speaker, row.split) == (clip.speaker, clip.split)
        heard = row.load()
        # times in milliseconds may cut a sample off at either end
        assert abs(len(heard) - len(clip.sound)) <= RATE // 1000
        n_same = min(len(heard), len(clip.sound))
        assert _differ(heard[:n_same], clip, n_same) < 1e-6
    assert fingerprint(tmp_path / "data") == before


def _differ(heard: NDArray[np.float32], clip: Clip, n_same: int) -> float:
    written = clip.sound[:n_same].astype(np.float32) / 32_768
    return float(np.square(heard - written).mean())


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_recognised_as_its_own_format_and_by_name(tmp_path: Path, name: str) -> None:
    format_name, lay = LAYOUTS[name]
    lay(tmp_path / "data", CLIPS[:3])
    assert find_format(tmp_path / "data").name == format_name
    assert find_format(tmp_path / "data", format_name).name == format_name


def test_every_format_has_a_layout_here() -> None:
    assert {name for name, _ in LAYOUTS.values()} == {format.name for format in list_formats()}
