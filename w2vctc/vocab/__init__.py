"""Labels in logit order, the files that hold them, and the blank and delimiter among them."""

from w2vctc.text.characters import CharacterCount, count_characters
from w2vctc.vocab.files import load_vocabulary, save_feature_extractor, save_tokenizer
from w2vctc.vocab.vocabulary import (
    BLANK,
    UNKNOWN,
    WORD_DELIMITER,
    Vocabulary,
    build_vocabulary,
    check_sizes,
    unseen_characters,
)

__all__ = [
    "BLANK",
    "UNKNOWN",
    "WORD_DELIMITER",
    "CharacterCount",
    "Vocabulary",
    "build_vocabulary",
    "check_sizes",
    "count_characters",
    "load_vocabulary",
    "save_feature_extractor",
    "save_tokenizer",
    "unseen_characters",
]
