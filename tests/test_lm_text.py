from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2vctc.errors import DataError, UsageError
from w2vctc.lm.text import (
    clean_sentences,
    drop_held_out,
    read_text_files,
    read_word_lists,
)


def save(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"la mar\nel sol\n",
        b"la mar\r\nel sol",
        b"la mar\rel sol\r",
        b"\xef\xbb\xbfla mar\nel sol\n",
    ],
)
def test_every_line_end_and_a_byte_order_mark_are_accepted(content: bytes, tmp_path: Path) -> None:
    assert list(read_text_files([save(tmp_path / "a.txt", content)])) == ["la mar", "el sol"]


def test_only_line_ends_break_lines(tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", "la\u2028mar\x0bel\x0csol\n".encode())
    assert list(read_text_files([path])) == ["la\u2028mar\x0bel\x0csol"]


def test_a_folder_is_its_text_files_by_name(tmp_path: Path) -> None:
    save(tmp_path / "b.txt", b"dos\n")
    save(tmp_path / "a.txt", b"un\n")
    save(tmp_path / "c.md", b"tres\n")
    assert list(read_text_files([tmp_path])) == ["un", "dos"]


def test_another_encoding_is_named_with_its_byte_and_never_guessed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", "la mar\nel camí\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"a\.txt, line 2: not UTF-8 at byte offset 13") as caught:
        list(read_text_files([path]))
    assert (caught.value.code, caught.value.exit_code) == ("E_ENCODING", 3)
    assert "iconv" in caught.value.hint


def test_the_byte_offset_counts_the_byte_order_mark(tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", b"\xef\xbb\xbfab\xff\n")
    with pytest.raises(DataError, match="byte offset 5"):
        list(read_text_files([path]))


def test_utf_16_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", "la mar".encode("utf-16"))
    with pytest.raises(DataError, match="the file is UTF-16") as caught:
        list(read_text_files([path]))
    assert caught.value.code == "E_ENCODING"


def test_all_missing_files_are_listed_before_any_is_read(tmp_path: Path) -> None:
    good = save(tmp_path / "a.txt", b"la mar\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        read_text_files([good, tmp_path / "no.txt", tmp_path / "nor.txt", tmp_path / "empty"])
    assert caught.value.code == "E_MISSING"
    assert caught.value.message.splitlines() == [
        f"{tmp_path}/no.txt: no such file",
        f"{tmp_path}/nor.txt: no such file",
        f"{tmp_path}/empty: no .txt file in this folder",
    ]


@pytest.mark.parametrize("word", ["<s>", "</s>", "<unk>"])
def test_reserved_words_are_refused_with_file_and_line(word: str, tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", f"la mar\nel {word}sol\n".encode())
    with pytest.raises(DataError, match=r"a\.txt, line 2: ") as caught:
        list(read_text_files([path]))
    assert caught.value.code == "E_RESERVED"
    assert word in caught.value.message


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_text_or_one_of_our_errors(content: bytes, tmp_path: Path) -> None:
    path = save(tmp_path / "any.txt", content)
    try:
        lines = list(read_text_files([path]))
    except DataError as error:
        assert error.code in ("E_ENCODING", "E_RESERVED")
    else:
        assert "".join(lines) == (content.decode("utf-8-sig").replace("\r", "").replace("\n", ""))


def test_sentences_are_normalized_and_empty_ones_left_out() -> None:
    lines = ["La mar!", "...", "", "EL  SOL"]
    normalized = clean_sentences(lines, lambda line: line.lower().strip("!."))
    assert list(normalized) == ["la mar", "el sol"]


def test_a_reserved_word_in_a_transcript_is_refused_before_normalization() -> None:
    with pytest.raises(DataError, match="line 2 of the text: </s>") as caught:
        list(clean_sentences(["la mar", "el sol</s>"], lambda line: line.replace("</s>", "")))
    assert caught.value.code == "E_RESERVED"


def test_held_out_sentences_go_and_are_counted() -> None:
    sentences = ["la mar", "el sol", "la mar", "la mar blava"]
    assert drop_held_out(sentences, {"la mar", "mai dit"}) == (["el sol", "la mar blava"], 2)
    assert drop_held_out(sentences, []) == (sentences, 0)


def test_one_text_in_place_of_the_held_out_collection_is_a_mistake() -> None:
    with pytest.raises(UsageError):
        drop_held_out(["a"], "a")


def test_a_list_gives_its_different_words_normalized(tmp_path: Path) -> None:
    names = save(tmp_path / "names.txt", "Núria Feliu\n\nPau  Casals\r\nnúria\n".encode())
    more = save(tmp_path / "more.txt", b"Pau Riba\n")
    words = read_word_lists([names, more], str.lower)
    assert words == ["núria", "feliu", "pau", "casals", "riba"]
    assert read_word_lists([], str.lower) == []


def test_a_list_without_a_word_is_refused(tmp_path: Path) -> None:
    names = save(tmp_path / "names.txt", b"...\n\n")
    with pytest.raises(DataError, match=r"names\.txt: not one word") as caught:
        read_word_lists([names], lambda line: line.replace(".", ""))
    assert caught.value.code == "E_EMPTY_TEXT"
