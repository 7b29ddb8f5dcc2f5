"""The arrays that the compiled search works in: what is known before, and what grows meanwhile.

Few arrays with many columns: each array that a compiled function is handed costs a little at every
call and much while it is compiled.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Whole numbers of the rules, and fractions.
BLANK, SPACE, LONGEST_LABEL, BEAM_WIDTH, HAS_LM, HAS_KNOWN, N_STATE, END_ID = range(8)
EMPTY_WORD, CLOSED, SPELLS, SPELL_START = range(8, 12)
PRUNE_LOGP, MIN_LOGP, ALPHA, BETA, UNK_OFFSET, HOT_WEIGHT, OOV_WEIGHT = range(7)


class Rules(NamedTuple):
    """What does not change during an utterance.

    Labels are logits. A word part is spelled in signs: the code points of all labels, numbered;
    `label_signs[label_starts[c]:label_starts[c + 1]]` spells the label c, and `code_points` says
    which they are. The n-gram is `lm.table.NgramTable`'s arrays.

    numbers, values: see the names above; SPACE is -1 where no label divides words, HAS_KNOWN
    whether any word counts as known, EMPTY_WORD whether an empty last word is scored, CLOSED
    whether known words and hotwords are the only ones, SPELLS whether unknown words are scored by
    their spelling, SPELL_START where they begin in it.
    known: per node of the trie of words, 1 where a known word begins so, 2 where one ends.
    hot_child: (n, n_signs) trie of the hotwords, 0 where there is no child; hot_words: (n, 2)
    letters of the word that a part is compared with, and whether a hotword ends there.
    spell_keys, spell_values, spell_log10, spell_shorter: `lm.spelling.SpellingModel`'s arrays.
    """

    numbers: Array
    weights: Array
    label_starts: Array
    label_signs: Array
    code_points: Array
    keys: Array
    values: Array
    log10_prob: Array
    log10_backoff: Array
    letter_keys: Array
    letter_values: Array
    word_of: Array
    known: Array
    hot_child: Array
    hot_words: Array
    spell_keys: Array
    spell_values: Array
    spell_log10: Array
    spell_shorter: Array


N_PARTS, N_TEXTS, N_SPANS, N_BEAMS, STAMP = range(5)
"""What `Arena.counts` counts."""

# Columns.
PARENT, SIGN, LENGTH, NODE, HOT, WORD, IS_KNOWN, ALLOWED, SPELLED = range(9)  # of parts
BEGINS_WORD, IS_WORD = 1, 2  # what ALLOWED says of a part, added up
LAST_PART, N_WORDS, N_HOT, N_CONTEXT, N_SIGNS = range(1, 6)  # of texts, after PARENT
LOG10, SCORE = range(2)  # of text_scores
SPAN_START, SPAN_END = range(1, 3)  # of spans, after PARENT
TEXT, PART, LAST, SPANS, START, END, WHOLE = range(7)  # of beams and candidates
ENDED = -1  # as a candidate's WHOLE: its frames are those of the word that ended with it


class Arena(NamedTuple):
    """What one utterance's search has found so far. Rows are added, never taken away.

    A part is the beginning of a word, a text is a series of whole words, each once only, so that
    equal numbers are equal strings; number 0 is the empty one. `part_spellings` has the log10
    probability of a part's letters. `child` has the part that a part
    and one more sign make, `text_slots` in the same way the texts by hash: key, text. A state is
    the last words and the n-grams that they are. A span is a word's frames in front of a list of
    spans; number 0 is the empty list. Beams and candidates are readings of the frames so far: a
    text, a part, the last label, the spans of the text, the frames of the part, and the text that
    the part would make as a whole word, 0 where nobody has asked yet.
    """

    counts: Array
    active: Array
    child: Array
    parts: Array
    part_scores: Array
    part_spellings: Array
    texts: Array
    text_scores: Array
    states: Array
    text_slots: Array
    spans: Array
    beams: Array
    beam_logits: Array
    candidates: Array
    candidate_logits: Array
    candidate_scores: Array
    order: Array
    spare: Array
    merge_slots: Array


# Enough for most utterances; memory that is not written to costs nothing.
_FEW = {"part": 1 << 13, "text": 1 << 12, "span": 1 << 11, "beam": 1 << 12}
_ROOMS = {
    "part": ("parts", "part_scores", "part_spellings", "child"),
    "text": ("texts", "text_scores", "states"),
    "span": ("spans",),
    "beam": (
        *("beams", "beam_logits", "candidates"),
        *("candidate_logits", "candidate_scores", "order", "spare"),
    ),
}


def make_arena(*, n_labels: int, n_signs: int, n_state: int) -> Arena:
    """An arena for a short utterance, with the empty part, the empty text and one empty beam."""
    arena = Arena(
        counts=np.array([1, 1, 1, 1, 0], np.int64),
        active=np.zeros(n_labels, np.int32),
        child=np.zeros((_FEW["part"], n_signs), np.int32),
        parts=np.zeros((_FEW["part"], 9), np.int32),
        part_scores=np.zeros(_FEW["part"], np.float64),
        part_spellings=np.zeros(_FEW["part"], np.float64),
        texts=np.zeros((_FEW["text"], 6), np.int32),
        text_scores=np.zeros((_FEW["text"], 2), np.float64),
        states=np.zeros((_FEW["text"], 2 * n_state), np.int32),
        text_slots=np.zeros((2 * _FEW["text"], 2), np.int64),
        spans=np.zeros((_FEW["span"], 3), np.int32),
        beams=np.zeros((_FEW["beam"], 7), np.int32),
        beam_logits=np.zeros(_FEW["beam"], np.float64),
        candidates=np.zeros((_FEW["beam"], 7), np.int32),
        candidate_logits=np.zeros(_FEW["beam"], np.float64),
        candidate_scores=np.zeros(_FEW["beam"], np.float64),
        order=np.zeros(_FEW["beam"], np.int32),
        spare=np.zeros(_FEW["beam"], np.float64),
        merge_slots=np.zeros((2 * _FEW["beam"], 2), np.int64),
    )
    arena.beams[0] = 0, 0, -1, 0, -1, -1, 0
    return arena


def grow_arena(arena: Arena, rules: Rules) -> Arena:
    """The arena with room for whatever one more frame may add, were every label likely in it."""
    n_beams = int(arena.counts[N_BEAMS])
    n_new = n_beams * len(arena.active)
    n_whole = 2 * min(n_new, int(rules.numbers[BEAM_WIDTH])) + n_beams
    wanted = {
        "part": int(arena.counts[N_PARTS]) + n_new * int(rules.numbers[LONGEST_LABEL]),
        "text": int(arena.counts[N_TEXTS]) + n_whole,
        "span": int(arena.counts[N_SPANS]) + n_whole,
        "beam": n_new,
    }
    changed: dict[str, Array] = {}
    for room, names in _ROOMS.items():
        if wanted[room] > len(getattr(arena, names[0])):
            size = 1 << (wanted[room] - 1).bit_length()
            changed.update({name: _lengthen(getattr(arena, name), size) for name in names})
            changed.update(_matching_slots(arena, room, size))
    return arena._replace(**changed)


def _lengthen(array: Array, n_rows: int) -> Array:
    longer = np.zeros((n_rows, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _matching_slots(arena: Arena, room: str, size: int) -> dict[str, Array]:
    """The hash table that goes with the arrays of a room, twice as long as those."""
    from w2vctc.decode.fast.slot_loops import enter_texts

    if room == "text":
        slots = np.zeros((2 * size, 2), np.int64)
        enter_texts(slots, arena.texts, int(arena.counts[N_TEXTS]))
        return {"text_slots": slots}
    return {"merge_slots": np.zeros((2 * size, 2), np.int64)} if room == "beam" else {}
