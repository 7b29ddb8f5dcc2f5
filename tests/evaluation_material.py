"""An evaluation made up by hand: a few utterances, two systems, all numbers easy to check."""

from collections.abc import Sequence
from pathlib import Path

from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.evaluate.choices import list_choices
from w2vctc.evaluate.examination import Examination, examine
from w2vctc.evaluate.report import Evaluation, sum_up
from w2vctc.evaluate.scored import ScoredText, score_text

REFERENCES = ("el sol surt", "plou a mar", "bon dia", "la lluna")
GREEDY = ("el col surt", "plou mar", "bo dia", "")
BEST = ("el sol surt", "plou a la mar", "bo dia", "la luna")
SPEAKERS = ("anna", "anna", "biel", "")
CHAPTERS = ("part2", "part10", "part2", "part10")
LENGTHS_S = (1.5, 4.0, 2.0, None)
KNOWN = ("el", "sol", "a", "mar", "bon", "dia", "la")
RUN = {
    "train": {"clips": 40, "seconds": 600.0},
    "dev": {"clips": 1, "seconds": 60.0},
    "schedule": {"name": "tiny from scratch"},
    "options": {"model": "tiny", "select": "greedy", "average": 3},
}
LM = {
    "order": 3,
    "n_sentences": 40,
    "parts": [{"name": "transcripts"}],
    "tuned_on": "dev",
}


def make_rows(
    references: Sequence[str] = REFERENCES, *, folder: Path = Path("clips")
) -> tuple[Utterance, ...]:
    """Rows of test.tsv with two columns of their own; what is beyond the material has neither."""
    rows = []
    for number, text in enumerate(references):
        known = number < len(REFERENCES)
        rows.append(
            Utterance(
                id=f"clip-{number}",
                audio=folder / f"{number:02}.wav",
                text=text,
                speaker=SPEAKERS[number] if known else "",
                split="test",
                duration_s=LENGTHS_S[number] if known else 1.0,
                source=f"test.tsv:{number + 2}",
                extra={"chapter": CHAPTERS[number]} if known else {},
            )
        )
    return tuple(rows)


def score(
    references: Sequence[str], hypotheses: Sequence[str], *, confidence: float | None = None
) -> list[ScoredText]:
    """The texts scored; with `confidence` each of their words has that one."""
    return [
        score_text(said, Hypothesis(heard, _words(heard, confidence)))
        for said, heard in zip(references, hypotheses, strict=True)
    ]


def make_evaluation(
    references: Sequence[str] = REFERENCES,
    greedy: Sequence[str] = GREEDY,
    best: Sequence[str] = BEST,
    *,
    folder: Path = Path("clips"),
) -> Evaluation:
    """Greedy and "LM, tuned", which is 0.75 sure of each of its words."""
    rows = make_rows(references, folder=folder)
    return Evaluation(
        systems=(
            sum_up("greedy", score(references, greedy), audio_s=10.0, seconds=1.0),
            sum_up(
                "LM, tuned",
                score(references, best, confidence=0.75),
                audio_s=10.0,
                seconds=2.0,
                settings="alpha 0.70, beta 1.50",
            ),
        ),
        unseen={"ŀ": 2},
        rows=rows,
    )


def make_examination(evaluation: Evaluation | None = None, *, split: str = "test") -> Examination:
    """The evaluation from all sides, by speaker and chapter."""
    return examine(
        evaluation or make_evaluation(),
        split=split,
        main="LM, tuned",
        by=("speaker", "chapter"),
        known=KNOWN,
        choices=list_choices(run=RUN, lm=LM, settings="alpha 0.70, beta 1.50"),
        n_shared=1,
    )


def _words(text: str, confidence: float | None) -> tuple[Word, ...]:
    return tuple(
        Word(word, float(place), place + 0.5, confidence) for place, word in enumerate(text.split())
    )
