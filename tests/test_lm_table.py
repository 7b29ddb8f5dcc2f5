"""The tables of an n-gram: every number KenLM would read, kept on disk, never half or stale."""

import itertools
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import ARPA
from fast_material import save_lm

from w2vctc.errors import ModelError
from w2vctc.lm.table import GAPS, NgramTable, build_table, load_table, read_table

Array = npt.NDArray[np.generic]

TOY_NODES = {"<unk>": 0, "<s>": 1, "</s>": 2, "ab": 3, "ba": 4}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy ARPA, and a cache folder of its own."""
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "toy.arpa"
    path.write_text(ARPA, encoding="utf-8")
    return path


def children(keys: Array, values: Array) -> dict[tuple[int, int], int]:
    """What a trie's hash table holds: node and label, child."""
    taken = keys != -1
    pairs = [(int(key) >> 32, int(key) & 0xFFFFFFFF) for key in keys[taken]]
    return dict(zip(pairs, values[taken].tolist(), strict=True))


def find_ngram(trie: dict[tuple[int, int], int], ids: "list[int]") -> int:
    """The node of an n-gram, -1 for none."""
    node = ids[-1]
    for word in reversed(ids[:-1]):
        node = trie.get((node, word), -1)
    return node


def find_word(table: NgramTable, word: str) -> int:
    trie, node = children(table.letter_keys, table.letter_values), 0
    for letter in word:
        node = trie.get((node, ord(letter)), -1)
    return int(table.word_of[node]) if node >= 0 else -1


def test_toy_table_has_every_number_of_the_file(toy: Path) -> None:
    table = build_table(toy)
    trie = children(table.keys, table.values)
    assert (table.order, table.n_words, table.start_id, table.end_id) == (2, 5, 1, 2)
    assert (
        table.log10_prob[:5].tolist() == np.array([-1.0, 0, -0.7, -0.8, -0.9], np.float32).tolist()
    )
    assert (
        table.log10_backoff[:5].tolist() == np.array([0, -0.3, 0, -0.3, -0.3], np.float32).tolist()
    )
    pairs = {"<s> ab": -0.2, "ab ba": -0.3, "ba </s>": -0.2, "ab </s>": -0.9}
    for first, second in itertools.product(TOY_NODES, TOY_NODES):
        node = find_ngram(trie, [TOY_NODES[first], TOY_NODES[second]])
        if f"{first} {second}" in pairs:
            assert table.log10_prob[node] == np.float32(pairs[f"{first} {second}"])
        else:
            assert node == -1
    assert [find_word(table, word) for word in ("ab", "ba", "</s>")] == [3, 4, 2]
    assert [find_word(table, word) for word in ("a", "abb", "<unk>", "b")] == [-1, -1, -1, -1]


def test_every_line_of_an_estimated_model_is_found(tmp_path: Path) -> None:
    path = save_lm(tmp_path, order=3).ngram
    table = build_table(path)
    trie = children(table.keys, table.values)
    ids: dict[str, int] = {}
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")]
    ngrams = [fields for fields in lines if len(fields) > 1]
    for fields in ngrams:
        if " " not in fields[1]:
            ids[fields[1]] = len(ids)
    for prob, words, *backoff in random.Random(1).sample(ngrams, 300):
        node = find_ngram(trie, [ids[word] for word in words.split(" ")])
        assert table.log10_prob[node] == np.float32(prob)
        assert table.log10_backoff[node] == np.float32(backoff[0] if backoff else 0)


@pytest.mark.parametrize(
    ("written", "read"),
    [("-1e-7", -1e-7), ("-0.123456789012345678", -0.12345679), ("-.5", -0.5), ("-2.", -2.0)],
)
def test_numbers_that_are_no_plain_decimals_are_read_too(
    toy: Path, written: str, read: float
) -> None:
    toy.write_text(ARPA.replace("-0.9\tab </s>", f"{written}\tab </s>"), encoding="utf-8")
    table = build_table(toy)
    assert table.log10_prob[-1] == np.float32(read)


def test_windows_line_ends_change_nothing(toy: Path) -> None:
    expected = build_table(toy)
    toy.write_bytes(ARPA.replace("\n", "\r\n").encode())
    found = build_table(toy)
    assert found.log10_prob.tolist() == expected.log10_prob.tolist()
    assert found.word_of.tolist() == expected.word_of.tolist()


