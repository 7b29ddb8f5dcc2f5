"""Hash tables of n-grams and of words' letters: compiled loops that fill and read them.

Both tables are tries. A node's child is found under the key `node << 32 | label` by open
addressing with linear probing; -1 marks a free slot, and sizes are powers of two.

The n-grams stand in a trie from their last word backwards: the unigrams are the nodes 0 to V-1,
and the child `c` of the node of "b a" is "c b a". A word's score walks from the word back through
its context for as long as nodes are there, which is the back-off rule.
"""

# ruff: noqa: PLR0917 - compiled functions take what they need by its place

from typing import Any

import numpy as np

from w2vctc.lm.compiled import (
    Array,
    Int,
    Real,
    compiled,
    compiled_inside,
    float64,
    int64,
    uint64,
)

# Fibonacci hashing (Knuth, The Art of Computer Programming 3, section 6.4): 2**64 / golden ratio.
_GOLDEN = uint64(0x9E3779B97F4A7C15)
_HALF = uint64(32)

FINE, UNKNOWN_WORD, NO_SUFFIX, NO_CONTEXT, DOUBLED = 0, 1, 2, 3, 4
"""What `parse_ngrams` and `add_ngrams` say of the row that they stopped at."""

_NEWLINE, _TAB, _SPACE, _RETURN = 10, 9, 32, 13
_MINUS, _PLUS, _POINT, _ZERO, _NINE = 45, 43, 46, 48, 57
_MOST_DIGITS = 15  # such whole numbers, and 10 to that power, are exact in double precision


@compiled_inside
def slot_of(key: Int, mask: Int) -> Int:
    """The slot at which the search for a key begins."""
    mixed = uint64(key) * _GOLDEN
    return int64((mixed ^ (mixed >> _HALF)) & uint64(mask))


@compiled_inside
def find_child(keys: Array, values: Array, node: Int, label: Int) -> Int:
    """The child of a node, -1 where it has none under that label."""
    key = int64(node) << 32 | int64(label)
    mask = len(keys) - 1
    slot = slot_of(key, mask)
    while keys[slot] != -1:
        if keys[slot] == key:
            return int64(values[slot])
        slot = (slot + 1) & mask
    return -1


@compiled_inside
def put_child(keys: Array, values: Array, node: Int, label: Int, child: Int) -> Any:
    """Enters a child; false where one was there already."""
    key = int64(node) << 32 | int64(label)
    mask = len(keys) - 1
    slot = slot_of(key, mask)
    while keys[slot] != -1:
        if keys[slot] == key:
            return False
        slot = (slot + 1) & mask
    keys[slot] = key
    values[slot] = child
    return True


@compiled
def grow_trie(
    keys: Array, values: Array, letters: Array, ends: Array, ids: Array, word_of: Array
) -> Int:
    """Enters words into a trie of their letters; how many nodes it has then.

    letters: code points of all words on end; ends: where each word ends; ids: its number, which
    `word_of` holds at the node of its last letter.
    """
    n_nodes = 1
    start = 0
    for row in range(len(ends)):
        node = 0
        for position in range(start, ends[row]):
            child = find_child(keys, values, node, letters[position])
            if child < 0:
                child = n_nodes
                n_nodes += 1
                put_child(keys, values, node, letters[position], child)
            node = child
        word_of[node] = ids[row]
        start = ends[row]
    return n_nodes


@compiled
def mark_words(keys: Array, values: Array, letters: Array, ends: Array, known: Array) -> Int:
    """Marks the nodes of words that the trie has: 1 for beginnings, 2 more for the whole word.

    A word that the trie lacks leaves no mark. How many words were found.
    """
    n_found = 0
    start = 0
    for row in range(len(ends)):
        node = 0
        for position in range(start, ends[row]):
            node = find_child(keys, values, node, letters[position])
            if node < 0:
                break
        if node > 0 and known[node] & 4:  # the caller has put 4 where a word ends
            n_found += 1
            known[node] |= 2
            node = 0
            for position in range(start, ends[row]):
                node = find_child(keys, values, node, letters[position])
                known[node] |= 1
        start = ends[row]
    return n_found


@compiled_inside
def hash_bytes(text: Array, start: Int, end: Int) -> Int:
    """FNV-1a, 64 bits, of a stretch of bytes; without the sign bit."""
    value = uint64(0xCBF29CE484222325)
    for position in range(start, end):
        value = (value ^ uint64(text[position])) * uint64(0x100000001B3)
    return int64(value >> uint64(1))


