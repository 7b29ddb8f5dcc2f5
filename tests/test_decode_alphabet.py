"""The decoder's labels: what transformers expects, for every usual spelling of the specials."""

import pytest
from decode_material import VOCABULARY

from w2vctc.decode.alphabet import decoder_labels
from w2vctc.errors import ModelError
from w2vctc.vocab import Vocabulary


def test_specials_are_renamed_and_letters_kept() -> None:
    assert decoder_labels(VOCABULARY) == ["", "⁇", " ", "a", "b"]


@pytest.mark.parametrize(
    "vocabulary",
    [
        VOCABULARY,
        Vocabulary(("<pad>", "<s>", "</s>", "<unk>", "|", "E", "T", "'")),
        Vocabulary(
            ("a", "b", "|", "[UNK]", "[PAD]"), blank="[PAD]", word_delimiter="|", unknown="[UNK]"
        ),
        Vocabulary(("<pad>", "|", "a"), unknown=""),
    ],
)
def test_labels_equal_pyctcdecodes_own(vocabulary: Vocabulary) -> None:
    from pyctcdecode import Alphabet

    assert decoder_labels(vocabulary) == Alphabet.build_alphabet(list(vocabulary.labels)).labels


def test_blank_of_any_name_is_the_blank() -> None:
    # pyctcdecode goes by the name and would append a label of its own here.
    vocabulary = Vocabulary(("<blank>", " ", "a"), blank="<blank>", word_delimiter=" ", unknown="")
    assert decoder_labels(vocabulary) == ["", " ", "a"]


def test_letters_that_look_like_word_pieces_stay_letters() -> None:
    # A label that begins with ▁ or ## would switch pyctcdecode to word pieces.
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", "▁", "##"))
    assert decoder_labels(vocabulary)[3:] == ["▁", "##"]


def test_two_spaces_are_refused() -> None:
    with pytest.raises(ModelError, match="' '") as caught:
        decoder_labels(Vocabulary(("<pad>", "<unk>", "|", " ", "a")))
    assert caught.value.code == "E_VOCAB"
