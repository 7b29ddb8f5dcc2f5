"""Hash tables of the search, in compiled code: equal readings of a frame, and texts by their parts.

Open addressing with linear probing; the key is `text << 32 | part`, sizes are powers of two.
"""

from w2vctc.decode.fast.arena import LAST_PART, PARENT, STAMP, Arena
from w2vctc.lm.compiled import Array, Int, compiled, compiled_inside, int64
from w2vctc.lm.table_loops import slot_of


@compiled_inside
def small_mask(n: Int) -> Int:
    """The mask of the smallest table for n entries: it stays near the processor."""
    mask = 3
    while mask < n:
        mask = 2 * mask + 1
    return mask


@compiled_inside
def find_merged(arena: Arena, mask: Int, text: Int, part: Int, new: Int) -> Int:
    """The candidate of this stamp with the same text and part; `new` where it is the first.

    A slot is the key, and the candidate's row below the stamp.
    """
    slots, stamp = arena.merge_slots, arena.counts[STAMP]
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
    """The text that the part makes behind the text, -1 where there was none yet.

    A slot is the key, 0 where it is free, and the text; the empty part ends no word.
    """
    key = text << 32 | part
    mask = len(slots) - 1
    slot = slot_of(key, mask)
    while slots[slot, 0] != 0:
        if slots[slot, 0] == key:
            return slots[slot, 1]
        slot = (slot + 1) & mask
    return -1


@compiled_inside
def put_pair(slots: Array, text: Int, part: Int, whole: Int) -> None:
    """Enters a new text."""
    mask = len(slots) - 1
    slot = slot_of(text << 32 | part, mask)
    while slots[slot, 0] != 0:
        slot = (slot + 1) & mask
    slots[slot, 0], slots[slot, 1] = text << 32 | part, whole


@compiled
def enter_texts(slots: Array, texts: Array, n_texts: Int) -> None:
    """Enters all texts into a new, larger hash table."""
    for text in range(1, n_texts):
        put_pair(slots, int64(texts[text, PARENT]), int64(texts[text, LAST_PART]), text)