@compiled
def index_words(text: Array, starts: Array, ends: Array, slots: Array) -> None:
    """Fills `slots` with the words' rows by the hash of their bytes; -1 is a free slot."""
    mask = len(slots) - 1
    for row in range(len(starts)):
        slot = slot_of(hash_bytes(text, starts[row], ends[row]), mask)
        while slots[slot] != -1:
            slot = (slot + 1) & mask
        slots[slot] = row


@compiled_inside
def find_word(text: Array, start: Int, end: Int, starts: Array, ends: Array, slots: Array) -> Int:
    """The row of the word whose bytes stand at `start:end`, -1 for none."""
    mask = len(slots) - 1
    slot = slot_of(hash_bytes(text, start, end), mask)
    while slots[slot] != -1:
        row = slots[slot]
        if ends[row] - starts[row] == end - start:
            same = True
            for offset in range(end - start):
                if text[starts[row] + offset] != text[start + offset]:
                    same = False
                    break
            if same:
                return int64(row)
        slot = (slot + 1) & mask
    return -1


@compiled_inside
def read_number(text: Array, start: Int, end: Int) -> Real:
    """A plain decimal such as -0.30103; NaN for one that only the careful reader gets right."""
    negative = text[start] == _MINUS
    if text[start] == _MINUS or text[start] == _PLUS:
        start += 1
    whole = int64(0)
    n_digits = 0
    n_behind = 0
    behind = False
    for position in range(start, end):
        byte = text[position]
        if byte == _POINT:
            behind = True
        elif _ZERO <= byte <= _NINE:
            whole = whole * 10 + int64(byte - _ZERO)
            n_digits += 1
            n_behind += behind
        else:
            return np.nan
    if n_digits == 0 or n_digits > _MOST_DIGITS:
        return np.nan
    # One division of exact numbers is rounded once: the nearest double, as a careful reader gets.
    value = float64(whole) / 10.0**n_behind
    return -value if negative else value


@compiled
def parse_ngrams(
    text: Array,
    position: Int,
    words: tuple[Array, Array, Array, Array],
    numbers: Array,
    word_ids: Array,
    spans: Array,
) -> tuple[Int, Int, Int]:
    """Reads one section's lines from `position`, as many as `word_ids` has rows.

    words: where the unigrams start and end, their slots and ids. numbers: (n, 2) float64 for
    log-probability and back-off, NaN where `spans`, (n, 4), says where a number stands that is
    to be read with more care (start and end; both 0 where there is none, which means 0).
    Returns the position after the section, or the row and the fault that stopped the reading.
    """
    starts, ends, slots, ids = words
    n_rows, order = word_ids.shape
    for row in range(n_rows):
        stop = position
        while stop < len(text) and text[stop] != _NEWLINE:
            stop += 1
        next_line = stop + 1
        if stop > position and text[stop - 1] == _RETURN:
            stop -= 1
        cut = position
        while text[cut] != _TAB:
            cut += 1
        numbers[row, 0] = read_number(text, position, cut)
        spans[row, 0], spans[row, 1] = position, cut
        for k in range(order):
            start = cut + 1
            cut = start
            while cut < stop and text[cut] != _SPACE and text[cut] != _TAB:
                cut += 1
            found = find_word(text, start, cut, starts, ends, slots)
            if found < 0:
                return position, row, UNKNOWN_WORD
            word_ids[row, k] = ids[found]
        numbers[row, 1] = 0.0
        spans[row, 2], spans[row, 3] = 0, 0
        if cut < stop:
            numbers[row, 1] = read_number(text, cut + 1, stop)
            spans[row, 2], spans[row, 3] = cut + 1, stop
        position = next_line
    return position, -1, FINE


@compiled_inside
def walk_back(keys: Array, values: Array, word_ids: Array, first: Int, last: Int) -> Int:
    """The node of the words `first` to `last` (both included), -1 where there is none."""
    node = int64(word_ids[last])
    for k in range(last - 1, first - 1, -1):
        node = find_child(keys, values, node, word_ids[k])
        if node < 0:
            return -1
    return node


@compiled
def add_ngrams(keys: Array, values: Array, word_ids: Array, first_node: Int) -> tuple[Int, Int]:
    """Enters the n-grams of one order as nodes from `first_node` on, in their order.

    Returns (-1, FINE), or the row and the fault that stopped it.
    """
    n_rows, order = word_ids.shape
    for row in range(n_rows):
        suffix = walk_back(keys, values, word_ids[row], 1, order - 1)
        if suffix < 0:
            return row, NO_SUFFIX
        if walk_back(keys, values, word_ids[row], 0, order - 2) < 0:
            return row, NO_CONTEXT
        if not put_child(keys, values, suffix, word_ids[row, 0], first_node + row):
            return row, DOUBLED
    return -1, FINE
