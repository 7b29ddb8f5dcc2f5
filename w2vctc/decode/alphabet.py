"""The decoder's alphabet: the vocabulary's labels as pyctcdecode names them."""

import re
from collections import Counter

from w2vctc.errors import ModelError
from w2vctc.vocab import Vocabulary

UNKNOWN_SIGN = "⁇"
"""What pyctcdecode writes for the unknown label, and transformers expects in alphabet.json."""

_UNKNOWN_PATTERN = re.compile(r"[<\[]unk[>\]]", flags=re.IGNORECASE)


def decoder_labels(vocabulary: Vocabulary) -> list[str]:
    """One label per logit, in order: "" for the blank, a space for the delimiter, the rest as is.

    An unknown label in the usual spelling (`<unk>`, `[UNK]`) becomes the sign that transformers
    looks for when it compares its tokenizer with alphabet.json. Raises ModelError E_VOCAB when
    two labels turn out the same.
    """
    labels = [_rename(label, vocabulary) for label in vocabulary.labels]
    doubled = [label for label, count in Counter(labels).items() if count > 1]
    if doubled:
        raise ModelError(
            f"vocabulary: {doubled[0]!r} stands for more than one label",
            hint="keep only one word delimiter, one blank and one label per letter in vocab.json",
            code="E_VOCAB",
        )
    return labels


def _rename(label: str, vocabulary: Vocabulary) -> str:
    if label == vocabulary.blank:
        return ""
    if label == vocabulary.word_delimiter:
        return " "
    if label == vocabulary.unknown and _UNKNOWN_PATTERN.fullmatch(label):
        return UNKNOWN_SIGN
    return label
