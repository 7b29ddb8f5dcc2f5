"""Damaged ARPA files: no reader dies of one, and none takes one that breaks probability."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_arpa import GOOD, TRIGRAMS

from w2vctc.errors import W2vctcError
from w2vctc.lm import reading
from w2vctc.lm.arpa import ArpaHeader, check_arpa, read_header, read_unigrams, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.ngram import NgramModel
from w2vctc.lm.reading import read_arpa
from w2vctc.lm.table import NgramTable, build_table

# The strict reader, the one that makes a model of the file, and the one that the decoder reads.
READERS = (check_arpa, read_arpa, build_table)

NO_NUMBERS = [
    *("nan", "-nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e400", "-1e39", "0x1p3", "-1_0"),
    *("", " ", "-", ".", "--1", "-1,5", "1e", "-1f", "-٠.٧", "-" + "9" * 50, "-1 ", " -1"),
]
NO_COUNTS = [
    "-1",
    "0",
    "99",
    "٣",
    "9" * 5000,
    "18446744073709551616",
    "5.0",
    "1e3",
    "",
    "+5",
    "0x5",
]


def refused(path: Path, content: bytes) -> None:
    """Every reader refuses it as a bad language model, and names the file."""
    path.write_bytes(content)
    for read in READERS:
        with pytest.raises(W2vctcError) as caught:
            read(path)
        assert (caught.value.code, caught.value.exit_code) == ("E_LM", 4)
        assert str(path) in caught.value.message


def replace_field(line: int, column: int, value: str) -> bytes:
    lines = TRIGRAMS.split("\n")
    fields = lines[line].split("\t")
    fields[column] = value
    lines[line] = "\t".join(fields)
    return "\n".join(lines).encode()


NUMBERS = [
    (row, column)
    for row, line in enumerate(TRIGRAMS.split("\n"))
    for column in (0, 2)
    if line.count("\t") >= max(column, 1)
]
NGRAM_LINES = [row for row, line in enumerate(TRIGRAMS.split("\n")) if "\t" in line]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_finite_number_is_refused_wherever_it_stands(value: str, tmp_path: Path) -> None:
    assert len(NUMBERS) == 14
    for row, column in NUMBERS:
        refused(tmp_path / "lm.arpa", replace_field(row, column, value))


@pytest.mark.parametrize("value", ["0.1", "1e-3", "+5", "3e38"])
def test_probabilities_above_one_are_refused_wherever_they_stand(
    value: str, tmp_path: Path
) -> None:
    for row in NGRAM_LINES:
        refused(tmp_path / "lm.arpa", replace_field(row, 0, value))


@pytest.mark.parametrize("value", NO_COUNTS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_counts_that_are_none_or_not_those_of_the_body_are_refused(
    order: int, value: str, tmp_path: Path
) -> None:
    lines = TRIGRAMS.split("\n")
    lines[order] = f"ngram {order}={value}"
    refused(tmp_path / "lm.arpa", "\n".join(lines).encode())


@pytest.mark.parametrize("row", NGRAM_LINES)
def test_a_line_that_stands_twice_is_refused_whatever_the_head_says(
    row: int, tmp_path: Path
) -> None:
    lines = TRIGRAMS.split("\n")
    section = max(n for n, line in enumerate(lines[:row]) if line.startswith("\\"))
    order = int(lines[section][1])
    lines.insert(row, lines[row])
    refused(tmp_path / "lm.arpa", "\n".join(lines).encode())
    name, _, count = lines[order].partition("=")
    lines[order] = f"{name}={int(count) + 1}"
    refused(tmp_path / "lm.arpa", "\n".join(lines).encode())


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    content = TRIGRAMS.encode()
    for end in range(len(content) - len("\n")):
        refused(tmp_path / "lm.arpa", content[:end])
    (tmp_path / "lm.arpa").write_bytes(content[:-1])
    assert check_arpa(tmp_path / "lm.arpa").order == 3  # only the last line end is missing


BYTES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            *(b"\n", b"\t", b" ", b"\r", b"\\", b"-", b".", b"0", b"\0", b"\xff", "ç".encode()),
            *("\u2028".encode(), "\xa0".encode(), "\ufeff".encode(), b"\x0b", b"\x85", b"_"),
            *(b"1e999", b"-1e-50", b"nan", b"-inf", b"inf", b"0x1p3", b"+0", b"-0", b"1e-7"),
            *(b"\\1-grams:\n", b"\\2-grams:\n", b"\\end\\\n", b"\\data\\\n", b"ngram 2=3\n"),
            *(b"<s>", b"</s>", b"<unk>", b"<UNK>", b"sol mar", b"-0.2\tsol mar\n"),
        ]
    ),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file as train-lm writes it, with words of several bytes."""
    path = tmp_path_factory.mktemp("written") / "lm.arpa"
    write_arpa(estimate_ngrams(["ça l'illa és blava", "l'illa", "és ça"], order=3), path)
    return path.read_bytes()


