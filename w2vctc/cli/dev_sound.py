"""The rows of dev that tuning may look at, and what the model hears in them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project


def hear_dev(
    project: "Project",
    model: "AcousticModel",
    lm: "LanguageModelFiles | None",
    *,
    max_minutes: float | None = None,
    skip_bad: bool = False,
    use_cache: bool = True,
) -> "tuple[list[Utterance], list[Any]]":
    """The rows of dev that tuning may look at, and their emissions."""
    from w2vctc.cli.rows import read_references
    from w2vctc.cli.screen import say
    from w2vctc.cli.transcribe import hear
    from w2vctc.cli.tune_guard import leave_out_known, refuse_test_sound
    from w2vctc.words import numbered

    rows = pick_minutes(read_references(project, "dev", skip_bad=skip_bad), max_minutes)
    refuse_test_sound(project, rows)
    if lm is not None:
        rows, n_known = leave_out_known(rows, lm)
        if n_known:
            say(f"left out {numbered(n_known, 'clip')} of dev: the n-gram was made of the sentence")
    emissions = hear_once(model, rows) if use_cache else hear(model, rows).emissions
    audio_s = sum(row.duration_s or 0.0 for row in rows)
    say(f"dev: {numbered(len(rows), 'clip')}, {audio_s / 60:.1f} minutes")
    return rows, emissions


def hear_once(model: "AcousticModel", rows: "list[Utterance]") -> list[Any]:
    """The emissions of every row as `hear` gives them, those kept from an earlier run first."""
    from w2vctc.acoustic.emission_cache import EmissionCache
    from w2vctc.acoustic.emissions import no_emissions
    from w2vctc.cli.screen import say, track
    from w2vctc.errors import DataError

    cache = EmissionCache(model, on_news=say)
    emissions = []
    for row in track(rows, what="listening"):
        try:
            emissions.append(cache.compute(row))
        except DataError as error:
            if error.code != "E_TOO_SHORT":
                raise
            say(f"{row.source}: {error.message}; nothing is heard there")
            emissions.append(no_emissions(model))
    cache.trim()
    if cache.n_kept:
        say(f"{cache.n_kept:,} of {len(rows):,} clips were heard before (--no-cache listens anew)")
    return emissions


def pick_minutes(rows: "list[Utterance]", max_minutes: float | None) -> "list[Utterance]":
    """Every n-th row, n the smallest with which the rows take at most `max_minutes`."""
    total_s = sum(row.duration_s or 0.0 for row in rows)
    if max_minutes is None or total_s <= 60 * max_minutes:
        return rows
    stride = -(-total_s // (60 * max_minutes))
    return rows[:: int(stride)]
