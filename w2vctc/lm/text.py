"""Text files in, clean sentences out: one per line, none of them held out for testing."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from w2vctc.errors import DataError, UsageError
from w2vctc.lm.counts import refuse_reserved

_RESERVED = re.compile(r"</?s>|<unk>|<UNK>")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text_files(paths: Iterable[Path]) -> Iterator[str]:
    """The lines of UTF-8 text files, with any line end (LF, CRLF, CR) and without it.

    A folder stands for its *.txt files in the order of their names. Raises DataError: E_MISSING
    (all of them at once, before anything is read), E_ENCODING with line and byte offset,
    E_RESERVED for <s>, </s> or <unk> in the text.
    """
    return _read_lines(find_text_files(paths))


def find_text_files(paths: Iterable[Path]) -> list[Path]:
    """The files that `paths` stand for. Raises DataError E_MISSING that lists what is not there."""
    files: list[Path] = []
    missing: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.glob("*.txt") if file.is_file())
            files.extend(inside)
            if not inside:
                missing.append(f"{path}: no .txt file in this folder")
        elif path.is_file():
            files.append(path)
        else:
            missing.append(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")
    if missing:
        raise DataError("\n".join(missing), hint="check the paths of the text", code="E_MISSING")
    return files


def read_word_lists(paths: Iterable[Path], normalize: Callable[[str], str]) -> list[str]:
    """The different words of lists of words or names, normalized; any number of them in a line.

    Raises what `read_text_files` raises, and DataError E_EMPTY_TEXT for lists without a word.
    """
    files = find_text_files(paths)
    lines = clean_sentences(_read_lines(files), normalize)
    words = list(dict.fromkeys(word for line in lines for word in line.split()))
    if files and not words:
        raise DataError(
            f"{', '.join(map(str, files))}: not one word",
            hint="write one word or name to a line",
            code="E_EMPTY_TEXT",
        )
    return words


def _read_lines(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from _read_file(path)
        except OSError as error:
            raise DataError(
                f"{path}: {error.strerror}", hint="check the file's permissions", code="E_MISSING"
            ) from error


def _read_file(path: Path) -> Iterator[str]:
    offset = 0
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            content = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if number == 1 and raw.startswith(_UTF16_MARKS):
                raise _wrong_encoding(path, 1, 0, "the file is UTF-16")
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                at = offset + len(raw) - len(content) + error.start
                byte = content[error.start]
                raise _wrong_encoding(path, number, at, f"byte 0x{byte:02x}") from error
            _refuse_reserved(text, where=f"{path}, line {number}")
            # Only these are line ends: str.splitlines() would break at form feeds and U+2028 too.
            yield from text.removesuffix("\n").removesuffix("\r").split("\r")
            offset += len(raw)


def _wrong_encoding(path: Path, line: int, offset: int, what: str) -> DataError:
    return DataError(
        f"{path}, line {line}: not UTF-8 at byte offset {offset} ({what})",
        hint=f"convert it, for instance: iconv -f <its encoding> -t UTF-8 {path}",
        code="E_ENCODING",
    )


def _refuse_reserved(text: str, *, where: str) -> None:
    if "<" in text and (found := _RESERVED.search(text)):
        refuse_reserved([found[0]], where=where, line=text)


def clean_sentences(lines: Iterable[str], normalize: Callable[[str], str]) -> Iterator[str]:
    """Each line normalized; lines of which nothing is left are skipped.

    Raises DataError E_RESERVED, with the number of the line, for <s>, </s> or <unk> in it.
    """
    for number, line in enumerate(lines, start=1):
        _refuse_reserved(line, where=f"line {number} of the text")
        sentence = " ".join(normalize(line).split())
        if sentence:
            yield sentence


def drop_held_out(sentences: Iterable[str], held_out: Collection[str]) -> tuple[list[str], int]:
    """The sentences that are not in `held_out` (the dev and test sets), and how many were.

    Both sides must have gone through the same normalizer; the comparison is exact.
    """
    if isinstance(held_out, str):
        raise UsageError("held-out sentences: wanted a collection, not one text")
    apart = frozenset(held_out)
    kept: list[str] = []
    n_dropped = 0
    for sentence in sentences:
        if sentence in apart:
            n_dropped += 1
        else:
            kept.append(sentence)
    return kept, n_dropped
