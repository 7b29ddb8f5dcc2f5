"""The folder of a finished language model: n-gram, unigrams, statistics, tuned weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2vctc.errors import ModelError
from w2vctc.files import hash_file, save_text
from w2vctc.lm.arpa import read_unigrams
from w2vctc.lm.settings import PLAIN_NAMES, SearchSettings, plain_json, read_settings

INFO_NAME = "lm.json"
UNIGRAMS_NAME = "unigrams.txt"
NGRAM_NAMES = ("lm.arpa", "lm.bin", "lm.klm")
TUNED_NAME = "decoding"  # the key of lm.json, and the name of the model folder's file
BINARY_SUFFIXES = (".bin", ".klm", ".binary")


@dataclass(frozen=True)
class LanguageModelFiles:
    """What the decoder needs of a language model; `info` is all that lm.json says.

    alpha, beta, unk_score_offset: for any engine, None where nothing is said. tuned: what dev
    found best with the fast engine, where that is more than these three.
    """

    ngram: Path
    unigrams: tuple[str, ...] | None
    alpha: float | None
    beta: float | None
    info: Mapping[str, Any]
    unk_score_offset: float | None = None
    tuned: SearchSettings | None = None

    @property
    def plain(self) -> SearchSettings:
        """The settings that any engine can search with: unknown words cost the same each."""
        return SearchSettings(self.alpha, self.beta, self.unk_score_offset)


def find_language_model(path: Path) -> LanguageModelFiles:
    """The language model that `path` stands for: its folder, an ARPA file or a KenLM binary.

    What lies beside a file (unigrams.txt, lm.json) counts only when lm.json names that very file.
    An ARPA file alone gives its own words as unigrams; a binary alone takes the unigrams.txt
    beside it, else None. Raises ModelError E_LM when something is missing or unreadable.
    """
    path = Path(path)
    if path.is_dir():
        info = read_lm_info(path)
        ngram = _find_ngram(path, info)
    elif path.is_file():
        ngram = path
        info = read_lm_info(path.parent)
        info = info if _names(info, path) else {}
    else:
        raise ModelError(
            f"{path}: no such language model",
            hint="build one with: w2vctc train-lm",
            code="E_LM",
        )
    own_folder = path.is_dir() or bool(info)
    where = f"{ngram.with_name(INFO_NAME)}"
    plain = read_settings({name: info.get(name) for name in PLAIN_NAMES}, where=where)
    return LanguageModelFiles(
        ngram=ngram,
        unigrams=_find_unigrams(ngram, own_folder=own_folder),
        alpha=plain.alpha,
        beta=plain.beta,
        info=info,
        unk_score_offset=plain.unk_score_offset,
        tuned=_read_tuned(info, where),
    )


def save_unigrams(folder: Path, words: "list[str] | tuple[str, ...]") -> Path:
    """Writes unigrams.txt, one word per line, and returns its path."""
    path = Path(folder) / UNIGRAMS_NAME
    save_text(path, "".join(f"{word}\n" for word in words))
    return path


def save_lm_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Writes lm.json; the n-gram's file name and SHA-256 are added where `info` has none."""
    folder = Path(folder)
    record = dict(info)
    names = [record["ngram"]] if "ngram" in record else NGRAM_NAMES
    ngram = next((folder / name for name in names if (folder / name).is_file()), None)
    if ngram is not None:
        record["ngram"] = ngram.name
        record["sha256"] = hash_file(ngram)
    save_text(folder / INFO_NAME, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def save_settings(
    folder: Path, *, plain: SearchSettings | None, tuned: SearchSettings | None, tuned_on: str
) -> None:
    """Puts what tuning found into lm.json in one atomic step; everything else in it stays.

    plain: for any engine; None leaves what is there. tuned: for the fast engine; None where the
    plain settings are the best ones, and what was there goes.
    """
    record = dict(read_lm_info(Path(folder)))
    record.pop(TUNED_NAME, None)
    record.update(plain_json(plain) if plain else {}, tuned_on=tuned_on)
    if tuned is not None:
        record[TUNED_NAME] = tuned.to_json()
    save_text(Path(folder) / INFO_NAME, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def read_lm_info(folder: Path) -> Mapping[str, Any]:
    """What lm.json in `folder` says; an empty mapping where there is none."""
    path = Path(folder) / INFO_NAME
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: not readable as JSON: {error}",
            hint="delete it, or build the language model again with train-lm",
            code="E_LM",
        ) from error
    if not isinstance(info, dict):
        raise ModelError(
            f"{path}: wanted a JSON object", hint="build the language model again", code="E_LM"
        )
    return info


def _find_ngram(folder: Path, info: Mapping[str, Any]) -> Path:
    names = [str(info["ngram"])] if "ngram" in info else NGRAM_NAMES
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise ModelError(
            f"{folder}: no {' or '.join(names)} in this folder",
            hint="build one with: w2vctc train-lm",
            code="E_LM",
        )
    return found


def _names(info: Mapping[str, Any], path: Path) -> bool:
    if info.get("ngram") != path.name:
        return False
    return "sha256" not in info or info["sha256"] == hash_file(path)


def _find_unigrams(ngram: Path, *, own_folder: bool) -> tuple[str, ...] | None:
    beside = ngram.with_name(UNIGRAMS_NAME)
    binary = ngram.suffix in BINARY_SUFFIXES
    if beside.is_file() and (own_folder or binary):
        return _read_unigrams_file(beside)
    return None if binary else tuple(read_unigrams(ngram))


def _read_unigrams_file(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", hint="check the path", code="E_LM") from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"{path}: not UTF-8 at byte offset {error.start}",
            hint="build the language model again with train-lm",
            code="E_LM",
        ) from error
    words = tuple(word for line in text.split("\n") if (word := line.strip()))
    if not words:
        raise ModelError(
            f"{path}: no word in it", hint="build the language model again", code="E_LM"
        )
    return words


def _read_tuned(info: Mapping[str, Any], where: str) -> SearchSettings | None:
    values = info.get(TUNED_NAME)
    if values is None:
        return None
    if not isinstance(values, dict):
        raise ModelError(
            f"{where}: {TUNED_NAME} is not a JSON object",
            hint="tune again with: w2vctc tune",
            code="E_LM",
        )
    return read_settings(values, where=f"{where}, {TUNED_NAME}")
