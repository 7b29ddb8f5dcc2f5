"""Labels in logit order, and the files that transformers must open unedited."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.errors import DataError, ModelError
from w2vctc.text.profile import LanguageProfile
from w2vctc.vocab import (
    BLANK,
    UNKNOWN,
    WORD_DELIMITER,
    Vocabulary,
    build_vocabulary,
    check_sizes,
    count_characters,
    load_vocabulary,
    save_feature_extractor,
    save_tokenizer,
    unseen_characters,
)

TEXTS = ["la lluna", "col·lega d'ahir", "xai, no: çà".replace(",", "").replace(":", "")]
LABELS = (BLANK, UNKNOWN, WORD_DELIMITER, *"'acdeghilnorux", "·", "à", "ç")
FACEBOOK = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4, "E": 5, "T": 6, "'": 7}


def write_json(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")


def test_labels_are_special_ones_then_letters_by_code_point() -> None:
    assert build_vocabulary(TEXTS).labels == LABELS
    assert build_vocabulary(reversed(TEXTS)).labels == LABELS


def test_a_digraph_that_occurs_stands_behind_its_first_letter() -> None:
    vocabulary = build_vocabulary(TEXTS, digraphs=("ll", "ch", "l·l", "a"))
    letters = (*"'acdeghi", "l", "ll", "l·l", *"norux", "·", "à", "ç")
    assert vocabulary.letters == letters


def test_ids_point_at_the_labels() -> None:
    vocabulary = build_vocabulary(TEXTS)
    assert (vocabulary.blank_id, vocabulary.unknown_id, vocabulary.delimiter_id) == (0, 1, 2)
    assert vocabulary.characters == set("'acdeghilnorux·àç")


@pytest.mark.parametrize("texts", [[], ["", " "]])
def test_texts_without_a_character_are_refused(texts: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        build_vocabulary(texts)
    assert caught.value.code == "E_EMPTY_TEXT"


def test_a_delimiter_in_the_texts_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        build_vocabulary(["a|b"])
    assert caught.value.code == "E_RESERVED"


def test_encode_takes_the_longest_label_first() -> None:
    vocabulary = build_vocabulary(["chchh l ll"], digraphs=("ch", "chh", "ll"))
    labels = [vocabulary.labels[index] for index in vocabulary.encode("chhc lll")]
    assert labels == ["chh", "c", "|", "ll", "l"]


def test_unknown_characters_are_encoded_as_unknown_and_listed() -> None:
    vocabulary = build_vocabulary(["ab"])
    assert vocabulary.encode("a ñb|") == [3, 2, 1, 4, 1]
    assert vocabulary.unspellable("ñ b|ñ\n") == ["ñ", "|", "ñ", "\n"]


def test_an_unknown_character_is_refused_where_no_label_stands_for_it() -> None:
    vocabulary = Vocabulary(labels=(BLANK, "|", "a"), unknown="")
    assert vocabulary.unknown_id is None
    with pytest.raises(ModelError, match="'b'") as caught:
        vocabulary.encode("ab")
    assert caught.value.code == "E_VOCAB"


@given(text=st.text(alphabet="abch l'", max_size=30))
def test_what_is_encoded_is_spelled_back(text: str) -> None:
    vocabulary = build_vocabulary(["abchl' ll"], digraphs=("ch", "ll"))
    assert vocabulary.spell(vocabulary.encode(text)) == text
    assert vocabulary.unspellable(text) == []


def test_spell_leaves_special_labels_out_and_collapses_nothing() -> None:
    vocabulary = Vocabulary(labels=tuple(FACEBOOK))
    assert vocabulary.letters == ("E", "T", "'")
    assert vocabulary.spell([1, 5, 5, 0, 4, 3, 6, 2, -100, 99]) == "EE T"


def test_sizes_that_differ_are_refused_with_both_numbers() -> None:
    vocabulary = build_vocabulary(["ab"])
    check_sizes(vocabulary, head_size=5, where="models/ca")
    with pytest.raises(ModelError, match=r"models/ca: .* 5 labels.* 32 outputs") as caught:
        check_sizes(vocabulary, head_size=32, where="models/ca")
    assert caught.value.code == "E_VOCAB" and caught.value.exit_code == 4


def test_characters_are_counted_named_and_marked() -> None:
    profile = LanguageProfile("xx", letters=("a", "b", "ch"), word_signs=("'",))
    texts = ["aba aba b'a", "ba ab ñu ab", "b ch"]
    rows = count_characters(texts, profile)
    assert [(row.character, row.count, row.mark) for row in rows] == [
        ("a", 8, ""),
        ("b", 7, ""),
        ("'", 1, "rare"),
        ("c", 1, "rare"),
        ("h", 1, "rare"),
        ("u", 1, "unexpected"),
        ("ñ", 1, "unexpected"),
    ]
    assert (rows[-1].code_points, rows[-1].name) == ("U+00F1", "LATIN SMALL LETTER N WITH TILDE")
    assert rows[0].example == "ab"  # twice, as aba is, and first in the alphabet
    assert rows[-1].example == "ñu"


def test_a_small_share_of_much_text_is_rare() -> None:
    rows = count_characters(["a" * 999_990 + "b" * 9], LanguageProfile("xx"))
    assert [(row.character, row.mark) for row in rows] == [("a", ""), ("b", "rare")]


def test_without_letters_in_the_profile_any_letter_is_expected_and_a_digit_is_not() -> None:
    rows = count_characters(["नि 7" * 5], LanguageProfile("xx"))
    assert {row.character: row.mark for row in rows} == {"न": "", "ि": "", "7": "unexpected"}


def test_characters_without_a_label_are_reported() -> None:
    rows = unseen_characters(["abc xc", "x"], build_vocabulary(["ab"]))
    assert [(row.character, row.count, row.example) for row in rows] == [
        ("c", 2, "abc"),
        ("x", 2, "x"),
    ]


@pytest.mark.parametrize(
    "vocabulary",
    [
        build_vocabulary(TEXTS, digraphs=("ll", "l·l")),
        Vocabulary(
            labels=("a", "[PAD]", " ", "[UNK]"), blank="[PAD]", word_delimiter=" ", unknown="[UNK]"
        ),
        Vocabulary(labels=("|", "<pad>", "a"), unknown=""),
    ],
)
def test_saved_and_loaded_is_the_same(vocabulary: Vocabulary, tmp_path: Path) -> None:
    save_tokenizer(vocabulary, tmp_path)
    assert load_vocabulary(tmp_path) == vocabulary


def test_saving_removes_the_tokens_that_another_tokenizer_had_added(tmp_path: Path) -> None:
    write_json(tmp_path / "added_tokens.json", {"<s>": 5, "</s>": 6})
    write_json(tmp_path / "special_tokens_map.json", {"bos_token": "<s>"})
    save_tokenizer(build_vocabulary(["ab"]), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "tokenizer_config.json",
        "vocab.json",
    ]


def test_a_published_folder_with_vocab_json_alone_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "vocab.json", FACEBOOK)
    vocabulary = load_vocabulary(tmp_path)
    assert vocabulary.labels == tuple(FACEBOOK)
    assert (vocabulary.blank_id, vocabulary.unknown_id, vocabulary.delimiter_id) == (0, 3, 4)


def test_special_tokens_are_taken_from_the_tokenizer_s_settings(tmp_path: Path) -> None:
    write_json(tmp_path / "vocab.json", {"a": 0, "_": 1, "<pad>": 2, "[blank]": 3, "?": 4})
    write_json(tmp_path / "special_tokens_map.json", {"pad_token": "<pad>", "unk_token": "?"})
    settings = {"pad_token": {"content": "[blank]"}, "word_delimiter_token": "_"}
    write_json(tmp_path / "tokenizer_config.json", settings)
    vocabulary = load_vocabulary(tmp_path)
    assert (vocabulary.blank, vocabulary.word_delimiter, vocabulary.unknown) == (
        "[blank]",
        "_",
        "?",
    )


def test_added_sentence_marks_count_only_where_the_head_has_them(tmp_path: Path) -> None:
    write_json(tmp_path / "vocab.json", {"|": 0, "a": 1, "[UNK]": 2, "[PAD]": 3})
    write_json(tmp_path / "added_tokens.json", {"<s>": 4, "</s>": 5})
    with_marks = ("|", "a", "[UNK]", "[PAD]", "<s>", "</s>")
    assert load_vocabulary(tmp_path).labels == with_marks
    assert load_vocabulary(tmp_path, head_size=6).labels == with_marks
    assert load_vocabulary(tmp_path, head_size=4).labels == with_marks[:4]
    assert load_vocabulary(tmp_path).letters == ("a",)


def test_one_language_of_several_is_read(tmp_path: Path) -> None:
    several = {"cat": {"<pad>": 0, "|": 1, "a": 2}, "spa": {"<pad>": 0, "|": 1, "o": 2}}
    write_json(tmp_path / "vocab.json", several)
    write_json(tmp_path / "tokenizer_config.json", {"target_lang": "spa"})
    assert load_vocabulary(tmp_path).letters == ("o",)
    write_json(tmp_path / "tokenizer_config.json", {})
    with pytest.raises(ModelError, match="2 languages") as caught:
        load_vocabulary(tmp_path)
    assert "target_lang" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "no such file"),
        ("", "not valid JSON"),
        ("\xff", "not valid JSON"),
        ('["a"]', "a table was expected, not list"),
        ("{}", "no label"),
        ('{"<pad>": 0, "|": 2}', "ids run to 2 but 1 is missing"),
        ('{"<pad>": 0, "|": 1, "a": 1}', "'|' and 'a' have the same id 1"),
        ('{"<pad>": 0, "a": 1, "a": 2}', "the key 'a' stands there twice"),
        ('{"<pad>": 0, "|": true}', "'|' has True where its id should be"),
        ('{"<pad>": 0, "|": "1"}', "'|' has '1' where its id should be"),
        ('{"a": 0, "|": 1}', "no pad label ('<pad>' or '[PAD]') among its 2"),
        ('{"<pad>": 0, "a": 1}', "no word delimiter label ('|' or ' ') among its 2"),
    ],
)
def test_a_broken_vocabulary_is_refused(tmp_path: Path, content: str | None, fault: str) -> None:
    path = tmp_path / "vocab.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError) as caught:
        load_vocabulary(tmp_path)
    assert fault in caught.value.message and str(path) in caught.value.message
    assert caught.value.code == "E_VOCAB" and caught.value.hint


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").mkdir()
    with pytest.raises(ModelError, match=r"vocab\.json"):
        load_vocabulary(tmp_path)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny untrained model with our tokenizer and feature extractor files."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(LABELS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_kernel=(400, 3),
        conv_stride=(160, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    save_tokenizer(build_vocabulary(TEXTS), folder)
    save_feature_extractor(folder, return_attention_mask=False)
    return folder


@pytest.mark.parametrize("name", ["Wav2Vec2CTCTokenizer", "AutoTokenizer"])
def test_transformers_opens_the_tokenizer_with_one_token_per_label(
    name: str, model_folder: Path
) -> None:
    import transformers

    tokenizer = getattr(transformers, name).from_pretrained(model_folder)
    vocabulary = load_vocabulary(model_folder)
    assert len(tokenizer) == tokenizer.vocab_size == len(vocabulary.labels)
    assert tokenizer.convert_ids_to_tokens(list(range(len(LABELS)))) == list(LABELS)
    assert tokenizer.bos_token is None and tokenizer.eos_token is None
    assert tokenizer.pad_token_id == vocabulary.blank_id
    assert tokenizer("la col·lega d'ahir").input_ids == vocabulary.encode("la col·lega d'ahir")


@pytest.mark.parametrize("skip_special_tokens", [False, True])
def test_transformers_decodes_with_spaces_between_words(
    skip_special_tokens: bool, model_folder: Path
) -> None:
    from transformers import Wav2Vec2CTCTokenizer

    tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(model_folder)
    vocabulary = load_vocabulary(model_folder)
    ids = vocabulary.encode("no xai")
    frames = [0, ids[0], ids[0], 0, ids[1], 0, ids[2], ids[2], 0, *ids[3:], 0, 0]
    assert tokenizer.decode(frames, skip_special_tokens=skip_special_tokens) == "no xai"
    labels = vocabulary.encode("la lluna")
    assert tokenizer.decode(labels, group_tokens=False) == "la lluna"


def test_transformers_keeps_double_letters_without_skip_special_tokens(model_folder: Path) -> None:
    """With it, transformers drops the blank before repeats are merged; `pipeline` goes without."""
    from transformers import Wav2Vec2CTCTokenizer

    tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(model_folder)
    index = load_vocabulary(model_folder).encode("l")[0]
    assert tokenizer.decode([index, 0, index], skip_special_tokens=False) == "ll"


def test_transformers_decodes_digraph_labels(tmp_path: Path) -> None:
    from transformers import Wav2Vec2CTCTokenizer

    vocabulary = build_vocabulary(["chay alli"], digraphs=("ch", "ll"))
    save_tokenizer(vocabulary, tmp_path)
    tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) == len(vocabulary.labels)
    assert tokenizer.decode(vocabulary.encode("alli chay"), group_tokens=False) == "alli chay"


@pytest.mark.parametrize("name", ["Wav2Vec2Processor", "AutoProcessor"])
@pytest.mark.parametrize("mask", [False, True])
def test_transformers_opens_the_processor(name: str, mask: bool, tmp_path: Path) -> None:
    import transformers

    save_tokenizer(build_vocabulary(TEXTS), tmp_path)
    save_feature_extractor(tmp_path, return_attention_mask=mask)
    processor = getattr(transformers, name).from_pretrained(tmp_path)
    assert type(processor).__name__ == "Wav2Vec2Processor"
    batch = processor([np.arange(800.0), np.ones(400)], sampling_rate=16_000, padding=True)
    assert ("attention_mask" in batch) == mask
    assert np.asarray(batch["input_values"][0]).mean() == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match="16000"):
        processor(np.ones(800), sampling_rate=8000)


def test_the_pipeline_opens_the_folder_unedited(model_folder: Path) -> None:
    from transformers import pipeline

    recognize = pipeline("automatic-speech-recognition", model=str(model_folder), device="cpu")
    noise = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
    text = recognize(noise)["text"]
    vocabulary = load_vocabulary(model_folder)
    assert vocabulary.unspellable(text.replace(UNKNOWN, "")) == []
    assert len(recognize.tokenizer) == recognize.model.config.vocab_size == len(vocabulary.labels)


def test_with_a_language_model_the_processor_is_named_so(tmp_path: Path) -> None:
    save_feature_extractor(tmp_path, return_attention_mask=True, with_lm=True)
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert settings["processor_class"] == "Wav2Vec2ProcessorWithLM"
