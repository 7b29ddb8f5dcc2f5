"""Several decoding processes: order, death and the end of them."""

import multiprocessing
import os
from typing import Any

import numpy as np
import pytest

from w2vctc.decode import workers
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.errors import MachineError, ModelError

pytestmark = pytest.mark.skipif(not workers.can_fork(), reason="this system cannot fork")

EMISSIONS = [np.zeros((n_frames, 5), dtype=np.float32) for n_frames in (3, 9, 1, 4, 4, 7, 2)]


class Echo:
    """Answers with its weights and the number of frames."""

    engine = "pyctcdecode"

    def set_weights(self, *, alpha: float, beta: float) -> None:
        self.weights = (alpha, beta)

    def decode(self, emissions: Any) -> Hypothesis:
        return Hypothesis(f"{self.weights} {len(emissions)}")


class Dying(Echo):
    def decode(self, emissions: Any) -> Hypothesis:
        os._exit(len(emissions))


class Refusing(Echo):
    def decode(self, emissions: Any) -> Hypothesis:
        raise ModelError(f"{emissions.shape[1]} labels", hint="look there", code="E_VOCAB")


@pytest.mark.parametrize("n_workers", [1, 3])
def test_texts_come_in_the_order_of_the_emissions(n_workers: int) -> None:
    decoder: Any = Echo()
    with workers.decode_pool(decoder, EMISSIONS, n_workers=n_workers) as pool:
        assert pool.n_workers == n_workers
        for weights in ((0.5, 1.5), (0.25, 3.0)):
            texts = pool.decode_all(alpha=weights[0], beta=weights[1])
            assert texts == [f"{weights} {n_frames}" for n_frames in (3, 9, 1, 4, 4, 7, 2)]


def test_no_more_processes_than_emissions() -> None:
    decoder: Any = Echo()
    with workers.decode_pool(decoder, EMISSIONS[:1], n_workers=8) as pool:
        assert pool.n_workers == 1


def test_killed_process_is_an_error_not_a_wait() -> None:
    decoder: Any = Dying()
    with (
        pytest.raises(MachineError) as caught,
        workers.decode_pool(decoder, EMISSIONS, n_workers=2) as pool,
    ):
        pool.decode_all(alpha=0.5, beta=1.5)
    assert caught.value.exit_code == 5
    assert multiprocessing.active_children() == []


def test_error_in_a_process_arrives_whole() -> None:
    decoder: Any = Refusing()
    with (
        pytest.raises(ModelError) as caught,
        workers.decode_pool(decoder, EMISSIONS, n_workers=2) as pool,
    ):
        pool.decode_all(alpha=0.5, beta=1.5)
    assert (caught.value.message, caught.value.hint) == ("5 labels", "look there")
    assert caught.value.code == "E_VOCAB"
    assert multiprocessing.active_children() == []


class Threaded(Echo):
    engine = "fast"

    def decode(self, emissions: Any) -> Hypothesis:
        assert os.getpid() == THIS_PROCESS
        return super().decode(emissions)


THIS_PROCESS = os.getpid()


@pytest.mark.parametrize("n_workers", [1, 3])
def test_fast_engine_runs_in_threads_of_this_process(n_workers: int) -> None:
    decoder: Any = Threaded()
    with workers.decode_pool(decoder, EMISSIONS, n_workers=n_workers) as pool:
        assert pool.n_workers == n_workers
        for weights in ((0.5, 1.5), (0.25, 3.0)):
            texts = pool.decode_all(alpha=weights[0], beta=weights[1])
            assert texts == [f"{weights} {n_frames}" for n_frames in (3, 9, 1, 4, 4, 7, 2)]


def test_error_in_a_thread_arrives_whole() -> None:
    class Broken(Refusing):
        engine = "fast"

    decoder: Any = Broken()
    with (
        pytest.raises(ModelError, match="5 labels"),
        workers.decode_pool(decoder, EMISSIONS, n_workers=2) as pool,
    ):
        pool.decode_all(alpha=0.5, beta=1.5)


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("kind", [Echo, Threaded])
def test_a_part_is_decoded_in_the_order_asked_for(kind: type[Echo], n_workers: int) -> None:
    decoder: Any = kind()
    with workers.decode_pool(decoder, EMISSIONS, n_workers=n_workers) as pool:
        texts = pool.decode_all(alpha=0.5, beta=1.5, part=[6, 1, 2])
        assert texts == ["(0.5, 1.5) 2", "(0.5, 1.5) 9", "(0.5, 1.5) 1"]
