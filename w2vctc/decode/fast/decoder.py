"""The decoder that runs the compiled search: the same answers as `decode.beam`, much sooner."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vctc.decode.alphabet import decoder_labels
from w2vctc.decode.emissions_check import check_emissions
from w2vctc.decode.fast.arena import (
    HAS_LM,
    HOT,
    N_BEAMS,
    N_CONTEXT,
    N_SIGNS,
    N_STATE,
    N_WORDS,
    SPANS,
    SPELL_START,
    SPELLED,
    TEXT,
    Arena,
    Rules,
    grow_arena,
    make_arena,
)
from w2vctc.decode.fast.rules import build_rules, weigh_options
from w2vctc.decode.fit import fit_warnings
from w2vctc.decode.hypothesis import Hypothesis, place_word
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.spelling import SpellingModel, load_spelling
from w2vctc.lm.table import NgramTable, load_table
from w2vctc.vocab import Vocabulary

# pyctcdecode's least probability: lower ones are taken for this.
_LEAST_LOGP = np.float32(np.log(1e-15))


class NgramState(NamedTuple):
    """Where a sentence stands in the n-gram: its last words and the n-grams that they are."""

    words: tuple[int, ...]
    nodes: tuple[int, ...]


class FastDecoder:
    """A decoder for one vocabulary and one language model; made by `build_fast_decoder`.

    Several threads may decode at once; the search runs without the interpreter's lock. Not while
    `set_weights` is called.
    """

    engine = "fast"

    def __init__(
        self, rules: Rules, vocabulary: Vocabulary, options: DecodingOptions, start: NgramState
    ) -> None:
        self.vocabulary = vocabulary
        self.options = options
        self.warnings: tuple[str, ...] = ()
        self._rules = rules
        self._start = start

    def decode(
        self, emissions: npt.NDArray[Any], *, start_state: NgramState | None = None
    ) -> Hypothesis:
        """The best hypothesis; for zero frames the empty one.

        emissions: log-probabilities (n_frames, n_labels). `start_state` is the `state` of the
        hypothesis that goes on here, else a sentence begins. Raises ModelError
        (`check_emissions`).
        """
        return self.decode_nbest(emissions, 1, start_state=start_state)[0]

    def decode_nbest(
        self, emissions: npt.NDArray[Any], n: int, *, start_state: NgramState | None = None
    ) -> tuple[Hypothesis, ...]:
        """Up to `n` hypotheses of different text, best first; fewer when the beam holds fewer.

        Raises UsageError when n < 1, ModelError (`check_emissions`).
        """
        if n < 1:
            raise UsageError(f"n = {n}: no hypothesis asked for", hint="ask for 1 or more")
        checked = check_emissions(emissions, n_labels=len(self.vocabulary.labels))
        start = start_state or self._start
        if len(checked) == 0:
            return (Hypothesis("", state=start if self._rules.numbers[HAS_LM] else None),)
        arena = self._search(_normalize(checked), start)
        return self._results(arena, n)

    def set_weights(self, *, alpha: float, beta: float) -> None:
        """Other weights for the same language model, which stays loaded.

        Raises UsageError for weights that are not finite or an alpha below 0.
        """
        values = {**vars(self.options), "alpha": float(alpha), "beta": float(beta)}
        self.options = DecodingOptions(**values)
        self._rules = self._rules._replace(weights=weigh_options(self.options))

    def _search(self, emissions: npt.NDArray[np.float32], start: NgramState) -> Arena:
        from w2vctc.decode.fast.search_loops import search_frames

        rules = self._rules
        n_state = int(rules.numbers[N_STATE])
        arena = make_arena(
            n_labels=emissions.shape[1], n_signs=rules.hot_child.shape[1], n_state=n_state
        )
        arena.parts[0, HOT] = 0 if len(rules.hot_words) > 1 else -1
        arena.parts[0, SPELLED] = rules.numbers[SPELL_START]
        arena.texts[0, N_CONTEXT] = len(start.words)
        arena.states[0, : len(start.words)] = start.words
        arena.states[0, n_state : n_state + len(start.nodes)] = start.nodes
        frame = 0
        while (frame := search_frames(rules, arena, emissions, frame)) < len(emissions):
            arena = grow_arena(arena, rules)
        return arena

    def _results(self, arena: Arena, n: int) -> tuple[Hypothesis, ...]:
        from w2vctc.decode.fast.finish_loops import finish_search

        n_rows = int(arena.counts[N_BEAMS]) + 1
        states = np.zeros((n_rows, arena.states.shape[1]), np.int32)
        lengths = np.zeros(n_rows, np.int32)
        n_found = finish_search(self._rules, arena, states, lengths)
        return tuple(
            self._hypothesis(arena, row, self._state(states[row], int(lengths[row])))
            for row in arena.order[: min(n, n_found)].tolist()
        )

    def _state(self, row: npt.NDArray[np.int32], length: int) -> NgramState | None:
        if not self._rules.numbers[HAS_LM]:
            return None
        words, nodes = row.reshape(2, -1)[:, :length].tolist()
        return NgramState(tuple(words), tuple(nodes))

    def _hypothesis(self, arena: Arena, row: int, state: NgramState | None) -> Hypothesis:
        from w2vctc.decode.fast.finish_loops import list_spans, spell_text

        last, spans = (int(arena.candidates[row, column]) for column in (TEXT, SPANS))
        n_words, n_signs = arena.texts[last, [N_WORDS, N_SIGNS]].tolist()
        spelled = np.full(n_signs + max(n_words - 1, 0), ord(" "), np.int32)
        spell_text(self._rules.code_points, arena.parts, arena.texts, last, spelled)
        text = spelled.tobytes().decode("utf-32-le")
        frames = np.zeros((n_words, 2), np.int32)
        list_spans(arena.spans, spans, frames)
        words = zip(text.split(" ") if n_words else [], frames.tolist(), strict=True)
        score = float(arena.candidate_scores[row])
        acoustic_score = float(arena.candidate_logits[row])
        return Hypothesis(
            text=text,
            words=tuple(place_word(word, *span) for word, span in words),
            score=score,
            acoustic_score=acoustic_score,
            lm_score=score - acoustic_score,
            state=state,
        )


def build_fast_decoder(
    vocabulary: Vocabulary,
    *,
    lm: LanguageModelFiles | None = None,
    options: DecodingOptions | None = None,
    on_news: Callable[[str], None] | None = None,
) -> FastDecoder:
    """A decoder ready to use; without `lm` it sums the paths of each text and nothing else.

    `on_news` hears what takes a while the first time. Raises ModelError (E_VOCAB, E_LM) when
    vocabulary or language model cannot be used or do not fit each other, UsageError for options
    that need a language model where there is none.
    """
    options = options or DecodingOptions()
    labels = decoder_labels(vocabulary)
    warm(on_news=on_news)
    table = None if lm is None else load_table(lm.ngram, on_news=on_news)
    unigrams = None if lm is None else lm.unigrams
    spelling = _load_spelling(lm, options.oov_order) if options.oov_order else None
    rules = build_rules(labels, options=options, table=table, unigrams=unigrams, spelling=spelling)
    decoder = FastDecoder(rules, vocabulary, options, _start_state(table))
    if lm is not None:
        decoder.warnings = tuple(fit_warnings(lm, vocabulary))
    return decoder


def _load_spelling(lm: LanguageModelFiles | None, order: int) -> SpellingModel:
    if lm is None:
        raise UsageError(
            "an n-gram of letters (oov_order) without a language model",
            hint="it learns from the words of a language model: give one with --lm",
        )
    return load_spelling(lm.unigrams or (), order=order)


def _start_state(table: NgramTable | None) -> NgramState:
    """A sentence's beginning."""
    if table is None or table.order < 2:
        return NgramState((), ())
    return NgramState((table.start_id,), (table.start_id,))


def _normalize(emissions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Log-probabilities that sum to one in each frame, none below the least."""
    shifted = emissions - emissions.max(axis=1, keepdims=True)
    total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    normalized: npt.NDArray[np.float32] = np.clip(shifted - total, _LEAST_LOGP, np.float32(0))
    return normalized


def warm(*, on_news: Callable[[str], None] | None = None) -> None:
    """Compiles everything that is not compiled yet; `on_news` hears of it before."""
    from w2vctc.lm.compiled import is_compiled, mark_compiled

    if is_compiled():
        return
    if on_news is not None:
        on_news("compiling the decoder, once for this machine: less than a minute")
    from w2vctc.decode.fast.rehearsal import rehearse

    rehearse()
    mark_compiled()