def damage(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with one thing wrong: bytes, a line, a number, a count, an n-gram, the end."""
    lines = content.split(b"\n")
    tables = [row for row, line in enumerate(lines) if b"\t" in line]
    counts = [row for row, line in enumerate(lines) if line.startswith(b"ngram ")]
    kind = draw(st.sampled_from(["bytes", "bit", "cut", "double", "drop", "swap", "value", "gram"]))
    start = draw(st.integers(0, len(content)))
    if kind == "bytes" or not tables:
        end = draw(st.integers(start, min(len(content), start + 12)))
        return content[:start] + draw(BYTES) + content[end:]
    if kind == "bit":
        flipped = bytes(
            [byte ^ 1 << draw(st.integers(0, 7)) for byte in content[start : start + 1]]
        )
        return content[:start] + flipped + content[start + 1 :]
    if kind == "cut":
        return content[:start]
    one, other = draw(st.sampled_from(tables)), draw(st.integers(0, len(lines) - 1))
    if kind == "double":
        lines.insert(other, lines[one])
    elif kind == "drop":
        del lines[other]
    elif kind == "swap":
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == "value":
        row = draw(st.sampled_from([*tables, *counts]))
        values = NO_COUNTS if row in counts else [*NO_NUMBERS, "0.5", "-0.5", "0", "-0", "1e-7"]
        value = draw(st.sampled_from(values)).encode()
        sign = b"=" if row in counts else b"\t"
        fields = lines[row].split(sign)
        fields[-1 if row in counts else draw(st.integers(0, len(fields) - 1))] = value
        lines[row] = sign.join(fields)
    else:
        fields = lines[one].split(b"\t")
        fields[1:2] = draw(st.sampled_from([lines[row].split(b"\t") for row in tables]))[1:2]
        lines[one] = b"\t".join(fields)
    return b"\n".join(lines)


def count_lines(content: bytes) -> list[int]:
    """The different n-grams of each section, by the plainest of means."""
    sections: list[set[bytes]] = []
    for line in content.replace(b"\r\n", b"\n").split(b"\n"):
        if line.endswith(b"-grams:"):
            sections.append(set())
        elif b"\t" in line:
            sections[-1].add(line.split(b"\t")[1])
    return [len(section) for section in sections]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_files_are_refused_or_keep_the_rules_of_probability(
    data: st.DataObject, tmp_path: Path, written: bytes
) -> None:
    content = data.draw(st.sampled_from([GOOD.encode(), TRIGRAMS.encode(), written]))
    for _ in range(data.draw(st.integers(1, 3))):
        content = damage(data.draw, content)  # type: ignore[arg-type]
    path = tmp_path / "damaged.arpa"
    path.write_bytes(content)
    outcomes: list[object] = []
    for read in (read_unigrams, read_header, *READERS):
        try:
            outcomes.append(read(path))
        except W2vctcError as error:
            assert error.code in ("E_LM", "E_LM_GAPS")
            assert str(path) in error.message
            outcomes.append(error)
    found, model, table = outcomes[2:]
    with pytest.MonkeyPatch.context() as patch:  # not all lines at once, but one by one
        patch.setattr(reading, "is_plain", lambda _path, _counts: False)
        try:
            assert check_arpa(path) == found
        except W2vctcError as error:
            assert str(error) == str(found)
    if not isinstance(found, ArpaHeader):
        assert isinstance(model, W2vctcError)
        assert isinstance(table, W2vctcError)
        return
    assert list(found.counts) == count_lines(content)
    assert isinstance(model, NgramModel) == isinstance(table, NgramTable)
    if not isinstance(model, NgramModel) or not isinstance(table, NgramTable):
        return
    assert {"<unk>", "<s>", "</s>"} <= set(model.words)
    assert len(set(model.words)) == len(model.words)
    for level in model.tables:
        assert (level.log10_prob <= 0).all()
        assert np.isfinite(level.log10_prob).all()
        assert level.log10_backoff is None or np.isfinite(level.log10_backoff).all()
        assert len({tuple(gram) for gram in level.word_ids.tolist()}) == len(level.word_ids)
    assert np.isfinite(table.log10_backoff).all()
    probs = np.concatenate([level.log10_prob for level in model.tables])
    np.testing.assert_array_equal(np.sort(probs), np.sort(np.minimum(table.log10_prob, 0)))
