import numpy as np
from lmplz_oracle import make_corpus

from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.mixture import with_words
from w2vctc.lm.recipe import LmRecipe
from w2vctc.lm.scoring import encode_text, number_words, score_tokens
from w2vctc.lm.selection import measure_distance, take_nearest
from w2vctc.lm.sources import LmSources, divide
from w2vctc.lm.trials import Trial, best_order, choose_order, choose_share, weigh_models
from w2vctc.lm.weights import tune_weights

NEAR = [f"{verb} {thing}" for verb in ("obre", "tanca") for thing in ("el llum", "la porta")]
FAR = [f"{who} {what}" for who in ("el govern", "el rei") for what in ("dicta lleis", "mana molt")]


def test_what_is_like_the_transcripts_is_nearer_than_all_the_rest() -> None:
    text = [*FAR * 10, *["obre la porta", "tanca la porta"] * 5]
    words = LmSources(NEAR, text).vocabulary
    distances = measure_distance(NEAR * 3, text, vocabulary=words)
    assert distances.shape == (50,)
    assert distances[40:].max() < distances[:40].min()
    assert set(take_nearest(text, distances, share=0.1)) <= {"obre la porta", "tanca la porta"}


def test_the_same_seed_measures_the_same() -> None:
    text, words = make_corpus(200, seed=1), LmSources(NEAR, make_corpus(200, seed=1)).vocabulary
    first, second = (measure_distance(NEAR, text, vocabulary=words, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_share_is_one_of_words_and_keeps_the_text_s_order() -> None:
    text = ["un dos tres quatre", "cinc", "sis", "set vuit"]
    distances = np.array([0.5, -1.0, 0.0, -2.0])
    assert take_nearest(text, distances, share=0.25) == ["set vuit"]
    assert take_nearest(text, distances, share=0.3) == ["cinc", "set vuit"]
    assert take_nearest(text, distances, share=0.5) == ["cinc", "sis", "set vuit"]
    assert take_nearest(text, distances, share=1) == text


def test_a_text_smaller_than_the_transcripts_is_measured_too() -> None:
    words = LmSources(NEAR, ["obre la mar"]).vocabulary
    assert np.isfinite(measure_distance(NEAR, ["obre la mar"], vocabulary=words)).all()


def test_transcripts_and_text_are_two_parts_only_where_dev_can_weigh_them() -> None:
    recipe = LmRecipe("x", pruning=(0, 0, 1))
    parts = divide(LmSources(NEAR, FAR, dev=["obre"]), recipe)
    assert [(part.name, part.pruning) for part in parts] == [
        ("transcripts", ()),
        ("text", (0, 0, 1)),
    ]
    for sources, wanted, name in (
        (LmSources(NEAR, FAR), recipe, "transcripts and text"),
        (LmSources(NEAR, FAR, dev=["obre"]), LmRecipe("x", mix=False), "transcripts and text"),
        (LmSources(NEAR, dev=["obre"]), recipe, "transcripts"),
        (LmSources(text=FAR, dev=["obre"]), recipe, "text"),
    ):
        (part,) = divide(sources, wanted)
        assert part.name == name
        assert list(part.sentences) == [*sources.transcripts, *sources.text]


def test_dev_takes_the_share_that_serves_it() -> None:
    text = [*make_corpus(2000, seed=1), *NEAR * 3]
    recipe = LmRecipe("x", mix=False, auto_share=True)
    sources = LmSources(NEAR, text, dev=["obre la porta", "tanca el llum"])
    taken, share, trials = choose_share(sources, recipe)
    assert [trial.value for trial in trials] == [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16]
    assert share < 1
    assert next(trial for trial in trials if trial.value == share).perplexity < trials[0].perplexity
    assert len(taken.text) < len(text)
    # What was left out is still known: the models stay comparable, and its words can be heard.
    assert set(taken.vocabulary) == set(sources.vocabulary)


def test_without_dev_or_a_wish_all_of_the_text_is_taken() -> None:
    sources = LmSources(NEAR, FAR)
    assert choose_share(sources, LmRecipe("x", auto_share=True)) == (sources, 1.0, ())
    assert choose_share(sources, LmRecipe("x")) == (sources, 1.0, ())
    alone = LmSources(text=FAR, dev=["obre"])
    assert choose_share(alone, LmRecipe("x", share=0.5)) == (alone, 1.0, ())


def test_an_order_is_chosen_that_is_worth_its_size() -> None:
    recipe = LmRecipe("x")
    # Only the two words at the beginning tell the fifth.
    lines = [f"{a} {b} diu que {a}{b}" for a in "abcd" for b in "efgh"] * 5
    sources = LmSources(lines, dev=lines[:8])
    trials = choose_order(divide(sources, recipe), sources, recipe)
    assert best_order(trials) >= 5


def test_half_a_percent_is_what_a_longer_order_must_bring() -> None:
    falls = [Trial(2, 100), Trial(3, 90), Trial(4, 89)]
    assert best_order(falls) == 4
    assert best_order([*falls, Trial(5, 88.9)]) == 4
    assert best_order([*falls, Trial(5, 95)]) == 4
    assert best_order(falls[:1]) == 2


def test_unknown_words_of_dev_have_no_say_in_the_weights() -> None:
    sources = LmSources(NEAR, FAR, dev=["zzz obre la porta", "zzz"])
    words = sources.vocabulary
    models = [
        with_words(estimate_ngrams(text, order=2, vocabulary_size=len(words)), words)
        for text in (NEAR, FAR)
    ]
    text = encode_text(sources.dev, number_words(words))
    heard = [2, 3, 4, 5, 8]  # all but <s> and zzz
    scores = np.stack([score_tokens(model, text)[heard] for model in models])
    assert weigh_models(models, sources) == tune_weights(scores)
