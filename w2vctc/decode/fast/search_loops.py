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
    ENDED,
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
    WHOLE,
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
    merge_mask = small_mask(2 * arena.counts[N_BEAMS])
    n_candidates = 0
    if has_label(arena.active, n_active, rules.numbers[SPACE]):
        end_words(rules, arena)
    for k in range(n_active):
        label = int64(arena.active[k])
        arena.counts[STAMP] += 1  # readings with different last labels never merge
        for b in range(arena.counts[N_BEAMS]):
            beam = arena.beams[b]
            text, part, start, end, whole = continue_beam(rules, arena, beam, label, t)
            if text < 0:
                continue
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
            candidate[WHOLE] = whole
    return n_candidates


@compiled_inside
def continue_beam(rules: Rules, arena: Arena, beam: Array, label: Int, t: Int) -> Any:
    """Text, part, its frames and its whole word after one more label; text -1 where none may be."""
    text, part, whole = int64(beam[TEXT]), int64(beam[PART]), int64(beam[WHOLE])
    start, end = int64(beam[START]), int64(beam[END])
    if label == rules.numbers[BLANK]:
        return text, part, start, end, whole
    if beam[LAST] == label:
        return text, part, start, t + 1, whole
    if label == rules.numbers[SPACE]:
        if part == 0:
            return text, part, int64(-1), int64(-1), whole
        return (whole if whole else int64(-1)), int64(0), start, end, int64(ENDED)
    part = extend_part(rules, arena, part, label)
    if rules.numbers[CLOSED] and not arena.parts[part, ALLOWED] & BEGINS_WORD:
        text = int64(-1)
    return text, part, (t if start < 0 else start), t + 1, int64(0)


@compiled_inside
def has_label(active: Array, n_active: Int, label: Int) -> Any:
    """Whether a label is worth a try."""
    found = False
    for k in range(n_active):
        found = found or active[k] == label
    return found


@compiled_inside
def end_words(rules: Rules, arena: Arena) -> None:
    """Notes with each beam which text it would be if its open word ended here, where one may.

    A beam that waits through blanks is asked once: the hash table of texts lies far from the
    processor.
    """
    for b in range(arena.counts[N_BEAMS]):
        beam = arena.beams[b]
        part = int64(beam[PART])
        if part != 0 and beam[WHOLE] == 0 and arena.parts[part, ALLOWED] & IS_WORD:
            beam[WHOLE] = end_word(rules, arena, int64(beam[TEXT]), part)


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
        for column in range(WHOLE + 1):
            beams[b, column] = candidates[row, column]
        if beams[b, WHOLE] == ENDED:
            spans[n_spans, PARENT] = beams[b, SPANS]
            spans[n_spans, SPAN_START], spans[n_spans, SPAN_END] = beams[b, START], beams[b, END]
            beams[b, SPANS], beams[b, START], beams[b, END], beams[b, WHOLE] = n_spans, -1, -1, 0
            n_spans += 1
        arena.beam_logits[b] = arena.candidate_logits[row]
    arena.counts[N_SPANS] = n_spans
    arena.counts[N_BEAMS] = n_kept
