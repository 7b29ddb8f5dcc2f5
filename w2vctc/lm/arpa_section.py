"""One section of an ARPA file, the n-grams of one length, looked at line by line."""

import re
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.lm.arpa_lines import ArpaLines, shorten, strip_blanks
from w2vctc.lm.ngram import SENTENCE_END, SENTENCE_START, UNKNOWN

SECTION = re.compile(r"\\(\d+)-grams:\r?", re.ASCII)
_ROUNDING = 1e-6  # by so much may a probability of one be written as more than one


@dataclass(frozen=True)
class ArpaSection:
    """Hash values of the n-grams of one length and of their first words, in file order."""

    lines: ArpaLines
    length: int
    first_line: int
    ngrams: npt.NDArray[np.int64]
    contexts: npt.NDArray[np.int64]


def check_section(
    lines: ArpaLines, length: int, count: int, *, top: bool, known: set[str]
) -> ArpaSection:
    header = next((line for line in lines if strip_blanks(line)), "")
    found = SECTION.fullmatch(header)
    if found is None or int(found[1]) != length:
        raise lines.fault(f"wanted \\{length}-grams:, found {shorten(header)}")
    first_line = lines.line_number + 1
    plain = _plain_line(length, top=top)
    # 16 bytes per n-gram in place of its text: a file may be larger than the memory.
    ngrams, contexts = array("q"), array("q")
    for line in lines:
        matched = plain.fullmatch(line)
        if matched is None and line.startswith("\\"):
            lines.put_back(line)
            break
        if matched is None and not strip_blanks(line):
            break
        words = matched[1] if matched else _check_ngram(lines, line, length, top=top)
        if length == 1:
            words = UNKNOWN if words == "<UNK>" else words
            if words in known:
                raise lines.fault(f"a second {words!r} among the unigrams")
            known.add(words)
        else:
            context, _, last = words.rpartition(" ")
            if last not in known:
                raise lines.fault(f"{last!r} is not among the unigrams")
            contexts.append(hash(context))
        ngrams.append(hash(words))
    if len(ngrams) != count:
        raise lines.fault(f"{len(ngrams)} {length}-grams, but the head of the file says {count}")
    if length == 1:
        for word in (SENTENCE_START, SENTENCE_END):
            if word not in known:
                raise lines.fault(f"no {word} among the unigrams")
    return ArpaSection(
        lines, length, first_line, np.array(ngrams, np.int64), np.array(contexts, np.int64)
    )


def _plain_line(length: int, *, top: bool) -> re.Pattern[str]:
    """What nearly every line looks like: one match in place of a dozen checks."""
    number = r"-?\d{1,9}(?:\.\d+)?"
    words = r" ".join([r"[^ \t\r\0]+"] * length)
    return re.compile(
        rf"(?:-\d{{1,9}}(?:\.\d+)?|0)\t({words})" + ("" if top else rf"(?:\t{number})?"), re.ASCII
    )


def _check_ngram(lines: ArpaLines, line: str, length: int, *, top: bool) -> str:
    """The words of a line that is not plain, put together again by single spaces."""
    prob, words, backoff = lines.split_ngram(line, length)
    if lines.number_of(prob, "log-probability") > _ROUNDING:
        raise lines.fault(f"positive log-probability {prob}")
    if backoff is not None and lines.number_of(backoff, "back-off") != 0 and top:
        raise lines.fault(f"back-off {backoff} at the highest order")
    return " ".join(words)


def refuse_orphans(section: ArpaSection, shorter: npt.NDArray[np.int64]) -> None:
    """Raises for an n-gram whose first words are absent: no back-off weight could lead to it."""
    if section.length == 1:
        return
    orphans = np.flatnonzero(~np.isin(section.contexts, shorter))
    if len(orphans):
        raise section.lines.fault(
            f"the first words of this {section.length}-gram are no {section.length - 1}-gram",
            at=section.first_line + int(orphans[0]),
        )


def refuse_duplicates(section: ArpaSection) -> None:
    """Raises for an n-gram that stands twice."""
    values, counts = np.unique(section.ngrams, return_counts=True)
    doubled = values[counts > 1]
    if not len(doubled):
        return
    # Different texts can have the same hash value, if rarely: the texts decide.
    suspects = np.isin(section.ngrams, doubled)
    seen: set[str] = set()
    lines = ArpaLines(section.lines.path)
    for line in lines:
        row = lines.line_number - section.first_line
        if 0 <= row < len(suspects) and suspects[row]:
            words = " ".join(lines.split_ngram(line, section.length)[1])
            if words in seen:
                raise lines.fault(f"a second {shorten(words)} among the {section.length}-grams")
            seen.add(words)
