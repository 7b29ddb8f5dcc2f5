"""An MP3 that is read in blocks is read without complaints of its decoder."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech_material import make_babble

from w2vctc.speech.recording import open_recording


@pytest.mark.skipif(
    "MP3" not in soundfile.available_formats(), reason="this libsndfile writes no MP3"
)
def test_an_mp3_read_in_blocks_is_not_complained_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where each block begins, the decoder would miss the frames before it."""
    path = tmp_path / "a.mp3"
    soundfile.write(path, make_babble(duration_s=60.0), 16_000)
    with open_recording(path) as recording:
        blocks = list(recording.stream.read_blocks(0, 1 << 40))
    assert len(blocks) > 10
    assert sum(map(len, blocks)) == 960_000
    whole, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(np.concatenate(blocks)[:, 0], whole, atol=1e-5)
    assert capfd.readouterr().err == ""
