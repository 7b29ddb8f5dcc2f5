"""How a search is to weigh a language model, as lm.json and the model folder keep it.

Two of them may lie in a folder: what any engine can do, and what dev found best with the fast
engine, which can do more about words that the language model does not know.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

from w2vctc.errors import ModelError
from w2vctc.lm.ngram import MAX_ORDER

VocabularyKind = Literal["open", "closed"]
VOCABULARY_KINDS: tuple[VocabularyKind, ...] = get_args(VocabularyKind)


class Way(NamedTuple):
    """What is done about words that the language model does not know.

    "closed" never finds one. Open, each costs the same, or with an `oov_order` what an n-gram of
    letters of that order says of its spelling. Ways are of one kind when weights found for one
    suit the other as well.
    """

    vocabulary: VocabularyKind = "open"
    oov_order: int = 0

    @property
    def kind(self) -> str:
        """open, letters or closed."""
        if self.vocabulary == "closed":
            return "closed"
        return "letters" if self.oov_order else "open"

    @property
    def name(self) -> str:
        """`open`, `letters 5` or `closed`, as tables call it."""
        return f"letters {self.oov_order}" if self.kind == "letters" else self.kind


PLAIN = Way()
"""Any word, each unknown one at the same cost: all that pyctcdecode can do."""


@dataclass(frozen=True)
class SearchSettings:
    """Weights, and the way with unknown words; the fields mean what they mean in DecodingOptions.

    None where nothing is said, so that the search's own default holds.
    """

    alpha: float | None = None
    beta: float | None = None
    unk_score_offset: float | None = None
    vocabulary: VocabularyKind = "open"
    oov_order: int = 0
    oov_weight: float | None = None

    @property
    def way(self) -> Way:
        """The way with unknown words."""
        return Way(self.vocabulary, self.oov_order)

    def to_json(self) -> dict[str, Any]:
        """All that is said, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


PLAIN_NAMES = ("alpha", "beta", "unk_score_offset")
"""What every engine knows, in lm.json and in pyctcdecode's attrs.json."""


def plain_json(settings: SearchSettings) -> dict[str, float]:
    """Alpha, beta and the offset of unknown words, those of them that are said."""
    return {name: value for name, value in settings.to_json().items() if name in PLAIN_NAMES}


def read_settings(values: Mapping[str, Any], *, where: str) -> SearchSettings:
    """The settings among these values; others there mean something else.

    Raises ModelError E_LM, which names `where`, for one that no search can use.
    """
    way = Way(values.get("vocabulary", "open"), values.get("oov_order", 0))
    if way.vocabulary not in VOCABULARY_KINDS:
        raise _broken(where, "vocabulary", way.vocabulary, f"one of {', '.join(VOCABULARY_KINDS)}")
    is_count = isinstance(way.oov_order, int) and not isinstance(way.oov_order, bool)
    if not is_count or not 0 <= way.oov_order <= MAX_ORDER:
        raise _broken(where, "oov_order", way.oov_order, f"a whole number from 0 to {MAX_ORDER}")
    numbers: dict[str, Any] = {
        name: _number(values.get(name), name, where) for name in (*PLAIN_NAMES, "oov_weight")
    }
    if (numbers["alpha"] or 0.0) < 0:
        raise _broken(where, "alpha", numbers["alpha"], "0 or more")
    return SearchSettings(**numbers, **way._asdict())


def _number(value: Any, name: str, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _broken(where, name, value, "a number")
    if not math.isfinite(value):
        raise _broken(where, name, value, "a finite number")
    return float(value)


def _broken(where: str, name: str, value: Any, wanted: str) -> ModelError:
    return ModelError(
        f"{where}: {name} = {value!r}, wanted {wanted}",
        hint="tune again with: w2vctc tune",
        code="E_LM",
    )
