"""The beam search itself, frame by frame, in compiled code: pyctcdecode's `decode_beams`.

Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
Recurrent DNNs" (arXiv 1408.2873), with pyctcdecode's pruning and its score of unfinished words.
"""

from typing import Any

from w2vctc.decode.fast.arena import (
    ALLOWED,
    BEAM_WIDTH,
    BEGINS_WORD,
    BLANK,
    CLOSED,
    END,
    HAS_LM,
    HOT_WEIGHT,
    IS_WORD,
    LAST,
    LONGEST_LABEL,
    MIN_LOGP,
    N_BEAMS,
    N_HOT,
    N_PARTS,
    N_SPANS,
    N_TEXTS,
    PARENT,
    PART,
    PRUNE_LOGP,
    SCORE,
    SPACE,
    SPAN_END,
    SPAN_START,
    SPANS,
    STAMP,
    START,
    TEXT,
    WORD_END,
    WORD_START,
    Arena,
    Rules,
)
from w2vctc.decode.fast.score_loops import add_logs, end_word, extend_part
from w2vctc.decode.fast.slot_loops import find_merged, small_mask
from w2vctc.decode.fast.sort_loops import keep_best
from w2vctc.lm.compiled import (
    Array,
    Int,
    Real,
    compiled,
    compiled_inside,
    float32,
    float64,
    int64,
)


@compiled
def search_frames(rules: Rules, arena: Arena, emissions: Array, frame: Int) -> Int:
    """Takes the beams through the frames from `frame` on; the first frame not yet done.

    That is the number of frames, or less where the arena's room may not do for the next one.
    """
    # A word that a closed vocabulary lacks may be all that a frame's likely labels could spell:
    # the blank is a way on for every reading.
    always = rules.numbers[BLANK] if rules.numbers[CLOSED] else int64(-1)
    for t in range(frame, len(emissions)):
        n_active = pick_labels(emissions[t], rules.weights[MIN_LOGP], always, arena.active)
        if not has_room(rules, arena, n_active):
            return t
        n_candidates = expand_beams(rules, arena, emissions[t], t, n_active)
        score_candidates(rules, arena, n_candidates)
        keep_candidates(rules, arena, n_candidates)
    return len(emissions)


@compiled_inside
def pick_labels(row: Array, min_logp: Real, always: Int, active: Array) -> Int:
    """Writes the labels worth a try into `active`: likely ones, the best, and `always`."""
    best = 0
    for label in range(1, len(row)):
        if row[label] > row[best]:
            best = label
    least = float32(min_logp)
    n_active = 0
    for label in range(len(row)):
        if row[label] >= least or label in (best, always):
            active[n_active] = label
            n_active += 1
    return n_active


@compiled_inside
def has_room(rules: Rules, arena: Arena, n_active: Int) -> Any:
    """Whether whatever one frame may add fits, the end of the utterance included."""
    n_beams = arena.counts[N_BEAMS]
    n_new = n_beams * n_active
    n_whole = 2 * min(n_new, rules.numbers[BEAM_WIDTH]) + n_beams
    n_parts = arena.counts[N_PARTS] + n_new * rules.numbers[LONGEST_LABEL]
    return (
        n_parts <= len(arena.parts)
        and arena.counts[N_TEXTS] + n_whole <= len(arena.texts)
        and arena.counts[N_SPANS] + n_whole <= len(arena.spans)
        and n_new <= len(arena.candidates)
    )


@compiled_inside
def expand_beams(rules: Rules, arena: Arena, row: Array, t: Int, n_active: Int) -> Int:
    """Every beam continued by every label worth a try, equal readings merged; how many they are."""
    blank, space, closed = rules.numbers[BLANK], rules.numbers[SPACE], rules.numbers[CLOSED] != 0
    merge_mask = small_mask(2 * arena.counts[N_BEAMS])
    n_candidates = 0
    for k in range(n_active):
        label = int64(arena.active[k])
        arena.counts[STAMP] += 1  # readings with different last labels never merge
        for b in range(arena.counts[N_BEAMS]):
            beam = arena.beams[b]
            text, part = int64(beam[TEXT]), int64(beam[PART])
            start, end = int64(beam[START]), int64(beam[END])
            word_start, word_end = int64(-1), int64(-1)
            if label == blank:
                pass
            elif beam[LAST] == label:
                end = t + 1
            elif label == space:
                if part != 0:
                    if closed and not arena.parts[part, ALLOWED] & IS_WORD:
                        continue
                    text, part = end_word(rules, arena, text, part), int64(0)
                    word_start, word_end = start, end
                start, end = int64(-1), int64(-1)
            else:
                part = extend_part(rules, arena, part, label)
                if closed and not arena.parts[part, ALLOWED] & BEGINS_WORD:
                    continue
                start = t if start < 0 else start
                end = t + 1
            logit = arena.beam_logits[b] + float64(row[label])
            new = find_merged(arena, merge_mask, text, part, n_candidates)
            candidate = arena.candidates[new]
            if new < n_candidates:
                logit = add_logs(arena.candidate_logits[new], logit)
            else:
                n_candidates += 1
                candidate[TEXT], candidate[PART], candidate[LAST] = text, part, label
            arena.candidate_logits[new] = logit
            # Of readings that are one now, the last has its frames kept.
            candidate[SPANS], candidate[START], candidate[END] = beam[SPANS], start, end
            candidate[WORD_START], candidate[WORD_END] = word_start, word_end
    return n_candidates


@compiled_inside
def score_candidates(rules: Rules, arena: Arena, n: Int) -> None:
    """Sound, language model and hotwords of each candidate, with its unfinished word."""
    hot_weight = rules.weights[HOT_WEIGHT]
    for row in range(n):
        text, part = arena.candidates[row, TEXT], arena.candidates[row, PART]
        logit, hot = arena.candidate_logits[row], hot_weight * arena.texts[text, N_HOT]
        if rules.numbers[HAS_LM]:
            score = arena.text_scores[text, SCORE] + hot + arena.part_scores[part]
            arena.candidate_scores[row] = logit + score
        else:
            arena.candidate_scores[row] = logit + hot + arena.part_scores[part]


@compiled_inside
def keep_candidates(rules: Rules, arena: Arena, n: Int) -> None:
    """Makes the best candidates the beams of the next frame."""
    candidates, beams, order, spans = arena.candidates, arena.beams, arena.order, arena.spans
    n_spans = arena.counts[N_SPANS]
    n_kept = keep_best(
        arena.candidate_scores,
        n,
        rules.numbers[BEAM_WIDTH],
        rules.weights[PRUNE_LOGP],
        order,
        arena.spare,
    )
    for b in range(n_kept):
        row = order[b]
        for column in range(END + 1):
            beams[b, column] = candidates[row, column]
        if candidates[row, WORD_START] >= 0:
            spans[n_spans, PARENT] = candidates[row, SPANS]
            spans[n_spans, SPAN_START] = candidates[row, WORD_START]
            spans[n_spans, SPAN_END] = candidates[row, WORD_END]
            beams[b, SPANS] = n_spans
            n_spans += 1
        arena.beam_logits[b] = arena.candidate_logits[row]
    arena.counts[N_SPANS] = n_spans
    arena.counts[N_BEAMS] = n_kept
