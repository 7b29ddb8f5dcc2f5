"""Several datasets for one model: the project's own, and further ones for their training rows."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from w2vctc.cli.rows import make_normalizer, open_corpus, open_profile, rows_of_split
from w2vctc.cli.screen import format_amount, say
from w2vctc.corpus.checks.rows import CheckedRows
from w2vctc.corpus.corpus import Corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, UsageError
from w2vctc.project import Project
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.clips.sampling import DatasetShare

_HELD_OUT = ("dev", "test")


@dataclass(frozen=True)
class Datasets:
    """What a model is trained on: the project's own data first, of the others only train.

    names: one for each dataset where there are several, which their rows' ids and sources begin
    with; none where the project's data is all there is, and its rows are as they are.
    """

    corpora: tuple[Corpus, ...]
    names: tuple[str, ...] = ()

    @property
    def own(self) -> Corpus:
        """The project's data: its dev is what a model is judged with."""
        return self.corpora[0]

    def of_split(self, split: str) -> tuple[Corpus, ...]:
        """The datasets that have a say in a split."""
        return self.corpora if split == "train" else self.corpora[:1]

    def name_split(self, split: str) -> list[str]:
        """What to call a split of each of them: `train`, or `kichwa/train`."""
        if not self.names:
            return [split]
        return [f"{name}/{split}" for name in self.names[: len(self.of_split(split))]]

    def joined(self) -> Corpus:
        """All of them as one, for a vocabulary that spells them all."""
        return replace(
            self.own,
            utterances=tuple(row for corpus in self.corpora for row in corpus.utterances),
            faults=tuple(fault for corpus in self.corpora for fault in corpus.faults),
        )


def open_datasets(project: Project, more: Sequence[str]) -> Datasets:
    """The project's data and those at the places `more`, each read as it is recognised.

    Of the others only train is there, without what the project's own dev and test hold.
    Raises UsageError for a place that is named twice, and what `open_corpus` raises.
    """
    places = [project.data, *map(Path, more)]
    _refuse_twins(places)
    own = open_corpus(project)
    if not more:
        return Datasets((own,))
    names = name_places(places)
    corpora = [_name_corpus(own, names[0])]
    normalize = make_normalizer(open_profile(project))
    for place, name in zip(places[1:], names[1:], strict=True):
        found = open_corpus(replace(project, data=place, format=None), divide=False)
        corpora.append(_name_corpus(_keep_training(found, own, name, normalize), name))
    return Datasets(tuple(corpora), tuple(names))


def join_checked(checked: Sequence[CheckedRows]) -> CheckedRows:
    """The rows and the faults of all datasets, one dataset after the other."""
    return CheckedRows(
        tuple(row for part in checked for row in part.kept),
        tuple(fault for part in checked for fault in part.faults),
    )


def name_places(places: Sequence[Path]) -> list[str]:
    """A name for each place: the last part of its path, or as many as tell it from the others."""
    # As typed: where a link leads to is nobody's name for it.
    parts = [Path(os.path.abspath(place)).parts for place in places]  # noqa: PTH100
    for n_parts in range(1, max(map(len, parts)) + 1):
        names = ["/".join(own[-n_parts:]) for own in parts]
        if len(set(names)) == len(names):
            break
    return names


def describe_shares(shares: "Sequence[DatasetShare]") -> str:
    """How much there is of each dataset, how much of it is heard, and whose dev judges."""
    told = "; ".join(
        f"{one.name} {format_amount(one.seconds)}, {100 * one.share:.1f} % of what is heard,"
        f" a clip {one.passes:.2f} times an epoch"
        for one in shares
    )
    return f"{told}; dev is of {shares[0].name} alone"


def _refuse_twins(places: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for place in places:
        real = os.path.realpath(place)
        if real in seen:
            raise UsageError(
                f"{place}: that data is given twice, as {seen[real]} too",
                hint="give each dataset once; --sampling-exponent says how much of each is heard",
            )
        seen[real] = place


def _keep_training(
    found: Corpus, own: Corpus, name: str, normalize: Callable[[str], str]
) -> Corpus:
    """Only what a further dataset adds, and a line on what of it is left out.

    A recording of the project's dev or test is never trained on, nor a sentence of its test: as
    in the project's own data, a test is of sentences that the model has not seen.
    """
    rows, faults = rows_of_split(found, "train")
    held = {os.path.realpath(row.audio) for split in _HELD_OUT for row in own.rows(split)}
    dev, test = ({normalize(row.text) for row in own.rows(split)} for split in _HELD_OUT)
    others = [f"{len(found.rows(split)):,} of {split}" for split in _HELD_OUT if found.rows(split)]
    kept = [row for row in rows if os.path.realpath(row.audio) not in held]
    if len(kept) < len(rows):
        others.append(f"{len(rows) - len(kept):,} of recordings that {own.place} holds out")
    unseen = [(row, text) for row in kept if (text := normalize(row.text)) not in test]
    if len(unseen) < len(kept):
        others.append(f"{len(kept) - len(unseen):,} with a sentence of its test")
    if others:
        say(f"{name}: neither trained on nor judged with: {', '.join(others)}")
    if n_shared := sum(text in dev for _, text in unseen):
        say(
            f"{name}: {numbered(n_shared, 'row')} with a sentence of {own.place}'s dev:"
            " dev's error rates are too good"
        )
    if not unseen:
        raise DataError(
            f"{found.place}: no row is left to train on",
            hint="train without it: leave out its --data",
            code="E_MISSING",
        )
    return replace(found, utterances=tuple(row for row, _ in unseen), faults=tuple(faults))


def _name_corpus(corpus: Corpus, name: str) -> Corpus:
    """The corpus with ids, sources and messages that say which dataset they are of."""
    # The source of a row in a single file begins with the file's name already.
    folder = str(Path(name).parent) if corpus.place.is_file() else name
    prefix = "" if folder == "." else f"{folder}/"

    return replace(
        corpus,
        utterances=tuple(_rename_row(row, name, prefix) for row in corpus.utterances),
        faults=tuple(_rename_fault(fault, name, prefix) for fault in corpus.faults),
    )


def _rename_row(row: Utterance, name: str, prefix: str) -> Utterance:
    return replace(row, id=f"{name}/{row.id}", source=f"{prefix}{row.source}")


def _rename_fault(fault: Fault, name: str, prefix: str) -> Fault:
    row = fault.utterance
    return replace(
        fault,
        message=f"{prefix}{fault.message}",
        utterance=None if row is None else _rename_row(row, name, prefix),
        source=f"{prefix}{fault.source}" if fault.source else "",
    )
