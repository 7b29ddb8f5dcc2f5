"""What train-lm learns from: the project's transcripts and any other text, held-out ones apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from w2vctc.lm.recipe import LmRecipe
    from w2vctc.lm.sources import LmSources
    from w2vctc.project import Project

Normalize = Callable[[str], str]


@dataclass(frozen=True)
class LmTexts:
    """The sentences that an n-gram is made of, and how many there were to learn from.

    n_held_out: sentences that dev or test hold too, left out of `sources` unless `kept_held_out`.
    """

    sources: "LmSources"
    n_transcripts: int
    n_lines: int
    n_held_out: int
    kept_held_out: bool

    @property
    def held_out_share(self) -> float:
        """Of all that there were to learn from."""
        return self.n_held_out / (self.n_transcripts + self.n_lines)


def gather_texts(
    project: "Project",
    recipe: "LmRecipe",
    *,
    text: Sequence[Path] = (),
    words: Sequence[Path] = (),
    normalize: bool = True,
    keep_held_out: bool = False,
) -> LmTexts:
    """Everything that the project, the recipe and the flags name, normalized alike.

    Raises DataError E_EMPTY_TEXT where there is nothing to learn from.
    """
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.lm.sources import LmSources
    from w2vctc.lm.text import clean_sentences, drop_held_out, read_text_files, read_word_lists

    normalizer = make_normalizer(open_profile(project)) if normalize else _unchanged
    files = [*recipe.text, *text]
    transcripts = _read_transcripts(project, normalizer, has_text=bool(files))
    lines = list(clean_sentences(read_text_files(files), normalizer))
    held_out = {*transcripts["dev"], *transcripts["test"]}
    own, n_own = drop_held_out(transcripts["train"], held_out)
    other, n_other = drop_held_out(lines, held_out)
    if keep_held_out:
        own, other = transcripts["train"], lines
    _refuse_empty([*own, *other], project)
    listed = read_word_lists([*recipe.words, *words], normalizer)
    return LmTexts(
        sources=LmSources(own, other, listed, transcripts["dev"]),
        n_transcripts=len(transcripts["train"]),
        n_lines=len(lines),
        n_held_out=n_own + n_other,
        kept_held_out=keep_held_out,
    )


def count_bytes(paths: Sequence[Path]) -> int:
    """How large the text is; what is missing is found by those who read it."""
    from w2vctc.errors import DataError
    from w2vctc.lm.text import find_text_files

    try:
        return sum(file.stat().st_size for file in find_text_files(paths))
    except DataError:
        return 0


def _unchanged(text: str) -> str:
    return " ".join(text.split())


def _read_transcripts(
    project: "Project", normalize: Normalize, *, has_text: bool
) -> dict[str, list[str]]:
    """The normalized transcripts of each split; none where there is other text and no data."""
    from w2vctc.cli.rows import open_corpus, usable_texts
    from w2vctc.corpus.splits import SPLITS

    if has_text and not project.data.exists():
        return {split: [] for split in SPLITS}
    corpus = open_corpus(project)
    texts = {split: map(normalize, usable_texts(corpus, split)) for split in SPLITS}
    return {split: [text for text in said if text] for split, said in texts.items()}


def _refuse_empty(sentences: Sequence[str], project: "Project") -> None:
    from w2vctc.errors import DataError

    if not sentences:
        raise DataError(
            "there is not one sentence to learn from",
            hint=f"give --text corpus.txt, or put train.tsv into {project.data}",
            code="E_EMPTY_TEXT",
        )
