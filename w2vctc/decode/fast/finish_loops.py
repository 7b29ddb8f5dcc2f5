"""The end of the search in compiled code: finished readings, and what was found spelled out."""

from typing import Any

from w2vctc.decode.fast.arena import (
    ALLOWED,
    BEAM_WIDTH,
    EMPTY_WORD,
    END,
    HAS_LM,
    HOT_WEIGHT,
    IS_WORD,
    LAST_PART,
    N_BEAMS,
    N_HOT,
    N_SPANS,
    PARENT,
    PART,
    PRUNE_LOGP,
    SIGN,
    SPAN_END,
    SPAN_START,
    SPANS,
    STAMP,
    START,
    TEXT,
    Arena,
    Rules,
)
from w2vctc.decode.fast.score_loops import add_logs, end_word, score_sentence
from w2vctc.decode.fast.slot_loops import find_merged
from w2vctc.decode.fast.sort_loops import keep_best
from w2vctc.lm.compiled import Array, Int, compiled, compiled_inside, int64


@compiled
def finish_search(rules: Rules, arena: Arena, states: Array, lengths: Array) -> Int:
    """Ends the words still open and the sentence; the readings are then candidates.

    `arena.order` holds the rows of the best candidates, best first; their number is returned.
    The language model's state after each candidate is written to `states` and `lengths`, which
    have room for one row more than there are beams.
    """
    n = int64(0)
    arena.counts[STAMP] += 1
    mask = len(arena.merge_slots) - 1
    none_ends = not any_ends(arena)
    for b in range(arena.counts[N_BEAMS]):
        text, part = int64(arena.beams[b, TEXT]), int64(arena.beams[b, PART])
        if part != 0 and not arena.parts[part, ALLOWED] & IS_WORD:
            if not none_ends:
                continue
            part = int64(0)
        whole = text
        if part != 0:
            whole = end_word(rules, arena, text, part)
        logit = arena.beam_logits[b]
        new = find_merged(arena, mask, whole, 0, n)
        if new < n:
            logit = add_logs(arena.candidate_logits[new], logit)
        else:
            n += 1
        arena.candidate_logits[new] = logit
        arena.candidates[new, TEXT] = whole
        arena.candidates[new, SPANS] = end_span(arena, b) if part != 0 else arena.beams[b, SPANS]
        score = rules.weights[HOT_WEIGHT] * arena.texts[whole, N_HOT]
        if rules.numbers[HAS_LM]:
            lm_score, lengths[new] = score_sentence(
                rules,
                arena,
                text,
                whole,
                rules.numbers[EMPTY_WORD] != 0,
                states[new],
                states[len(states) - 1],
            )
            score = lm_score + score
        arena.candidate_scores[new] = score
    for row in range(n):
        arena.candidate_scores[row] += arena.candidate_logits[row]
    return keep_best(
        arena.candidate_scores,
        n,
        rules.numbers[BEAM_WIDTH],
        rules.weights[PRUNE_LOGP],
        arena.order,
        arena.spare,
    )


@compiled_inside
def any_ends(arena: Arena) -> Any:
    """Whether any beam ends with a word of the vocabulary; where none does, all lose their last."""
    for b in range(arena.counts[N_BEAMS]):
        part = arena.beams[b, PART]
        if part == 0 or arena.parts[part, ALLOWED] & IS_WORD:
            return True
    return False


@compiled_inside
def end_span(arena: Arena, beam: Int) -> Int:
    """A beam's spans with those of the word that is still open."""
    span = arena.counts[N_SPANS]
    arena.counts[N_SPANS] += 1
    arena.spans[span, PARENT] = arena.beams[beam, SPANS]
    arena.spans[span, SPAN_START] = arena.beams[beam, START]
    arena.spans[span, SPAN_END] = arena.beams[beam, END]
    return span


@compiled
def spell_text(code_points: Array, parts: Array, texts: Array, text: Int, spelled: Array) -> None:
    """Writes the code points of a text into `spelled`, which is as long and full of spaces."""
    place = len(spelled)
    while text != 0:
        part = int64(texts[text, LAST_PART])
        while part != 0:
            place -= 1
            spelled[place] = code_points[parts[part, SIGN]]
            part = int64(parts[part, PARENT])
        place -= 1
        text = int64(texts[text, PARENT])


@compiled
def list_spans(spans: Array, last: Int, listed: Array) -> None:
    """Writes start and end frames of a text's words into `listed`, (n_words, 2)."""
    row = len(listed)
    while last != 0:
        row -= 1
        listed[row, 0], listed[row, 1] = spans[last, SPAN_START], spans[last, SPAN_END]
        last = int64(spans[last, PARENT])
