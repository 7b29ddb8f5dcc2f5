"""Which of a recording's channels are listened to."""

import numpy as np
from numpy.typing import NDArray

CANCELLED = 0.01  # of the loudest channel's power: then the channels are of opposite phase


def choose_channel(power: NDArray[np.float64], mean_power: float) -> int | None:
    """The channel to listen to, None for the mean of all.

    power: of each channel over the whole sound, mean_power of their mean. Where the mean cancels
    (opposite phase) or a channel is silent, it is the loudest channel.
    """
    loudest = int(power.argmax())
    alone = mean_power < CANCELLED * power[loudest] or power.min() == 0
    return loudest if alone else None


def mix_channels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """One channel, shape (n_samples,), from shape (n_samples, n_channels), by `choose_channel`."""
    if samples.shape[1] == 1 or samples.shape[0] == 0:
        return samples[:, 0]
    mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    power = np.square(samples, dtype=np.float64).mean(axis=0)
    chosen = choose_channel(power, float(np.square(mean, dtype=np.float64).mean()))
    return mean if chosen is None else samples[:, chosen]
