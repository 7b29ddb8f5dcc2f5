"""Frame arithmetic against windows counted one by one, and against transformers' own."""

from hypothesis import given
from hypothesis import strategies as st
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from w2vctc.acoustic.frames import FRAME_SHIFT_S, count_frames, count_needed_samples
from w2vctc.acoustic.presets import TINY_CONFIG

BASE_KERNELS = (10, 3, 3, 3, 3, 2, 2)
BASE_STRIDES = (5, 2, 2, 2, 2, 2, 2)
LAYERS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 6)), min_size=1, max_size=5)


@given(st.integers(0, 3_000), LAYERS)
def test_as_many_frames_as_windows_fit(n_samples: int, layers: list[tuple[int, int]]) -> None:
    kernels, strides = zip(*layers, strict=True)
    n = n_samples
    for kernel, stride in layers:
        n = len(range(0, n - kernel + 1, stride))
    assert count_frames(n_samples, kernels=kernels, strides=strides) == n


@given(LAYERS)
def test_one_sample_less_than_needed_gives_no_frame(layers: list[tuple[int, int]]) -> None:
    kernels, strides = zip(*layers, strict=True)
    needed = count_needed_samples(kernels=kernels, strides=strides)
    assert count_frames(needed, kernels=kernels, strides=strides) == 1
    assert count_frames(needed - 1, kernels=kernels, strides=strides) == 0


def test_base_needs_400_samples_and_then_320_for_each_frame() -> None:
    assert count_needed_samples(kernels=BASE_KERNELS, strides=BASE_STRIDES) == 400
    assert count_frames(400 + 320, kernels=BASE_KERNELS, strides=BASE_STRIDES) == 2
    assert count_frames(16_000, kernels=BASE_KERNELS, strides=BASE_STRIDES) == 49


def test_both_front_ends_count_as_transformers_does_and_shift_by_20_ms() -> None:
    import torch

    for settings in (TINY_CONFIG, {}):
        config = Wav2Vec2Config(**settings)
        with torch.device("meta"):
            network = Wav2Vec2ForCTC(config)
        shift = 1
        for stride in config.conv_stride:
            shift *= stride
        assert shift / 16_000 == FRAME_SHIFT_S
        for n_samples in (1_360, 16_000, 54_321):
            ours = count_frames(n_samples, kernels=config.conv_kernel, strides=config.conv_stride)
            assert ours == int(network._get_feat_extract_output_lengths(n_samples))
