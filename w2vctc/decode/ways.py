"""The ways with unknown words that dev chooses among, raced before any of them is tuned."""

from collections.abc import Callable, Collection, Sequence

from w2vctc.decode.options import SPELLED_OFFSET, DecodingOptions
from w2vctc.decode.race import Race
from w2vctc.decode.weight_search import Trial, Weights
from w2vctc.lm.settings import PLAIN, VocabularyKind, Way

_ORDERS = (3, 4, 5, 6)
_FIRST_ORDER = 5


def list_ways(
    *, vocabulary: VocabularyKind | None = None, oov_order: int | None = None
) -> tuple[Way, ...]:
    """The ways to choose among, the simplest first; what is given is not to be chosen."""
    letters = tuple(Way("open", order) for order in _ORDERS)
    ways = (PLAIN, Way("closed"), *letters)
    if oov_order:
        return (Way(vocabulary or "open", oov_order),)
    if oov_order == 0:
        ways = ways[:2]
    return tuple(way for way in ways if vocabulary in (None, way.vocabulary))


def leave_out_impossible(
    ways: Sequence[Way],
    *,
    engine: str,
    known_words: Collection[str],
    references: Sequence[str],
    on_news: Callable[[str], None],
) -> tuple[Way, ...]:
    """The ways that can be tried, the first always among them; `on_news` hears about others."""
    said = {word for reference in references for word in reference.split()}
    kept, reason = {"open", "closed", "letters"}, ""
    if engine != "fast":
        kept, reason = {"open"}, f"{engine} knows no other way with unknown words than a flat cost"
    elif not known_words:
        kept, reason = {"open"}, "without a list of its words the LM cannot tell which are unknown"
    elif said.issubset(known_words):
        kept, reason = {"open", "closed"}, "the LM knows all words of dev: their letters are moot"
    left = [way for way in ways[1:] if way.kind in kept]
    if len(left) < len(ways) - 1:
        on_news(reason)
    return (ways[0], *left)


def start_weights(way: Way, start: DecodingOptions, *, tune_unk: bool) -> Weights:
    """Where the search begins: the weights of `start`, the offset as suits the way."""
    offset = start.unk_score_offset
    if tune_unk and way.kind != start.way.kind:
        spelled = way.kind == "letters"
        offset = SPELLED_OFFSET if spelled else DecodingOptions.unk_score_offset
    return Weights(start.alpha, start.beta, offset, way)


def race_ways(race: Race, starts: Sequence[Weights], *, budget: float) -> Trial | None:
    """The best of all ways but the first at their start, None where none keeps up with the rest.

    Each is decoded until it has lost against the best one so far. Of the orders of an n-gram of
    letters those next to the best are tried, as long as that helps. The first way always has its
    trial; others only while less than `budget` has been decoded.
    """
    race.measure(starts[0])
    trials: dict[Way, Trial] = {}

    def try_one(weights: Weights) -> Trial | None:
        if weights.way not in trials and race.n_decodes <= budget - 1:
            rival = min(race.errors.values(), key=lambda errors: int(errors.sum()))
            trials[weights.way] = race.measure(weights, rival=rival)
        return trials.get(weights.way)

    letters = [weights for weights in starts[1:] if weights.way.kind == "letters"]
    for weights in starts[1:]:
        if weights not in letters:
            try_one(weights)
    _climb_orders(letters, try_one)
    kept_up = [trial for trial in trials.values() if trial.share == 1]
    return min(kept_up, key=lambda trial: (trial.word_errors, trial.way.oov_order), default=None)


def _climb_orders(letters: Sequence[Weights], try_one: Callable[[Weights], Trial | None]) -> None:
    """Tries the order to begin with, then longer ones while they help, else shorter ones."""
    orders = [weights.way.oov_order for weights in letters]
    if not orders:
        return
    first = orders.index(_FIRST_ORDER) if _FIRST_ORDER in orders else 0
    for step in (1, -1):
        best, place = try_one(letters[first]), first + step
        while best is not None and best.share == 1 and 0 <= place < len(letters):
            trial = try_one(letters[place])
            if trial is None or trial.word_errors >= best.word_errors:
                break
            best, place = trial, place + step
        if place != first + step:
            return
