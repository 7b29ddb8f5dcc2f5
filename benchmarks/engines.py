"""The engines that benchmarks/decode.py compares: each decodes a list of emissions into texts."""

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lexicon_search import LexiconSearch

from w2vctc.decode.options import DecodingOptions
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

Texts = list[str]
Decode = Callable[[Sequence[Any]], Texts]


def load_stock(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Any:
    from pyctcdecode import build_ctcdecoder

    from w2vctc.decode.alphabet import decoder_labels

    return build_ctcdecoder(
        decoder_labels(vocabulary),
        str(lm.ngram),
        list(lm.unigrams or ()),
        alpha=options.alpha,
        beta=options.beta,
    )


def stock_one(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    decoder = load_stock(vocabulary, lm, options)
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}
    return lambda items: [decoder.decode_beams(item, **limits)[0][0] for item in items]


def stock_two(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    import multiprocessing

    decoder = load_stock(vocabulary, lm, options)
    pool = multiprocessing.get_context("fork").Pool(2)
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}

    def decode(items: Sequence[Any]) -> Texts:
        return [beams[0][0] for beams in decoder.decode_beams_batch(pool, list(items), **limits)]

    return decode


def processor(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from transformers import (
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ProcessorWithLM,
    )

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.json"
        ids = {label: index for index, label in enumerate(vocabulary.labels)}
        path.write_text(json.dumps(ids), encoding="utf-8")
        tokenizer = Wav2Vec2CTCTokenizer(str(path), bos_token=None, eos_token=None)
    whole = Wav2Vec2ProcessorWithLM(
        feature_extractor=Wav2Vec2FeatureExtractor(),
        tokenizer=tokenizer,
        decoder=load_stock(vocabulary, lm, options),
    )
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}
    return lambda items: [whole.decode(item, **limits).text for item in items]


def flashlight(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    search = LexiconSearch(vocabulary, lm, options)
    return lambda items: [search.decode(item).text for item in items]


def fast_one(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from w2vctc.decode.engines import open_decoder

    decoder = open_decoder(vocabulary, lm=lm, options=options, engine="fast")
    return lambda items: [decoder.decode(item).text for item in items]


def fast_two(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from w2vctc.decode.engines import open_decoder

    decoder = open_decoder(vocabulary, lm=lm, options=options, engine="fast")
    pool = ThreadPoolExecutor(2)
    return lambda items: [found.text for found in pool.map(decoder.decode, items)]


LOADERS: dict[str, Callable[[Vocabulary, LanguageModelFiles, DecodingOptions], Decode]] = {
    "pyctcdecode": stock_one,
    "pyctcdecode, pool of two": stock_two,
    "transformers' processor": processor,
    "flashlight-text": flashlight,
    "fast": fast_one,
    "fast, two threads": fast_two,
}
