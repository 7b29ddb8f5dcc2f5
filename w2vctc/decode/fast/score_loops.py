"""Scores of words and of parts of words, in compiled code: what pyctcdecode and KenLM would say.

Sums are in the precision and order of the originals: n-gram probabilities in single, scores in
double precision.
"""

# ruff: noqa: PLR0917 - compiled functions take what they need by its place

import math
from typing import Any

from w2vctc.decode.fast.arena import (
    ALLOWED,
    ALPHA,
    BEGINS_WORD,
    BETA,
    CLOSED,
    END_ID,
    HAS_KNOWN,
    HAS_LM,
    HOT,
    HOT_WEIGHT,
    IS_KNOWN,
    IS_WORD,
    LAST_PART,
    LENGTH,
    LOG10,
    N_CONTEXT,
    N_HOT,
    N_PARTS,
    N_SIGNS,
    N_STATE,
    N_TEXTS,
    N_WORDS,
    NODE,
    OOV_WEIGHT,
    PARENT,
    SCORE,
    SIGN,
    SPELLED,
    SPELLS,
    UNK_OFFSET,
    WORD,
    Arena,
    Rules,
)
from w2vctc.decode.fast.slot_loops import find_pair, put_pair
from w2vctc.lm.compiled import (
    Array,
    Int,
    Real,
    compiled_inside,
    float64,
    int64,
)
from w2vctc.lm.spelling import WORD_END
from w2vctc.lm.spelling_loops import score_sign
from w2vctc.lm.table_loops import find_child

# pyctcdecode's and our way to the same constant differ in the last digit.
TO_NATURAL = 1.0 / math.log10(math.e)
LN_10 = math.log(10.0)

USUAL_LENGTH = 6
"""Letters from which on an unknown part costs more with each further one."""


@compiled_inside
def add_logs(a: Real, b: Real) -> Real:
    """log(e**a + e**b)."""
    if a >= b:
        return a + math.log(1 + math.exp(b - a))
    return b + math.log(1 + math.exp(a - b))


@compiled_inside
def score_word(rules: Rules, state: Array, length: Int, word: Int, new_state: Array) -> Any:
    """log10 P(word | context) in single precision, and the length of the context after it.

    A context's state is its `length` words, the last one first, and in the second half of the
    array the n-grams that they are, the shortest first; the new one is written to `new_state`.
    """
    n_state = rules.numbers[N_STATE]
    node = int64(word)
    log10_p = rules.log10_prob[node]
    matched = 1
    if n_state > 0:
        new_state[0], new_state[n_state] = word, node
    for k in range(length):
        longer = find_child(rules.keys, rules.values, node, int64(state[k]))
        if longer < 0:
            break
        node = longer
        log10_p = rules.log10_prob[node]
        if matched < n_state:
            new_state[matched], new_state[n_state + matched] = state[k], node
        matched += 1
    for k in range(matched - 1, length):
        log10_p += rules.log10_backoff[state[n_state + k]]
    return log10_p, min(matched, n_state)


@compiled_inside
def extend_part(rules: Rules, arena: Arena, part: Int, label: Int) -> Int:
    """The part with a label behind it, which may be new."""
    for place in range(rules.label_starts[label], rules.label_starts[label + 1]):
        sign = int64(rules.label_signs[place])
        longer = int64(arena.child[part, sign])
        part = add_part(rules, arena, part, sign) if longer == 0 else longer
    return part


@compiled_inside
def add_part(rules: Rules, arena: Arena, parent: Int, sign: Int) -> Int:
    """A new part: the parent and one more sign."""
    part = arena.counts[N_PARTS]
    arena.counts[N_PARTS] += 1
    arena.child[parent, sign] = part
    before, new = arena.parts[parent], arena.parts[part]
    node, hot, word = int64(before[NODE]), int64(before[HOT]), int64(0)
    if rules.numbers[HAS_LM] and node >= 0:
        letter = int64(rules.code_points[sign])
        node = find_child(rules.letter_keys, rules.letter_values, node, letter)
        if node >= 0:
            word = int64(max(rules.word_of[node], 0))
    if hot >= 0:
        hot = int64(rules.hot_child[hot, sign])
        if hot == 0:
            hot = -1
    new[PARENT], new[SIGN], new[LENGTH] = parent, sign, before[LENGTH] + 1
    new[NODE], new[HOT], new[WORD] = node, hot, word
    new[IS_KNOWN] = word > 0 and (not rules.numbers[HAS_KNOWN] or rules.known[node] & 2 > 0)
    new[ALLOWED] = BEGINS_WORD | IS_WORD
    if rules.numbers[CLOSED]:
        new[ALLOWED] = allow_part(rules, node, hot, new[IS_KNOWN] != 0)
    if rules.numbers[SPELLS]:
        log10_p, spelled = spell_on(rules, int64(before[SPELLED]), int64(rules.code_points[sign]))
        new[SPELLED] = spelled
        arena.part_spellings[part] = arena.part_spellings[parent] + log10_p
    spelling = arena.part_spellings[part]
    arena.part_scores[part] = score_part(rules, int64(new[LENGTH]), node, hot, spelling)
    return part


