"""A closed vocabulary: no word but the language model's, and the best text made of those."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from decode_material import ARPA, random_emissions, save_toy_lm, spell_frames
from decode_material import VOCABULARY as FIVE
from fast_material import VOCABULARY, make_sentences, save_lm, speak
from test_decode_beam import sum_all_paths

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.fast.decoder import build_fast_decoder
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import MachineError, ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles, find_language_model

CLOSED = DecodingOptions(vocabulary="closed")
EXHAUSTIVE = replace(CLOSED, beam_width=10_000, beam_prune_logp=-math.inf, token_min_logp=-math.inf)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> LanguageModelFiles:
    return save_toy_lm(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> LanguageModelFiles:
    return save_lm(tmp_path_factory.mktemp("lm"))


@pytest.mark.parametrize("hotwords", [(), ("a", "ab bb")])
@pytest.mark.parametrize("seed", range(4))
def test_without_limits_exactly_the_texts_of_known_words_are_found(
    toy: LanguageModelFiles, seed: int, hotwords: tuple[str, ...]
) -> None:
    import kenlm

    ngram = kenlm.Model(str(toy.ngram))
    emissions = random_emissions(seed, n_frames=6)
    hot = {word for phrase in hotwords for word in phrase.split()}
    expected = {}
    for text, acoustic in sum_all_paths(emissions).items():
        words = text.split()
        if set(words) <= {"ab", "ba"} | hot:
            log10 = ngram.score(text, bos=True, eos=True)
            log10 -= 10.0 * sum(word not in ("ab", "ba") for word in words)
            score = acoustic + 0.5 * math.log(10) * log10 + 1.5 * len(words)
            expected[text] = score + 10.0 * sum(word in hot for word in words)
    options = replace(EXHAUSTIVE, hotwords=hotwords)
    found = build_fast_decoder(FIVE, lm=toy, options=options).decode_nbest(emissions, 10_000)
    assert {item.text for item in found} == set(expected)
    assert len(found) > 5
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
    assert found[0].text == max(expected, key=lambda text: expected[text])


def test_every_word_of_noisy_speech_is_a_known_one(lm: LanguageModelFiles) -> None:
    decoder = build_fast_decoder(VOCABULARY, lm=lm, options=replace(CLOSED, token_min_logp=-8.0))
    known = set(lm.unigrams or ())
    right = 0
    sentences = make_sentences(660)[600:620]
    for seed, text in enumerate(sentences):
        best = decoder.decode(speak(text, seed=seed))
        assert set(best.text.split()) <= known
        assert [word.text for word in best.words] == best.text.split()
        right += best.text == text
    assert right > len(sentences) / 2


def test_only_words_of_the_word_list_count_where_it_is_shorter_than_the_n_gram(
    toy: LanguageModelFiles,
) -> None:
    listed = LanguageModelFiles(toy.ngram, ("ba",), None, None, {})
    decoder = build_fast_decoder(FIVE, lm=listed, options=CLOSED)
    assert decoder.decode(spell_frames("ab|ba", peak=0.9)).text in ("ba", "ba ba")


def test_recording_that_stops_within_a_word_keeps_the_words_before_it(
    toy: LanguageModelFiles,
) -> None:
    decoder = build_fast_decoder(FIVE, lm=toy, options=CLOSED)
    found = decoder.decode(spell_frames("ab|b", peak=1 - 1e-9))
    assert (found.text, [word.text for word in found.words]) == ("ab", ["ab"])


def test_sounds_that_no_word_has_give_nothing_rather_than_an_error(
    toy: LanguageModelFiles,
) -> None:
    decoder = build_fast_decoder(FIVE, lm=toy, options=CLOSED)
    assert decoder.decode(spell_frames("???", peak=1 - 1e-9)).text == ""
    assert decoder.decode(np.zeros((0, 5), np.float32)).text == ""


def test_open_vocabulary_finds_the_unknown_word_that_a_closed_one_lacks(
    toy: LanguageModelFiles,
) -> None:
    spoken = spell_frames("b_b|ba", peak=0.999)
    patient = replace(CLOSED, token_min_logp=-9.0)
    assert open_decoder(FIVE, lm=toy).decode(spoken).text == "bb ba"
    assert open_decoder(FIVE, lm=toy, options=patient).decode(spoken).text == "ab ba"


def test_words_that_the_labels_cannot_spell_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "more.arpa"
    path.write_text(ARPA.replace("=5", "=6").replace("\n\n\\2-g", "\n-2\taxa\t0\n\n\\2-g"), "utf-8")
    decoder = build_fast_decoder(FIVE, lm=find_language_model(path), options=EXHAUSTIVE)
    found = decoder.decode_nbest(random_emissions(1, n_frames=5), 1000)
    assert {word for item in found for word in item.text.split()} == {"ab", "ba"}


def test_closed_vocabulary_without_a_language_model_is_refused() -> None:
    with pytest.raises(UsageError, match="closed vocabulary without a language model") as caught:
        open_decoder(FIVE, options=CLOSED)
    assert "--lm" in caught.value.hint


def test_closed_vocabulary_of_words_in_another_script_is_refused(
    toy: LanguageModelFiles,
) -> None:
    other = LanguageModelFiles(toy.ngram, ("AB", "BA"), None, None, {})
    with pytest.raises(ModelError, match="none that the labels can spell") as caught:
        build_fast_decoder(FIVE, lm=other, options=CLOSED)
    assert caught.value.code == "E_LM"


def test_pyctcdecode_is_not_for_a_closed_vocabulary(toy: LanguageModelFiles) -> None:
    with pytest.raises(MachineError, match="no closed vocabulary") as caught:
        build_decoder(FIVE, lm=toy, options=CLOSED)
    assert caught.value.code == "E_ENGINE"
    assert "--engine fast" in caught.value.hint
    with pytest.raises(MachineError, match="no closed vocabulary"):
        open_decoder(FIVE, lm=toy, options=CLOSED, engine="pyctcdecode")


def test_vocabulary_is_open_or_closed() -> None:
    with pytest.raises(UsageError, match="no vocabulary 'ajar'"):
        DecodingOptions(vocabulary="ajar")  # type: ignore[arg-type]
