"""How loud a sound has been of late: what the network is told of a recording without an end."""

from collections import deque
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.listening import ChannelNorm, group_norm_of, make_norm
from w2vctc.speech.audio import SAMPLE_RATE

_PIECE_SAMPLES = SAMPLE_RATE // 10
_MEMORY_PIECES = 600  # one minute
# Long pauses say nothing about how loud somebody speaks: what lies 10 dB below the mean power goes
# uncounted. Clips to train on are speech for the most part too.
_COUNTED_SHARE = 0.1
# -50 dB of full scale: what is softer than that is not made as loud as speech.
_LEAST_VARIANCE = 1e-5


class _Moments(NamedTuple):
    """Mean and power of one piece of sound.

    answers: the same of what the first convolution answers to it, shape (2, C).
    """

    mean: float
    power: float
    answers: torch.Tensor | None = None


class RunningLevels:
    """Mean and variance of the last minute's sound, quiet pieces left out.

    It learns in pieces of 100 ms that lie where they lie, however the sound is cut.
    """

    def __init__(self, model: AcousticModel) -> None:
        self._group_norm = group_norm_of(model.network)
        self._convolution: Any = model.network.wav2vec2.feature_extractor.conv_layers[0].conv
        self._device = model.device
        self._normalizes = bool(model.extractor.do_normalize)
        self._counted: list[_Moments] = []
        self._pieces: deque[_Moments] = deque(maxlen=_MEMORY_PIECES)
        self._n_learnt = 0  # samples
        self.mean = 0.0
        self.variance = _LEAST_VARIANCE

    def learn(self, window: NDArray[np.float32], first: int) -> None:
        """Takes in what is new in a window that begins at sample `first`.

        A sound shorter than one piece counts as one.
        """
        end = first + len(window)
        while self._n_learnt + _PIECE_SAMPLES <= end:
            start = self._n_learnt - first
            self._pieces.append(self._measure(window[start : start + _PIECE_SAMPLES]))
            self._n_learnt += _PIECE_SAMPLES
        if not self._pieces:
            self._pieces.append(self._measure(window))
        self._counted = self._choose()
        self.mean = float(np.mean([piece.mean for piece in self._counted]))
        power = float(np.mean([piece.power for piece in self._counted]))
        self.variance = max(power - self.mean**2, _LEAST_VARIANCE)

    def norm(self) -> ChannelNorm | None:
        """What the group norm of the front end makes of such sound; None where it has none."""
        if self._group_norm is None:
            return None
        return make_norm(self._group_norm, *self._measure_channels())

    def _measure_channels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance over time of what the first convolution answers, shape (C,) each.

        To the sound as the network hears it: with mean and variance normalized where it wants so.
        """
        answers = [piece.answers for piece in self._counted if piece.answers is not None]
        answer, power = torch.stack(answers).mean(0)
        variance = (power - answer.square()).clamp_min(0)
        bias = self._convolution.bias
        offset = torch.zeros_like(answer) if bias is None else bias.detach().double()
        if not self._normalizes:
            return answer + offset, variance
        # A convolution is linear: its answer to (x - mean) / deviation follows from that to x.
        to_one = self._convolution.weight.detach().double().sum((1, 2))
        return (answer - self.mean * to_one) / self.variance**0.5 + offset, variance / self.variance

    def _choose(self) -> list[_Moments]:
        bound = _COUNTED_SHARE * float(np.mean([piece.power for piece in self._pieces]))
        return [piece for piece in self._pieces if piece.power >= bound]

    def _measure(self, sound: NDArray[np.float32]) -> _Moments:
        wide = sound.astype(np.float64)
        mean, power = float(wide.mean()), float(np.square(wide).mean())
        if self._group_norm is None:
            return _Moments(mean, power)
        with torch.inference_mode():
            values = torch.from_numpy(np.ascontiguousarray(sound))[None, None].to(self._device)
            weight, stride = self._convolution.weight, self._convolution.stride
            answer = torch.nn.functional.conv1d(values, weight, stride=stride)[0].double()
        return _Moments(mean, power, torch.stack([answer.mean(1), answer.square().mean(1)]))