@compiled_inside
def spell_on(rules: Rules, node: Int, sign: Int) -> Any:
    """log10 P(sign | the letters before it), and where the spelling stands then."""
    return score_sign(
        rules.spell_keys, rules.spell_values, rules.spell_log10, rules.spell_shorter, node, sign
    )


@compiled_inside
def allow_part(rules: Rules, node: Int, hot: Int, is_known: bool) -> Int:
    """BEGINS_WORD where a closed vocabulary has a word that begins so, IS_WORD where one ends."""
    allowed = int64(0)
    if hot >= 0 or (node >= 0 and rules.known[node] & 1 > 0):
        allowed |= BEGINS_WORD
    if is_known or (hot >= 0 and rules.hot_words[hot, 1] != 0):
        allowed |= IS_WORD
    return allowed


@compiled_inside
def score_part(rules: Rules, length: Int, node: Int, hot: Int, spelling: Real) -> Real:
    """What a word that begins so costs before it is complete: nothing where it may become known.

    spelling: log10 P(the letters so far), which is what an unknown one costs where there is such.
    """
    if hot >= 0:
        return rules.weights[HOT_WEIGHT] * length / int64(rules.hot_words[hot, 0])
    if not rules.numbers[HAS_LM] or (node >= 0 and rules.known[node] & 1 > 0):
        return 0.0
    if rules.numbers[SPELLS]:
        log10_p = rules.weights[UNK_OFFSET] + rules.weights[OOV_WEIGHT] * spelling
        return rules.weights[ALPHA] * log10_p * TO_NATURAL
    score = rules.weights[UNK_OFFSET]
    return score * length / USUAL_LENGTH if length > USUAL_LENGTH else score


@compiled_inside
def end_word(rules: Rules, arena: Arena, text: Int, part: Int) -> Int:
    """The text that the part makes as a whole word behind the text, which may be new."""
    whole = find_pair(arena.text_slots, text, part)
    if whole < 0:
        whole = add_text(rules, arena, text, part)
        put_pair(arena.text_slots, text, part, whole)
    return whole


@compiled_inside
def add_text(rules: Rules, arena: Arena, parent: Int, part: Int) -> Int:
    """A new text: the parent and the part behind it as a whole word."""
    text = arena.counts[N_TEXTS]
    arena.counts[N_TEXTS] += 1
    before, word, new = arena.texts[parent], arena.parts[part], arena.texts[text]
    new[PARENT], new[LAST_PART], new[N_WORDS] = parent, part, before[N_WORDS] + 1
    new[N_SIGNS] = before[N_SIGNS] + word[LENGTH]
    is_hot = word[HOT] >= 0 and rules.hot_words[word[HOT], 1] != 0
    new[N_HOT] = before[N_HOT] + is_hot
    if rules.numbers[HAS_LM]:
        log10_p, length = score_word(
            rules,
            arena.states[parent],
            int64(before[N_CONTEXT]),
            int64(word[WORD]),
            arena.states[text],
        )
        new[N_CONTEXT] = length
        log10_word = float64(log10_p)
        if not word[IS_KNOWN]:
            log10_word += rules.weights[UNK_OFFSET]
            if rules.numbers[SPELLS]:
                log10_end, _ = spell_on(rules, int64(word[SPELLED]), WORD_END)
                log10_word += rules.weights[OOV_WEIGHT] * (arena.part_spellings[part] + log10_end)
        arena.text_scores[text, LOG10] = log10_word
        arena.text_scores[text, SCORE] = arena.text_scores[parent, SCORE] + weigh(rules, log10_word)
    return text


@compiled_inside
def weigh(rules: Rules, log10_p: Real) -> Real:
    """A word's score in natural logarithms, weighted, with its bonus."""
    return rules.weights[ALPHA] * log10_p * TO_NATURAL + rules.weights[BETA]


@compiled_inside
def score_sentence(
    rules: Rules, arena: Arena, text: Int, whole: Int, empty_word: bool, state: Array, spare: Array
) -> Any:
    """The language model's score of a finished text, and the length of `state`, the context then.

    text: the sentence without its last word where that was still open; whole: with it. empty_word
    scores the nothing that is open where `text` and `whole` are the same.
    """
    before = arena.text_scores[text, SCORE]
    length = int64(arena.texts[whole, N_CONTEXT])
    for k in range(len(state)):
        state[k] = arena.states[whole, k]
    log10_word = arena.text_scores[whole, LOG10]
    if text == whole and empty_word:
        log10_unknown, length = score_word(rules, arena.states[text], length, 0, state)
        log10_word = float64(log10_unknown) + rules.weights[UNK_OFFSET]
    log10_end, _ = score_word(rules, state, length, rules.numbers[END_ID], spare)
    if text == whole and not empty_word:
        return before + rules.weights[ALPHA] * float64(log10_end) * LN_10, length
    return before + weigh(rules, log10_word + float64(log10_end)), length
