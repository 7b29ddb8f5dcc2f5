"""The rules of a search put together from labels, options and a language model."""

from collections.abc import Collection, Sequence

import numpy as np

from w2vctc.decode.fast.arena import (
    ALPHA,
    BEAM_WIDTH,
    BETA,
    BLANK,
    CLOSED,
    EMPTY_WORD,
    END_ID,
    HAS_KNOWN,
    HAS_LM,
    HOT_WEIGHT,
    LONGEST_LABEL,
    MIN_LOGP,
    N_STATE,
    OOV_WEIGHT,
    PRUNE_LOGP,
    SPACE,
    SPELL_START,
    SPELLS,
    UNK_OFFSET,
    Array,
    Rules,
)
from w2vctc.decode.fast.hotwords import build_hot_trie
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import ModelError, UsageError
from w2vctc.lm.spelling import SpellingModel
from w2vctc.lm.table import NgramTable, encode_words

_NONE = -1
_NGRAM_ARRAYS: dict[str, type[np.generic]] = {
    "keys": np.int64,
    "values": np.int32,
    "log10_prob": np.float32,
    "log10_backoff": np.float32,
    "letter_keys": np.int64,
    "letter_values": np.int32,
    "word_of": np.int32,
}


def build_rules(
    labels: Sequence[str],
    *,
    options: DecodingOptions,
    table: NgramTable | None,
    unigrams: Collection[str] | None,
    spelling: SpellingModel | None = None,
) -> Rules:
    """The rules for decoder labels ("" for the blank, a space for the delimiter).

    spelling: what unknown words are scored by, besides the options' offset.

    Raises ModelError E_VOCAB for a label with a space among other characters, or without a blank,
    E_LM for a closed vocabulary without words; UsageError for one without language model.
    """
    _check_labels(labels)
    closed = options.vocabulary == "closed"
    signs: dict[str, int] = {}
    spelled = [[signs.setdefault(sign, len(signs)) for sign in label] for label in labels]
    hot = build_hot_trie(options.hotwords, signs)
    if closed:
        # Words that the labels cannot spell would be ways that lead nowhere.
        unigrams = [word for word in unigrams or () if signs.keys() >= set(word)]
    known, has_known = _mark_known(table, unigrams)
    if closed:
        _check_closed(table, has_known)
    numbers = {
        BLANK: labels.index(""),
        SPACE: labels.index(" ") if " " in labels else _NONE,
        LONGEST_LABEL: max(map(len, spelled)),
        BEAM_WIDTH: options.beam_width,
        HAS_LM: table is not None,
        HAS_KNOWN: has_known,
        N_STATE: table.order - 1 if table else 0,
        END_ID: table.end_id if table else 0,
        EMPTY_WORD: options.score_empty_word,
        CLOSED: closed,
        SPELLS: spelling is not None and table is not None,
        SPELL_START: spelling.start if spelling else 0,
    }
    return Rules(
        numbers=np.array([int(numbers[index]) for index in range(len(numbers))], np.int64),
        weights=weigh_options(options),
        label_starts=np.cumsum([0, *map(len, spelled)]).astype(np.int32),
        label_signs=np.array([sign for label in spelled for sign in label], np.int32),
        code_points=np.array([ord(sign) for sign in signs], np.int32),
        **_ngram_arrays(table),
        known=known,
        hot_child=hot.child,
        hot_words=hot.words,
        **_spelling_arrays(spelling),
    )


def weigh_options(options: DecodingOptions) -> Array:
    """What the rules hold of the options as fractions."""
    weights = {
        PRUNE_LOGP: options.beam_prune_logp,
        MIN_LOGP: options.token_min_logp,
        ALPHA: options.alpha,
        BETA: options.beta,
        UNK_OFFSET: options.unk_score_offset,
        HOT_WEIGHT: options.hotword_weight,
        OOV_WEIGHT: options.oov_weight,
    }
    return np.array([weights[index] for index in range(len(weights))], np.float64)


def _check_labels(labels: Sequence[str]) -> None:
    if "" not in labels:
        raise ModelError(
            "the vocabulary has no blank",
            hint="vocab.json needs exactly one blank (the pad token)",
            code="E_VOCAB",
        )
    for label in labels:
        if label != " " and any(sign.isspace() for sign in label):
            raise ModelError(
                f"the label {label!r} holds a space, which divides words",
                hint="decode with --engine pyctcdecode, or build the vocabulary anew",
                code="E_VOCAB",
            )


def _check_closed(table: NgramTable | None, has_known: bool) -> None:
    if table is None:
        raise UsageError(
            "a closed vocabulary without a language model",
            hint="its words are those of a language model: give one with --lm",
        )
    if not has_known:
        raise ModelError(
            "a closed vocabulary needs words, and the language model knows none that the labels"
            " can spell",
            hint="decode with --vocabulary open, or build the language model again with train-lm",
            code="E_LM",
        )


def _ngram_arrays(table: NgramTable | None) -> dict[str, Array]:
    if table is not None:
        return {name: getattr(table, name) for name in _NGRAM_ARRAYS}
    # Read-only, as the arrays of a table are: compiled code knows the two kinds apart.
    arrays = {name: np.zeros(1, dtype) for name, dtype in _NGRAM_ARRAYS.items()}
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def _spelling_arrays(spelling: SpellingModel | None) -> dict[str, Array]:
    return {
        "spell_keys": spelling.keys if spelling else np.full(1, _NONE, np.int64),
        "spell_values": spelling.values if spelling else np.zeros(1, np.int32),
        "spell_log10": spelling.log10 if spelling else np.zeros((1, 2), np.float32),
        "spell_shorter": spelling.shorter if spelling else np.zeros(1, np.int32),
    }


def _mark_known(table: NgramTable | None, unigrams: Collection[str] | None) -> tuple[Array, bool]:
    """The marks of the words that count as known, and whether there is any such word."""
    if table is None:
        return np.zeros(1, np.uint8), False
    from w2vctc.lm.table_loops import mark_words

    known = np.where(table.word_of > 0, 4, 0).astype(np.uint8)
    if not unigrams:
        return known, False
    letters, ends = encode_words(sorted(set(unigrams)))
    n_found = mark_words(table.letter_keys, table.letter_values, letters, ends, known)
    return known, n_found > 0
