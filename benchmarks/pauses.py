"""How a model takes the quiet around speech: the clips of a split as they are, and otherwise.

    python benchmarks/pauses.py --lang ca                 # in a working folder

Word errors of the best path and, where the project has an n-gram, of the search with it: of the
clips alone, with half a second of hiss or rumble at either end, with the ends cut, and three at a
time as one recording, a pause behind each, heard in one piece.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import compute_emissions, load_acoustic_model
from w2vctc.cli.rows import make_normalizer, open_corpus, open_profile
from w2vctc.cli.transcribe import find_lm, search_options
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.greedy import decode_greedy
from w2vctc.evaluate.counts import ErrorCounts, count_word_errors, pool_counts
from w2vctc.project import find_project

Waveform = NDArray[np.float32]

_PAUSE = 8_000  # samples: half a second
_CUT = 800
_FAINT, _LOUD, _RUMBLE = 1e-4, 3e-3, 2e-3  # root of the mean square, full scale is 1


def main() -> None:
    arguments = parse()
    project = find_project(lang=arguments.lang, model=arguments.model)
    model = load_acoustic_model(project.model)
    normalize = make_normalizer(open_profile(project))
    clips = [
        (row.load(), normalize(row.text)) for row in open_corpus(project).rows(arguments.split)
    ]
    lm = find_lm(project, arguments.lm)
    decoder = lm and open_decoder(model.vocabulary, lm=lm, options=search_options(lm))
    print("| heard | WER %, best path | WER %, n-gram |\n|---|---:|---:|")
    for name, n_joined, change in list_ways():
        greedy: list[ErrorCounts] = []
        searched: list[ErrorCounts] = []
        for start in range(0, len(clips) - n_joined + 1, n_joined):
            group = clips[start : start + n_joined]
            sound = np.concatenate([change(waveform) for waveform, _ in group])
            reference = " ".join(text for _, text in group)
            emissions = compute_emissions(model, sound.astype(np.float32))
            greedy.append(
                count_word_errors(reference, decode_greedy(emissions, model.vocabulary).text)
            )
            if decoder:
                searched.append(count_word_errors(reference, decoder.decode(emissions).text))
        print(f"| {name} | {show(greedy)} | {show(searched)} |", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--split", default="test")
    return parser.parse_args()


def list_ways() -> list[tuple[str, int, Callable[[Waveform], Waveform]]]:
    """Names, how many clips make one recording, and what is done to each of them."""
    random = np.random.default_rng(0)
    hiss = random.standard_normal(_PAUSE)
    rumble = np.cumsum(random.standard_normal(_PAUSE))
    rumble -= np.linspace(rumble[0], rumble[-1], _PAUSE)
    rumble *= _RUMBLE / rumble.std()
    around = {"faint hiss": _FAINT * hiss, "loud hiss": _LOUD * hiss, "rumble": rumble}
    return [
        ("as they are", 1, lambda clip: clip),
        *((f"{name} around", 1, surround(quiet)) for name, quiet in around.items()),
        ("50 ms cut off at both ends", 1, lambda clip: clip[_CUT:-_CUT]),
        ("three, 0.5 s pauses", 3, lambda clip: np.concatenate([clip, _FAINT * hiss])),
        (
            "three, 0.2 s pauses",
            3,
            lambda clip: np.concatenate([clip, _FAINT * hiss[: 2 * _PAUSE // 5]]),
        ),
    ]


def surround(quiet: NDArray[np.float64]) -> Callable[[Waveform], Waveform]:
    return lambda clip: np.concatenate([quiet, clip, quiet])


def show(counts: list[ErrorCounts]) -> str:
    return f"{100 * (pool_counts(counts).rate or 0):.1f}" if counts else "-"


if __name__ == "__main__":
    main()
