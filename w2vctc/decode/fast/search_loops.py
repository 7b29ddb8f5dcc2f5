"""The beam search itself, frame by frame, in compiled code: pyctcdecode's `decode_beams`.

Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional
Recurrent DNNs" (arXiv 1408.2873), with pyctcdecode's pruning and its score of unfinished words.

Arrays are given names outside of the loops: compiled code counts who holds an array, and each look
into a tuple of arrays counts anew.
"""

# ruff: noqa: PLR0917 - compiled functions take what they need by its place

import math
from typing import Any

import numpy as np

from w2vctc.decode.fast.arena import (
    ALLOWED,
    BEAM_WIDTH,
    BEGINS_WORD,
    BLANK,
    CLOSED,
    EMPTY_WORD,
    END,
    HAS_LM,
    HOT_WEIGHT,
    IS_WORD,
    LAST,
    LAST_PART,
    LENGTH,
    LONGEST_LABEL,
    MIN_LOGP,
    N_BEAMS,
    N_HOT,
    N_PARTS,
    N_SPANS,
    N_TEXTS,
    N_WORDS,
    PARENT,
    PART,
    PRUNE_LOGP,
    SCORE,
    SIGN,
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
from w2vctc.decode.fast.score_loops import add_part, add_text, score_sentence
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
from w2vctc.lm.table_loops import slot_of


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
def add_logs(a: Real, b: Real) -> Real:
    """log(e**a + e**b)."""
    if a >= b:
        return a + math.log(1 + math.exp(b - a))
    return b + math.log(1 + math.exp(a - b))


@compiled_inside
def expand_beams(rules: Rules, arena: Arena, row: Array, t: Int, n_active: Int) -> Int:
    """Every beam continued by every label worth a try, equal readings merged; how many they are."""
    blank, space, closed = rules.numbers[BLANK], rules.numbers[SPACE], rules.numbers[CLOSED] != 0
    beams, beam_logits = arena.beams, arena.beam_logits
    candidates, logits = arena.candidates, arena.candidate_logits
    text_slots, merge_slots, active = arena.text_slots, arena.merge_slots, arena.active
    parts, child, starts, signs = arena.parts, arena.child, rules.label_starts, rules.label_signs
    n_beams = arena.counts[N_BEAMS]
    stamp = arena.counts[STAMP]
    merge_mask = 3
    while merge_mask < 2 * n_beams:  # a small table stays near the processor
        merge_mask = 2 * merge_mask + 1
    n_candidates = 0
    for k in range(n_active):
        label = int64(active[k])
        log_p = float64(row[label])
        stamp += 1  # readings with different last labels never merge
        for b in range(n_beams):
            text, part = int64(beams[b, TEXT]), int64(beams[b, PART])
            start, end = int64(beams[b, START]), int64(beams[b, END])
            word_start, word_end = int64(-1), int64(-1)
            if label == blank:
                pass
            elif beams[b, LAST] == label:
                end = t + 1
            elif label == space:
                if part != 0:
                    if closed and not parts[part, ALLOWED] & IS_WORD:
                        continue
                    whole = find_pair(text_slots, text, part)
                    text = end_part(rules, arena, text, part) if whole < 0 else whole
                    part = int64(0)
                    word_start, word_end = start, end
                start, end = -1, -1
            else:
                longer = find_part(child, starts, signs, part, label)
                part = extend_part(rules, arena, part, label) if longer == 0 else longer
                if closed and not parts[part, ALLOWED] & BEGINS_WORD:
                    continue
                start = t if start < 0 else start
                end = t + 1
            logit = beam_logits[b] + log_p
            new = find_merged(merge_slots, merge_mask, stamp, text, part, n_candidates)
            if new < n_candidates:
                logits[new] = add_logs(logits[new], logit)
            else:
                logits[new] = logit
                n_candidates += 1
                candidates[new, TEXT], candidates[new, PART], candidates[new, LAST] = (
                    text,
                    part,
                    label,
                )
            # Of readings that are one now, the last has its frames kept.
            candidates[new, SPANS], candidates[new, START] = beams[b, SPANS], start
            candidates[new, END], candidates[new, WORD_START] = end, word_start
            candidates[new, WORD_END] = word_end
    arena.counts[STAMP] = stamp
    return n_candidates


@compiled_inside
def find_part(child: Array, label_starts: Array, label_signs: Array, part: Int, label: Int) -> Int:
    """The part with a label behind it, 0 where there was none yet.

    Nearly always there is one: to hand all arrays over to `extend_part` each time would cost more
    than all the rest.
    """
    for place in range(label_starts[label], label_starts[label + 1]):
        part = int64(child[part, label_signs[place]])
        if part == 0:
            break
    return part


@compiled_inside
def extend_part(rules: Rules, arena: Arena, part: Int, label: Int) -> Int:
    """The part with a label behind it, which may be new."""
    for place in range(rules.label_starts[label], rules.label_starts[label + 1]):
        sign = int64(rules.label_signs[place])
        longer = int64(arena.child[part, sign])
        if longer == 0:
            longer = add_part(rules, arena, part, sign)
        part = longer
    return part


@compiled_inside
def end_part(rules: Rules, arena: Arena, text: Int, part: Int) -> Int:
    """The new text that the part makes as a whole word behind the text."""
    whole = add_text(rules, arena, text, part)
    put_pair(arena.text_slots, text, part, whole)
    return whole


@compiled_inside
def find_merged(slots: Array, mask: Int, stamp: Int, text: Int, part: Int, new: Int) -> Int:
    """The candidate of this stamp with the same text and part; `new` where it is the first.

    A slot is the key, and the candidate's row below the stamp.
    """
    key = text << 32 | part
    slot = slot_of(key, mask)
    while slots[slot, 1] >> 32 == stamp:
        if slots[slot, 0] == key:
            return slots[slot, 1] & 0xFFFFFFFF
        slot = (slot + 1) & mask
    slots[slot, 0] = key
    slots[slot, 1] = stamp << 32 | new
    return new


@compiled_inside
def find_pair(slots: Array, text: Int, part: Int) -> Int:
    """The text that the part makes behind the text, -1 where there was none yet."""
    key = text << 32 | part
    mask = len(slots) - 1
    slot = slot_of(key, mask)
    while slots[slot, 0] != -1:
        if slots[slot, 0] == key:
            return slots[slot, 1]
        slot = (slot + 1) & mask
    return -1


@compiled_inside
def put_pair(slots: Array, text: Int, part: Int, whole: Int) -> None:
    """Enters a new text."""
    mask = len(slots) - 1
    slot = slot_of(text << 32 | part, mask)
    while slots[slot, 0] != -1:
        slot = (slot + 1) & mask
    slots[slot, 0], slots[slot, 1] = text << 32 | part, whole


@compiled
def enter_texts(slots: Array, texts: Array, n_texts: Int) -> None:
    """Enters all texts into a new, larger hash table."""
    for text in range(1, n_texts):
        put_pair(slots, int64(texts[text, PARENT]), int64(texts[text, LAST_PART]), text)


@compiled_inside
def score_candidates(rules: Rules, arena: Arena, n: Int) -> None:
    """Sound, language model and hotwords of each candidate, with its unfinished word."""
    candidates, logits, scores = arena.candidates, arena.candidate_logits, arena.candidate_scores
    text_scores, part_scores, texts = arena.text_scores, arena.part_scores, arena.texts
    hot_weight = rules.weights[HOT_WEIGHT]
    has_lm = rules.numbers[HAS_LM] != 0
    for row in range(n):
        text, part = candidates[row, TEXT], candidates[row, PART]
        hot = hot_weight * texts[text, N_HOT]
        if has_lm:
            score = text_scores[text, SCORE] + hot
            if part != 0:
                score += part_scores[part]
            scores[row] = logits[row] + score
        else:
            scores[row] = logits[row] + hot + part_scores[part]


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


@compiled
def finish_search(rules: Rules, arena: Arena, states: Array, lengths: Array) -> Int:
    """Ends the words still open and the sentence; the readings are then candidates.

    `arena.order` holds the rows of the best candidates, best first; their number is returned.
    The language model's state after each candidate is written to `states` and `lengths`, which
    have room for one row more than there are beams.
    """
    n = int64(0)
    stamp = arena.counts[STAMP] + 1
    arena.counts[STAMP] = stamp
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
            whole = find_pair(arena.text_slots, text, part)
            whole = end_part(rules, arena, text, part) if whole < 0 else whole
        logit = arena.beam_logits[b]
        new = find_merged(arena.merge_slots, mask, stamp, whole, 0, n)
        if new < n:
            logit = add_logs(arena.candidate_logits[new], logit)
        else:
            n += 1
        arena.candidate_logits[new] = logit
        arena.candidates[new, TEXT] = whole
        arena.candidates[new, SPANS] = end_word(arena, b) if part != 0 else arena.beams[b, SPANS]
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
def end_word(arena: Arena, beam: Int) -> Int:
    """A beam's spans with those of the word that is still open."""
    span = arena.counts[N_SPANS]
    arena.counts[N_SPANS] += 1
    arena.spans[span, PARENT] = arena.beams[beam, SPANS]
    arena.spans[span, SPAN_START] = arena.beams[beam, START]
    arena.spans[span, SPAN_END] = arena.beams[beam, END]
    return span


@compiled
def spell_text(code_points: Array, parts: Array, texts: Array, text: Int) -> Any:
    """The code points of a text, a space between its words."""
    length = int64(max(texts[text, N_WORDS] - 1, 0))
    walk = text
    while walk != 0:
        length += parts[texts[walk, LAST_PART], LENGTH]
        walk = int64(texts[walk, PARENT])
    spelled = np.full(length, ord(" "), np.int32)
    walk = text
    while walk != 0:
        part = texts[walk, LAST_PART]
        while part != 0:
            length -= 1
            spelled[length] = code_points[parts[part, SIGN]]
            part = parts[part, PARENT]
        length -= 1
        walk = int64(texts[walk, PARENT])
    return spelled


@compiled
def list_spans(spans: Array, last: Int) -> Any:
    """Start and end frames of a text's words, (n_words, 2)."""
    n_words = 0
    walk = last
    while walk != 0:
        n_words += 1
        walk = int64(spans[walk, PARENT])
    listed = np.empty((n_words, 2), np.int32)
    walk = last
    while walk != 0:
        n_words -= 1
        listed[n_words, 0], listed[n_words, 1] = spans[walk, SPAN_START], spans[walk, SPAN_END]
        walk = int64(spans[walk, PARENT])
    return listed
