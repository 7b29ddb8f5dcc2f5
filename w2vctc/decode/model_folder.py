"""The language model inside a model folder, laid out so that transformers finds it unedited.

    alphabet.json                 the labels as the decoder names them
    decoding.json                 what dev found best with our fast engine, where that is more
    language_model/attrs.json     alpha, beta, unk_score_offset, score_boundary
    language_model/lm.arpa        the n-gram (or lm.bin)
    language_model/unigrams.txt   its words, one per line; empty where they are not known

pyctcdecode refuses a fourth file in language_model/ and any other key in attrs.json, and knows
neither a closed vocabulary nor an n-gram of letters; so attrs.json holds what is best without
these, and nobody but us looks at decoding.json. `processor_class` in the processor's
own files is the switch: with "Wav2Vec2ProcessorWithLM" the pipeline decodes with the language
model. It is written last and taken back first, so that no half-attached folder is ever in use.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from w2vctc.config import override
from w2vctc.decode.alphabet import decoder_labels
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import ModelError
from w2vctc.files import machine_errors, save_text, staged_folder
from w2vctc.lm.folder import TUNED_NAME, LanguageModelFiles
from w2vctc.lm.settings import PLAIN_NAMES, SearchSettings, plain_json, read_settings
from w2vctc.vocab import Vocabulary

_FOLDER = "language_model"
_ALPHABET = "alphabet.json"
_ATTRIBUTES = "attrs.json"
_TUNED = f"{TUNED_NAME}.json"
_UNIGRAMS = "unigrams.txt"
# The endings by which pyctcdecode knows an n-gram; KenLM itself goes by the content.
_NGRAM_NAMES = {".arpa": "lm.arpa"}
_BINARY_NAME = "lm.bin"

_PLAIN = "Wav2Vec2Processor"
_WITH_LM = "Wav2Vec2ProcessorWithLM"
_PROCESSOR_FILES = ("preprocessor_config.json", "tokenizer_config.json", "processor_config.json")


def attach_language_model(
    model_folder: Path,
    vocabulary: Vocabulary,
    lm: LanguageModelFiles,
) -> None:
    """Copies the language model and its settings into the model folder, in place of what was there.

    Afterwards `pipeline("automatic-speech-recognition", model=folder)` and
    `Wav2Vec2ProcessorWithLM` decode with it; `Wav2Vec2Processor` still opens.

    Raises ModelError when the folder holds no processor or the vocabulary cannot be an alphabet,
    UsageError for weights that are not finite numbers, MachineError when it cannot be written.
    """
    attributes = _attributes(lm.plain)
    _require_processor(model_folder)
    if not lm.ngram.is_file():
        raise ModelError(f"{lm.ngram}: no such file", hint="check the path", code="E_LM")
    alphabet = json.dumps({"labels": decoder_labels(vocabulary), "is_bpe": False})
    with staged_folder(model_folder / _FOLDER) as staging:
        name = _NGRAM_NAMES.get(lm.ngram.suffix.lower(), _BINARY_NAME)
        shutil.copyfile(lm.ngram, staging / name)
        words = "".join(f"{word}\n" for word in sorted(lm.unigrams or ()))
        save_text(staging / _UNIGRAMS, words)
        save_text(staging / _ATTRIBUTES, attributes)
    save_text(model_folder / _ALPHABET, alphabet)
    _save_tuned(model_folder, lm.tuned)
    _set_processor_class(model_folder, _WITH_LM)


def detach_language_model(model_folder: Path) -> None:
    """Takes the language model out of the model folder; nothing happens where there is none."""
    _set_processor_class(model_folder, _PLAIN)
    with machine_errors(model_folder):
        (model_folder / _ALPHABET).unlink(missing_ok=True)
        (model_folder / _TUNED).unlink(missing_ok=True)
        if (model_folder / _FOLDER).is_dir():
            shutil.rmtree(model_folder / _FOLDER)


def attached_language_model(model_folder: Path) -> LanguageModelFiles | None:
    """The language model inside the model folder, with its settings, or None.

    Raises ModelError E_LM when it is there but not as pyctcdecode wants it.
    """
    folder = model_folder / _FOLDER
    if not folder.is_dir():
        return None
    plain = _read_attributes(folder / _ATTRIBUTES)
    unigrams = tuple(_read(folder / _UNIGRAMS).splitlines())
    return LanguageModelFiles(
        ngram=_find_ngram(folder),
        unigrams=unigrams or None,
        alpha=plain.alpha,
        beta=plain.beta,
        info={},
        unk_score_offset=plain.unk_score_offset,
        tuned=_read_tuned(model_folder / _TUNED),
    )


def update_settings(
    model_folder: Path, *, plain: SearchSettings | None, tuned: SearchSettings | None
) -> None:
    """Other settings for the language model that is attached to the folder.

    plain: for any engine, transformers' pipeline among them; None leaves what is there. tuned:
    for the fast engine; None where the plain ones are the best, and what was there goes.

    Raises ModelError E_LM when none is attached, UsageError for weights that are not finite.
    """
    path = model_folder / _FOLDER / _ATTRIBUTES
    kept = _read_attributes(path)
    if plain is not None:
        save_text(path, _attributes(override(kept, **plain_json(plain))))
    _save_tuned(model_folder, tuned)


def _attributes(settings: SearchSettings) -> str:
    options = override(DecodingOptions(), **plain_json(settings))
    return json.dumps(
        {
            **{name: float(value) for name, value in plain_json(options.settings).items()},
            "score_boundary": True,
        }
    )


def _read_attributes(path: Path) -> SearchSettings:
    values = _read_json(path, code="E_LM")
    missing = [name for name in PLAIN_NAMES if values.get(name) is None]
    if missing:
        raise _broken(path, f"{missing[0]} = None is not a number")
    return read_settings({name: values[name] for name in PLAIN_NAMES}, where=str(path))


def _save_tuned(model_folder: Path, tuned: SearchSettings | None) -> None:
    path = model_folder / _TUNED
    if tuned is not None:
        save_text(path, json.dumps(tuned.to_json(), indent=2) + "\n")
        return
    with machine_errors(path):
        path.unlink(missing_ok=True)


def _read_tuned(path: Path) -> SearchSettings | None:
    if not path.is_file():
        return None
    return read_settings(_read_json(path, code="E_LM"), where=str(path))


def _find_ngram(folder: Path) -> Path:
    seen = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    others = [path for path in seen if path.name not in (_ATTRIBUTES, _UNIGRAMS)]
    if len(others) != 1:
        names = ", ".join(path.name for path in others) or "none"
        raise _broken(folder, f"wanted one n-gram file beside the other two, found {names}")
    return others[0]


def _require_processor(model_folder: Path) -> None:
    if (
        not (model_folder / "preprocessor_config.json").is_file()
        and not (model_folder / "processor_config.json").is_file()
    ):
        raise ModelError(
            f"{model_folder}: no preprocessor_config.json, so this is no speech model's folder",
            hint="name the folder that `w2vctc finetune` made",
            code="E_MODEL",
        )


def _set_processor_class(model_folder: Path, name: str) -> None:
    """Writes the class wherever transformers may read it.

    AutoProcessor takes the first of processor_config.json, preprocessor_config.json and
    tokenizer_config.json that names one. The pipeline asks the feature extractor's settings,
    which newer folders keep inside processor_config.json.
    """
    for file_name in _PROCESSOR_FILES:
        path = model_folder / file_name
        if not path.is_file():
            continue
        settings = _read_json(path, code="E_MODEL")
        changed = _rename_processor(settings, name)
        inner = settings.get("feature_extractor")
        if isinstance(inner, Mapping):
            changed["feature_extractor"] = _rename_processor(inner, name)
        if changed != settings:
            save_text(path, json.dumps(changed, ensure_ascii=False, indent=2) + "\n")


def _rename_processor(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The settings with the class; taking it back touches only what attaching had written."""
    if name == _PLAIN and settings.get("processor_class") != _WITH_LM:
        return dict(settings)
    return {**settings, "processor_class": name}


def _read_json(path: Path, *, code: str) -> dict[str, Any]:
    try:
        values = json.loads(_read(path, code=code))
    except json.JSONDecodeError as error:
        raise _broken(path, f"not valid JSON: {error}", code=code) from error
    if not isinstance(values, dict):
        raise _broken(path, "not a JSON object", code=code)
    return values


def _read(path: Path, *, code: str = "E_LM") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _broken(path, f"not UTF-8 at byte {error.start}", code=code) from error
    except OSError as error:
        raise _broken(path, error.strerror or "cannot be read", code=code) from error


def _broken(path: Path, what: str, *, code: str = "E_LM") -> ModelError:
    return ModelError(
        f"{path}: {what}",
        hint="run `w2vctc train-lm` again to attach the language model anew"
        if code == "E_LM"
        else "restore the file from the model's source",
        code=code,
    )