@pytest.mark.parametrize("spelling", ["<unk>", "<UNK>"])
def test_unknown_word_is_number_zero_wherever_it_stands(toy: Path, spelling: str) -> None:
    text = ARPA.replace("-1.0\t<unk>\t0\n", "").replace(
        "-0.9\tba\t-0.3\n", f"-0.9\tba\t-0.3\n-1.0\t{spelling}\t0\n"
    )
    toy.write_text(text, encoding="utf-8")
    table = build_table(toy)
    assert table.n_words == 5
    assert table.log10_prob[0] == -1
    assert (table.start_id, table.end_id) == (1, 2)


def test_unknown_word_that_the_file_lacks_gets_what_kenlm_gives_it(toy: Path) -> None:
    text = ARPA.replace("-1.0\t<unk>\t0\n", "").replace("ngram 1=5", "ngram 1=4")
    toy.write_text(text, encoding="utf-8")
    table = build_table(toy)
    assert (table.n_words, float(table.log10_prob[0])) == (5, -100.0)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("-0.2\tba zz", "not among the unigrams"),
        ("-0.2\tab ba", "'ab ba'"),
    ],
)
def test_ngrams_that_break_the_model_are_named_with_their_line(
    toy: Path, new: str, said: str
) -> None:
    toy.write_text(ARPA.replace("-0.2\tba </s>", new), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        build_table(toy)
    assert "toy.arpa, line 15: " in caught.value.message
    assert said in caught.value.message
    assert caught.value.code == "E_LM"


@pytest.mark.parametrize(
    ("trigram", "said", "code"),
    [("ba ab </s>", "first words", "E_LM"), ("<s> ab ab", "last words", GAPS)],
)
def test_ngrams_without_their_shorter_ones(toy: Path, trigram: str, said: str, code: str) -> None:
    text = ARPA.replace("ngram 2=4\n", "ngram 2=4\nngram 3=1\n")
    text = text.replace("\n\\end\\", f"\n\\3-grams:\n-0.1\t{trigram}\n\n\\end\\")
    toy.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=said) as caught:
        build_table(toy)
    assert caught.value.code == code


def test_second_load_reads_what_the_first_kept(toy: Path) -> None:
    news: list[str] = []
    first = load_table(toy, on_news=news.append)
    assert len(news) == 1
    assert "read once into a table" in news[0]
    second = load_table(toy, on_news=news.append)
    assert len(news) == 1
    for name in ("keys", "log10_prob", "word_of"):
        assert getattr(second, name).tolist() == getattr(first, name).tolist()
    assert not second.keys.flags.writeable


def test_other_content_under_the_same_name_is_another_table(toy: Path) -> None:
    load_table(toy)
    toy.write_text(ARPA.replace("-0.9\tba\t", "-0.4\tba\t"), encoding="utf-8")
    assert load_table(toy).log10_prob[4] == np.float32(-0.4)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-100],
        lambda data: data[:40],
        lambda _data: b"",
        lambda data: data[:-9] + bytes([data[-9] ^ 64]) + data[-8:],
        lambda data: data[:-1000] + bytes([data[-1000] ^ 1]) + data[-999:],
        lambda data: data.replace(b"w2vctc ngram 1", b"w2vctc ngram 0"),
        lambda data: data.replace(b'{"sizes"', b'{"sizec"'),
        lambda data: data.replace(b'{"sizes"', b'{{sizes"'),
        lambda data: data[:15] + b"\xff" * 8 + data[23:],
    ],
)
def test_damaged_or_stale_table_is_made_anew_and_that_is_said(toy: Path, damage: object) -> None:
    expected = load_table(toy)
    (kept,) = (toy.parent / "cache" / "ngrams").iterdir()
    data = kept.read_bytes()
    kept.unlink()  # the first table still has the old file in memory
    kept.write_bytes(damage(data))  # type: ignore[operator]
    news: list[str] = []
    found = load_table(toy, on_news=news.append)
    assert found.log10_prob.tolist() == expected.log10_prob.tolist()
    assert len(news) == 1
    assert str(kept) in news[0]
    assert "made anew" in news[0]
    assert read_table(kept).keys.tolist() == expected.keys.tolist()


def test_cache_that_cannot_be_written_is_said_and_does_no_harm(toy: Path) -> None:
    (toy.parent / "cache").write_text("a file in the way", encoding="utf-8")
    news: list[str] = []
    table = load_table(toy, on_news=news.append)
    assert table.n_words == 5
    assert "cannot be kept" in news[-1]
    assert not table.keys.flags.writeable


def test_missing_file_and_folder_are_refused(toy: Path) -> None:
    for path in (toy.with_name("none.arpa"), toy.parent):
        with pytest.raises(ModelError) as caught:
            load_table(path)
        assert caught.value.code == "E_LM"
        assert str(path) in caught.value.message
