from pathlib import Path

import numpy as np
import pytest

from w2vctc.errors import ModelError
from w2vctc.lm import reading
from w2vctc.lm.arpa import ArpaHeader, check_arpa, read_header, read_unigrams, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.reading import read_arpa

GOOD = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1\t<unk>\t0
0\t<s>\t-0.3
-0.5\t</s>
-0.7\tsol\t-0.3
-0.7\tmar\t-0.3

\\2-grams:
-0.4\t<s> sol
-0.2\tsol mar
-0.2\tmar </s>

\\end\\
"""


def save(folder: Path, text: str) -> Path:
    path = folder / "lm.arpa"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    return path


def test_files_of_our_own_are_looked_at_all_lines_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    for order in range(1, 5):
        model = estimate_ngrams(["la mar blava", "ça"], order=order, pruning=(0, 0, 1)[:order])
        write_arpa(model, path)
        assert reading.is_plain(path, model.ngram_counts)
    assert not reading.is_plain(save(tmp_path, GOOD.replace("-0.2\tsol", "-2e-1\tsol")), (5, 3))


def test_a_good_file_gives_its_header(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD)
    assert check_arpa(path) == read_header(path) == ArpaHeader(order=2, counts=(5, 3))


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n"),
        "# made by hand\n\n" + GOOD,
        GOOD.replace("\n\n\\2-grams", "\n\\2-grams"),
        GOOD + "\n\n",
        GOOD.replace("-0.7\tsol", "-7e-1\tsol"),
        GOOD.replace("-0.2\tmar </s>", "-0.2\tmar </s>\t0"),
        GOOD.replace("<unk>", "<UNK>"),
    ],
)
def test_what_kenlm_reads_is_accepted(text: str, tmp_path: Path) -> None:
    assert check_arpa(save(tmp_path, text)).counts == (5, 3)


# What is wrong, the text to replace and by what, the line that the message must name, its reason.
BROKEN = [
    ("no data section", "\\data\\", "\\dato\\", 1, "wanted \\data\\"),
    ("an empty file", GOOD, "", 0, "no \\data\\"),
    ("no counts", "ngram 1=5\nngram 2=3\n", "", 2, "no `ngram 1="),
    ("a negative count", "ngram 2=3", "ngram 2=-3", 3, "negative count -3"),
    ("a count that is no number", "ngram 2=3", "ngram 2=many", 3, "wanted `ngram 2="),
    ("counts out of order", "ngram 2=3", "ngram 3=3", 3, "wanted `ngram 2="),
    ("too few unigrams", "ngram 1=5", "ngram 1=6", 11, "5 1-grams, but the head"),
    ("too many unigrams", "ngram 1=5", "ngram 1=4", 11, "5 1-grams, but the head"),
    ("a huge count", "ngram 2=3", "ngram 2=30000000000", 16, "3 2-grams, but the head"),
    ("no <s>", "0\t<s>\t-0.3\n", "0\t<S>\t-0.3\n", 11, "no <s> among the unigrams"),
    ("no </s>", "-0.5\t</s>\n", "-0.5\tend\n", 11, "no </s> among the unigrams"),
    ("two </s>", "-0.7\tmar\t-0.3", "-0.5\t</s>", 10, "a second '</s>'"),
    ("a word twice", "-0.7\tmar\t-0.3", "-0.7\tsol\t-0.3", 10, "a second 'sol'"),
    ("</s> in <unk>'s place", "-1\t<unk>\t0", "-0.5\t</s>\t0", 8, "a second '</s>' among"),
    ("two spellings of <unk>", "-0.7\tmar\t-0.3", "-1\t<UNK>\t0", 10, "a second '<unk>'"),
    ("NaN", "-0.2\tsol mar", "nan\tsol mar", 14, "'nan' is not a finite number"),
    ("minus infinity", "-0.7\tmar", "-inf\tmar", 10, "'-inf' is not a finite number"),
    ("beyond single precision", "-0.2\tsol mar", "-1e39\tsol mar", 14, "not a finite number"),
    ("an underscore", "-0.2\tsol mar", "-1_0\tsol mar", 14, "not a finite number"),
    (
        "a bigram twice",
        "-0.2\tmar </s>",
        "-0.2\tsol mar",
        15,
        "a second 'sol mar' among the 2-grams",
    ),
    (
        "a bigram twice, otherwise written",
        "-0.2\tmar </s>",
        "-2e-1\tsol mar\t0",
        15,
        "a second 'sol",
    ),
    ("a word that no unigram is", "-0.2\tsol mar", "-0.2\tsol cel", 14, "'cel' is not among the"),
    (
        "a context that no unigram is",
        "-0.2\tsol mar",
        "-0.2\tcel mar",
        14,
        "the first words of this",
    ),
    ("a positive probability", "-0.2\tsol mar", "0.2\tsol mar", 14, "positive log-probability"),
    ("an infinite back-off", "sol\t-0.3", "sol\t-inf", 9, "back-off '-inf'"),
    ("an empty back-off", "sol\t-0.3", "sol\t", 9, "back-off '' is not"),
    ("a top back-off", "-0.2\tsol mar", "-0.2\tsol mar\t-0.1", 14, "at the highest order"),
    ("a word too many", "-0.2\tsol mar", "-0.2\tsol mar cel", 14, "2 words"),
    ("an empty word", "-0.7\tmar\t-0.3", "-0.7\t\t-0.3", 10, "1 word"),
    ("a word too few", "-0.2\tsol mar", "-0.2\tsol", 14, "2 words"),
    ("no tab", "-0.2\tsol mar", "-0.2 sol mar", 14, "2 words"),
    ("a column too many", "sol\t-0.3", "sol\t-0.3\t1", 9, "1 word"),
    ("a section missing", "\\2-grams:", "\\3-grams:", 12, r"wanted \2-grams:"),
    ("cut short", "\\end\\\n", "", 16, "wanted \\end\\"),
    ("cut in the middle", GOOD[GOOD.index("-0.2\tsol") :], "", 13, "1 2-grams, but"),
    ("text after the end", "\\end\\\n", "\\end\\\nmore\n", 18, "text after"),
    ("not UTF-8", "-0.2\tsol mar", "-0.2\tsol m\udce0r", 14, "not UTF-8 at byte 11 of the line"),
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault[0])
def test_a_broken_file_is_refused_with_its_line(
    fault: tuple[str, str, str, int, str], tmp_path: Path
) -> None:
    _, old, new, line, reason = fault
    assert old in GOOD
    path = save(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ModelError) as caught:
        check_arpa(path)
    assert f"{path}, line {line}: " in caught.value.message
    assert reason in caught.value.message
    assert (caught.value.code, caught.value.exit_code) == ("E_LM", 4)
    assert caught.value.hint


TRIGRAMS = GOOD.replace("ngram 2=3\n", "ngram 2=3\nngram 3=2\n").replace(
    "\n\\end\\", "\n\\3-grams:\n-0.1\t<s> sol mar\n-0.1\tsol mar </s>\n\n\\end\\"
)


def test_three_orders_are_good(tmp_path: Path) -> None:
    assert check_arpa(save(tmp_path, TRIGRAMS)).counts == (5, 3, 2)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("-0.1\tsol mar </s>", "-0.3\t<s> sol mar", 20, "a second '<s> sol mar' among the 3-grams"),
        ("sol mar </s>", "mar sol </s>", 20, "the first words of this 3-gram are no 2-gram"),
        ("sol mar </s>", "mar mar </s>", 20, "the first words of this 3-gram are no 2-gram"),
        ("-0.1\tsol mar </s>", "-0.1\tsol mar cel", 20, "'cel' is not among the unigrams"),
        ("-0.1\tsol mar </s>", "-0.1\tsol mar </s>\t-1", 20, "back-off -1 at the highest order"),
    ],
)
def test_faults_of_the_longest_ngrams_are_found_too(
    old: str, new: str, line: int, reason: str, tmp_path: Path
) -> None:
    path = save(tmp_path, TRIGRAMS.replace(old, new))
    with pytest.raises(ModelError) as caught:
        check_arpa(path)
    assert caught.value.message.startswith(f"{path}, line {line}: ")
    assert reason in caught.value.message
    assert caught.value.code == "E_LM"


def test_texts_that_share_a_hash_value_are_no_duplicates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is compared is the texts; hash values only say where to look.
    monkeypatch.setattr(reading, "is_plain", lambda _path, _counts: False)
    monkeypatch.setattr("w2vctc.lm.arpa_section.hash", lambda text: len(text) % 2, raising=False)
    assert check_arpa(save(tmp_path, GOOD)).counts == (5, 3)


def test_a_probability_of_one_may_be_rounded_up(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD.replace("-0.2\tsol mar", "5e-7\tsol mar"))
    assert check_arpa(path).order == 2
    assert read_arpa(path).tables[1].log10_prob.max() == 0


def test_an_order_that_kenlm_was_not_built_for_is_refused(tmp_path: Path) -> None:
    counts = "".join(f"ngram {length}=1\n" for length in range(1, 8))
    with pytest.raises(ModelError, match="line 8: order above 6"):
        check_arpa(save(tmp_path, f"\\data\\\n{counts}\n"))


def test_endless_lines_do_not_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="line 1: a line of more than"):
        check_arpa(save(tmp_path, "x" * 1_000_000))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.arpa: No such file"):
        check_arpa(tmp_path / "nowhere.arpa")


def test_unigrams_come_from_lines_with_two_and_with_three_columns(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD.replace("-0.7\tmar\t-0.3", "-0.7\tmar"))
    assert read_unigrams(path) == ["sol", "mar"]


def test_unigrams_of_a_written_model_are_its_words(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    write_arpa(estimate_ngrams(["l'illa ça", "col·lega"], order=2), path)
    assert read_unigrams(path) == ["l'illa", "ça", "col·lega"]
    assert check_arpa(path).counts == read_header(path).counts


def test_unigrams_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no \\1-grams: section"):
        read_unigrams(save(tmp_path, "la mar\n"))
    with pytest.raises(ModelError, match="ends within the unigrams"):
        read_unigrams(save(tmp_path, GOOD[: GOOD.index("\\2-grams")]))


def test_the_written_file_is_this_text(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    write_arpa(estimate_ngrams(["sol"], order=2), path)
    # Both unigrams are counted once and lose D1 = 0.5 (the fallback). The half that is left over is
    # spread over <unk>, </s> and sol: 1/6 each, and 1/4 + 1/6 = 5/12 for the two that were seen.
    # Bigrams: 1/2 + 1/2 * 5/12 = 17/24.
    assert path.read_text(encoding="utf-8") == (
        "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n"
        "-0.7781512\t<unk>\t0\n0\t<s>\t-0.30103\n-0.38021123\t</s>\t0\n"
        "-0.38021123\tsol\t-0.30103\n\n"
        "\\2-grams:\n-0.1497623\tsol </s>\n-0.1497623\t<s> sol\n\n\\end\\\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["lm.arpa"]


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    model = estimate_ngrams(["la mar blava", "el sol", "la mar", "ça l'illa"], order=3)
    write_arpa(model, path)
    read = read_arpa(path)
    assert read.words == model.words
    for mine, theirs in zip(read.tables, model.tables, strict=True):
        np.testing.assert_array_equal(mine.word_ids, theirs.word_ids)
        np.testing.assert_array_equal(mine.log10_prob, theirs.log10_prob)
        assert (mine.log10_backoff is None) == (theirs.log10_backoff is None)
        if mine.log10_backoff is not None and theirs.log10_backoff is not None:
            np.testing.assert_array_equal(mine.log10_backoff, theirs.log10_backoff)


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n\n\\2-grams", "\n\\2-grams"),
        GOOD.replace("-0.7\tsol\t-0.3\n-0.7\tmar\t-0.3", "-7e-1\tmar\t-0.3\n-0.7\tsol\t-0.3"),
        GOOD.replace("<unk>", "<UNK>"),
        GOOD.replace("0\t<s>", "+0\t<s>"),
    ],
)
def test_other_ways_to_write_a_file_are_read_alike(text: str, tmp_path: Path) -> None:
    model = read_arpa(save(tmp_path, text))
    ids = {word: number for number, word in enumerate(model.words)}
    assert list(ids)[:3] == ["<unk>", "<s>", "</s>"]
    grams = {tuple(model.words[n] for n in gram) for gram in model.tables[1].word_ids.tolist()}
    assert grams == {("<s>", "sol"), ("sol", "mar"), ("mar", "</s>")}
    assert model.tables[0].log10_prob[ids["sol"]] == np.float32(-0.7)
    backoff = model.tables[0].log10_backoff
    assert backoff is not None
    assert backoff[ids["sol"]] == np.float32(-0.3)
    assert backoff[ids["</s>"]] == 0


def test_an_unknown_word_that_is_absent_gets_what_kenlm_gives_it(tmp_path: Path) -> None:
    text = GOOD.replace("-1\t<unk>\t0\n", "").replace("ngram 1=5", "ngram 1=4")
    model = read_arpa(save(tmp_path, text))
    assert model.words[0] == "<unk>"
    assert model.tables[0].log10_prob[0] == -100


def test_ngrams_without_their_last_words_are_left_to_kenlm(tmp_path: Path) -> None:
    # SRILM writes such files; KenLM puts in what is missing when it loads them.
    text = TRIGRAMS.replace("ngram 2=3", "ngram 2=2").replace("-0.2\tmar </s>\n", "")
    path = save(tmp_path, text)
    assert check_arpa(path).counts == (5, 2, 2)
    with pytest.raises(ModelError, match="the last words of 'sol mar </s>'") as caught:
        read_arpa(path)
    assert caught.value.code == "E_LM_GAPS"
