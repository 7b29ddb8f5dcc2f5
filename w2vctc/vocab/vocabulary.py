"""The labels of a model in logit order: what tokenizer, head and decoder must agree on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from w2vctc.errors import DataError, ModelError
from w2vctc.text.characters import CharacterCount, tabulate_characters

BLANK = "<pad>"
UNKNOWN = "<unk>"
WORD_DELIMITER = "|"

_MARKUP = re.compile(r"<.+>|\[.+\]")  # <s>, </s>, [CLS] ...: never part of a text


@dataclass(frozen=True)
class Vocabulary:
    """Labels, index = logit; `unknown` is empty where the model has no such label."""

    labels: tuple[str, ...]
    blank: str = BLANK
    word_delimiter: str = WORD_DELIMITER
    unknown: str = UNKNOWN

    @property
    def blank_id(self) -> int:
        """The logit of the CTC blank."""
        return self._ids[self.blank]

    @property
    def delimiter_id(self) -> int:
        """The logit of the space between words."""
        return self._ids[self.word_delimiter]

    @property
    def unknown_id(self) -> int | None:
        """The logit of the unknown label, None where there is none."""
        return self._ids.get(self.unknown)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The labels that are text, in logit order: neither special nor the word delimiter."""
        special = {self.blank, self.word_delimiter, self.unknown}
        return tuple(
            label
            for label in self.labels
            if label and label not in special and not _MARKUP.fullmatch(label)
        )

    @cached_property
    def characters(self) -> frozenset[str]:
        """The single characters that have a label of their own."""
        return frozenset(letter for letter in self.letters if len(letter) == 1)

    def encode(self, text: str) -> list[int]:
        """The ids of normalized `text`: longest label first, unknown characters as `unknown_id`.

        Raises ModelError (E_VOCAB) for an unknown character when there is no unknown label.
        """
        pieces, unknown_id = self._pieces.findall(text), self.unknown_id
        if unknown_id is not None:
            return [self._spelled.get(piece, unknown_id) for piece in pieces]
        for piece in pieces:
            if piece not in self._spelled:
                self._refuse(piece)
        return [self._spelled[piece] for piece in pieces]

    def unspellable(self, text: str) -> list[str]:
        """The characters of `text` that have no label, in order of appearance, repeats included."""
        return [piece for piece in self._pieces.findall(text) if piece not in self._spelled]

    def spell(self, ids: Iterable[int]) -> str:
        """The text of label ids, as they are (no CTC collapsing); special labels are left out."""
        return "".join(self._written.get(index, "") for index in ids)

    def _refuse(self, character: str) -> NoReturn:
        raise ModelError(
            f"the character {character!r} is not among the model's {len(self.labels)} labels, "
            "and the model has no label for unknown characters",
            hint="leave that text out, or build the vocabulary anew",
            code="E_VOCAB",
        )

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {label: index for index, label in enumerate(self.labels)}

    @cached_property
    def _spelled(self) -> dict[str, int]:
        spelled = {letter: self._ids[letter] for letter in self.letters}
        return {**spelled, " ": self.delimiter_id}

    @cached_property
    def _written(self) -> dict[int, str]:
        return {index: text for text, index in self._spelled.items()}

    @cached_property
    def _pieces(self) -> re.Pattern[str]:
        longest_first = sorted(self.letters, key=lambda letter: (-len(letter), letter))
        digraphs = [re.escape(letter) for letter in longest_first if len(letter) > 1]
        return re.compile("|".join([*digraphs, "."]), re.DOTALL)


def build_vocabulary(texts: Iterable[str], *, digraphs: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of normalized training texts: <pad>, <unk>, |, then letters by code point.

    A digraph becomes a label where the texts have it, directly behind its first letter's.
    Raises DataError: E_EMPTY_TEXT without any character, E_RESERVED for a | in the texts.
    """
    seen: set[str] = set()
    wanted = sorted({digraph for digraph in digraphs if len(digraph) > 1})
    for text in texts:
        seen.update(text)
        found = [digraph for digraph in wanted if digraph not in seen and digraph in text]
        seen.update(found)
    seen = {label for label in seen if not label.isspace()}
    if WORD_DELIMITER in seen:
        raise DataError(
            f"the texts hold {WORD_DELIMITER!r}, which divides words in the model's output",
            hint="normalize the texts first, or remove that character",
            code="E_RESERVED",
        )
    if not seen:
        raise DataError(
            "the training texts hold no character at all",
            hint="check the text column, and that the language profile keeps its letters",
            code="E_EMPTY_TEXT",
        )
    return Vocabulary(labels=(BLANK, UNKNOWN, WORD_DELIMITER, *sorted(seen)))


def unseen_characters(texts: Iterable[str], vocabulary: Vocabulary) -> list[CharacterCount]:
    """The characters of dev or test texts that have no label, most frequent first."""
    rows = tabulate_characters(texts)
    return [row for row in rows if row.character not in vocabulary.characters]


def check_sizes(vocabulary: Vocabulary, *, head_size: int, where: str) -> None:
    """Nothing when the head has one output per label; `where` names the model.

    Raises ModelError (E_VOCAB) with both numbers.
    """
    n_labels = len(vocabulary.labels)
    if n_labels != head_size:
        raise ModelError(
            f"{where}: the vocabulary has {n_labels} labels, the model's head {head_size} outputs",
            hint="take vocab.json and the weights from the same training run; "
            "surplus <s> and </s> in added_tokens.json may be deleted",
            code="E_VOCAB",
        )
