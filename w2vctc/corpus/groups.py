"""Groups of rows that must not be parted, and which of them are held out.

A cell is a pair (sentence, voice): all rows of one voice that say the same. Everything here is
decided by the cells' names, weights and a seed, never by the order of rows.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Cell = tuple[str, str]  # sentence, voice
Weights = Mapping[Cell, int]  # milliseconds of sound; whole numbers add up alike in any order

N_TRIALS = 16  # seeded orders that are tried
FULL = 0.95  # of the wanted size: enough
OVERFULL = 1.1  # of the wanted size: no group may exceed this, unless a split stays empty
_STARVED = 0.75  # of the wanted size: below it, dev and test take sentences away from train
_MAX_TAKEN = 0.2  # of train's sound, for each of them: where all say the same, train must live too
_NEAR = (0.5, 2.0)  # of the wanted size: what a person would still call that size


@dataclass(frozen=True)
class Placement:
    """The split of each cell; None where it is left out."""

    splits: Mapping[Cell, str | None]
    sizes: Mapping[str, int]
    lost: int  # weight of the cells that are left out

    def fits(self, targets: Mapping[str, int]) -> bool:
        """Whether every wanted split is about as large as wanted."""
        return all(
            _NEAR[0] * target <= self.sizes.get(split, 0) <= _NEAR[1] * target
            for split, target in targets.items()
        )

    def misfit(self, targets: Mapping[str, int]) -> float:
        """How far the sizes are from those wanted; 0 where they are met."""
        return sum(
            abs(self.sizes.get(split, 0) - target) / target for split, target in targets.items()
        )


def place_whole(
    weights: Weights,
    targets: Mapping[str, int],
    *,
    group_of: Callable[[Cell], str],
    seed: int,
) -> Placement:
    """All cells placed so that no group is parted; of several seeded orders the first that fits."""
    best = None
    for trial in range(N_TRIALS):
        groups = choose_groups(sum_groups(weights, group_of), targets, seed=seed, trial=trial)
        placement = _weigh({cell: groups[group_of(cell)] for cell in weights}, weights)
        if best is None or placement.misfit(targets) < best.misfit(targets):
            best = placement
        if all(
            FULL * target <= placement.sizes.get(split, 0) <= OVERFULL * target
            for split, target in targets.items()
        ):
            break
    assert best is not None
    return best


def place_by_voice(weights: Weights, targets: Mapping[str, int], *, seed: int) -> Placement:
    """Voices parted whole, and cells left out whose sentence belongs to another split.

    Of several seeded orders the cheapest that fits, else the one that comes nearest.
    """

    def rank(placement: Placement) -> tuple[bool, float]:
        fits = placement.fits(targets)
        return (not fits, placement.lost if fits else placement.misfit(targets))

    voices = sum_groups(weights, lambda cell: cell[1])
    return min(
        (
            _keep_sentences_apart(
                weights, choose_groups(voices, targets, seed=seed, trial=trial), targets
            )
            for trial in range(N_TRIALS)
        ),
        key=rank,
    )


def connect(weights: Weights) -> dict[Cell, str]:
    """The group of each cell where cells that share a sentence or a voice go together.

    A group is called after its first sentence.
    """
    parents: dict[tuple[int, str], tuple[int, str]] = {}

    def find(node: tuple[int, str]) -> tuple[int, str]:
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for sentence, voice in sorted(weights):
        left, right = find((0, sentence)), find((1, voice))
        parents[max(left, right)] = min(left, right)  # sentences come before voices
    return {cell: find((0, cell[0]))[1] for cell in weights}


def sum_groups(weights: Weights, group_of: Callable[[Cell], str]) -> dict[str, int]:
    """The weight of each group."""
    sums: Counter[str] = Counter()
    for cell, weight in weights.items():
        sums[group_of(cell)] += weight
    return dict(sums)


def choose_groups(
    weights: Mapping[str, int], targets: Mapping[str, int], *, seed: int, trial: int = 0
) -> dict[str, str]:
    """The split of each group: a seeded choice fills those of `targets`, the rest is train.

    The largest group always trains, and no split takes the last group that a later one needs.
    """
    order = sorted(weights, key=lambda group: _rank(seed, trial, group))
    free = sorted(order, key=weights.__getitem__, reverse=True)[1:]
    left = set(free)
    free = [group for group in order if group in left]
    chosen = dict.fromkeys(order, "train")
    for n_later, (split, target) in zip(
        reversed(range(len(targets))), targets.items(), strict=True
    ):
        taken = _fill(free, weights, target, n_most=len(free) - n_later)
        chosen.update(dict.fromkeys(taken, split))
        free = [group for group in free if chosen[group] == "train"]
    return chosen


def _fill(free: list[str], weights: Mapping[str, int], target: int, *, n_most: int) -> list[str]:
    """The groups, in their order, that fill `target`; the lightest where none is light enough."""
    taken: list[str] = []
    size = 0
    for group in free:
        if size >= FULL * target or len(taken) >= n_most:
            break
        if size + weights[group] <= OVERFULL * target:
            taken.append(group)
            size += weights[group]
    if not taken and free:
        taken.append(min(free, key=weights.__getitem__))
    return taken


def _keep_sentences_apart(
    weights: Weights, voices: Mapping[str, str], targets: Mapping[str, int]
) -> Placement:
    """Each sentence in the split where most of it is said, unless dev or test would starve."""
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for (sentence, voice), weight in weights.items():
        said[sentence][voices[voice]] += weight
    home = {
        sentence: max(sorted(splits), key=splits.__getitem__) for sentence, splits in said.items()
    }
    for split, target in targets.items():
        _feed(split, target, said, home)
    placed = {
        cell: voices[cell[1]] if home[cell[0]] == voices[cell[1]] else None for cell in weights
    }
    return _weigh(placed, weights)


def _feed(
    split: str, target: int, said: Mapping[str, Mapping[str, int]], home: dict[str, str]
) -> None:
    """Moves sentences from train to a starving `split`, those first that cost train least."""
    size = sum(said[sentence][split] for sentence in said if home[sentence] == split)
    ours = [sentence for sentence in sorted(said) if home[sentence] == "train"]
    may_take = _MAX_TAKEN * sum(said[sentence]["train"] for sentence in ours)
    shared = [sentence for sentence in ours if said[sentence][split]]
    for sentence in sorted(shared, key=lambda s: said[s]["train"] / said[s][split]):
        may_take -= said[sentence]["train"]
        if size >= _STARVED * target or may_take < 0:
            break
        home[sentence] = split
        size += said[sentence][split]


def _weigh(splits: Mapping[Cell, str | None], weights: Weights) -> Placement:
    sizes: Counter[str] = Counter()
    lost = 0
    for cell, split in splits.items():
        if split is None:
            lost += weights[cell]
        else:
            sizes[split] += weights[cell]
    return Placement(splits, sizes, lost)


def _rank(seed: int, trial: int, group: str) -> bytes:
    name = f"{seed}:{trial}:{group}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=8).digest()
