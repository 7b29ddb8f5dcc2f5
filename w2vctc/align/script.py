"""What is to be found in a recording: the words of a text, as they are written and as spoken."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from w2vctc.text.normalize import remove_reserved
from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class Letter:
    """A piece of a spoken word that has one label; `label_id` is None where the model has none."""

    text: str
    label_id: int | None


@dataclass(frozen=True)
class ScriptWord:
    """A word of a text: as written, with its punctuation, and how it is spoken.

    `spoken` may be several words (25: vint-i-cinc, € after it), `written` too where they cannot be
    told apart. `line` counts the text's lines that hold a word, from 0.
    """

    written: str
    spoken: str
    letters: tuple[Letter, ...]
    line: int = 0


def read_script(
    lines: Sequence[str], vocabulary: Vocabulary, *, normalize: Callable[[str], str]
) -> list[ScriptWord]:
    """The words of a text's lines; what is never spoken stays with the word before it."""
    words: list[ScriptWord] = []
    n_lines = 0
    for line in lines:
        pairs = pair_words(remove_reserved(line), normalize)
        words += [
            ScriptWord(written, spoken, spell_word(spoken, vocabulary), n_lines)
            for written, spoken in pairs
        ]
        n_lines += bool(pairs)
    return words


def pair_words(line: str, normalize: Callable[[str], str]) -> list[tuple[str, str]]:
    """(as written, as spoken) for each word of a line; what is spoken is the line normalized.

    Words are normalized one by one. Where the line as a whole is spoken otherwise (a price, an
    ordinal, an apostrophe with a space), the words concerned stay together.
    """
    from rapidfuzz.distance import Levenshtein

    written = line.split()
    alone = [normalize(word).split() for word in written]
    whole = normalize(line).split()
    owners = [n for n, spoken in enumerate(alone) for _ in spoken]
    flat = [word for spoken in alone for word in spoken]
    if flat == whole:
        return _gather([([n], spoken) for n, spoken in enumerate(alone)], written)
    groups: list[tuple[list[int], list[str]]] = []
    for step in Levenshtein.opcodes(flat, whole):
        members, said = (
            owners[step.src_start : step.src_end],
            whole[step.dest_start : step.dest_end],
        )
        if step.tag == "equal":
            groups += [([owner], [word]) for owner, word in zip(members, said, strict=True)]
        else:
            groups.append((members, said))
    return _gather(_merge(groups, len(written), owners), written)


def spell_word(spoken: str, vocabulary: Vocabulary) -> tuple[Letter, ...]:
    """The labels of a spoken word or words, longest first; spaces between words are none."""
    ids = {letter: vocabulary.labels.index(letter) for letter in vocabulary.letters}
    longest_first = sorted(ids, key=lambda letter: (-len(letter), letter))
    pieces = re.findall("|".join([*map(re.escape, longest_first), r"\S"]), spoken)
    return tuple(Letter(piece, ids.get(piece)) for piece in pieces)


def _merge(
    groups: Sequence[tuple[list[int], list[str]]], n_written: int, owners: Sequence[int]
) -> list[tuple[list[int], list[str]]]:
    """The groups with those joined that share a written word, and the unspoken words in place."""
    silent: list[tuple[list[int], list[str]]] = [
        ([n], []) for n in range(n_written) if n not in set(owners)
    ]
    merged: list[tuple[list[int], list[str]]] = []
    for members, spoken in groups:
        if merged and (not members or merged[-1][0][-1:] >= members[:1]):
            merged[-1] = (sorted({*merged[-1][0], *members}), [*merged[-1][1], *spoken])
        elif merged and not merged[-1][0]:
            merged[-1] = (members, [*merged[-1][1], *spoken])
        else:
            merged.append((sorted(set(members)), list(spoken)))
    if merged and not merged[0][0] and silent:
        merged[0] = (silent.pop(0)[0], merged[0][1])
    for members, _ in silent:
        place = sum(bool(group) and group[0] < members[0] for group, _ in merged)
        merged.insert(place, (members, []))
    return merged


def _gather(
    groups: Sequence[tuple[list[int], list[str]]], written: Sequence[str]
) -> list[tuple[str, str]]:
    """The groups in words; those without sound go to the one before, at the start to the next."""
    pairs: list[tuple[str, str]] = []
    waiting = ""
    for members, spoken in groups:
        text = " ".join(written[n] for n in members)
        if spoken:
            pairs.append((f"{waiting} {text}".strip(), " ".join(spoken)))
            waiting = ""
        elif pairs:
            pairs[-1] = (f"{pairs[-1][0]} {text}".strip(), pairs[-1][1])
        else:
            waiting = f"{waiting} {text}".strip()
    return pairs
