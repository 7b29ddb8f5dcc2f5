"""A vocabulary as the files that transformers opens, and back; written without transformers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from w2vctc.errors import ModelError
from w2vctc.files import save_text
from w2vctc.vocab.vocabulary import BLANK, UNKNOWN, WORD_DELIMITER, Vocabulary

SAMPLE_RATE_HZ = 16_000

_LABELS_FILE = "vocab.json"
_ADDED_FILE = "added_tokens.json"
_TOKENIZER_FILE = "tokenizer_config.json"
_SPECIAL_FILE = "special_tokens_map.json"
_EXTRACTOR_FILE = "preprocessor_config.json"
_SENTENCE_MARKS = ("<s>", "</s>")


def save_tokenizer(vocabulary: Vocabulary, folder: Path) -> None:
    """Writes vocab.json and tokenizer_config.json for transformers' Wav2Vec2CTCTokenizer.

    Its constructor adds <s> and </s> unless bos_token and eos_token are null, and would lower the
    case of what it decodes; both are switched off, so that it has one token per label. It decodes
    digraphs rightly, but swallows the space beside one when it encodes text (5.23): take
    `Vocabulary.encode` for labels.
    """
    settings = {
        "tokenizer_class": "Wav2Vec2CTCTokenizer",
        "processor_class": "Wav2Vec2Processor",
        "pad_token": vocabulary.blank,
        "unk_token": vocabulary.unknown or None,
        "bos_token": None,
        "eos_token": None,
        "word_delimiter_token": vocabulary.word_delimiter,
        "replace_word_delimiter_char": " ",
        "do_lower_case": False,
        "clean_up_tokenization_spaces": False,
    }
    _save_json(folder / _TOKENIZER_FILE, settings)
    _save_json(folder / _LABELS_FILE, {label: i for i, label in enumerate(vocabulary.labels)})
    for stale in (_ADDED_FILE, _SPECIAL_FILE):
        # left by another tokenizer in this folder, they would add their tokens to ours
        (folder / stale).unlink(missing_ok=True)


def save_feature_extractor(
    folder: Path, *, return_attention_mask: bool, do_normalize: bool = True, with_lm: bool = False
) -> None:
    """Writes preprocessor_config.json: 16 kHz mono, padded with zeros.

    `return_attention_mask` is False for models with group norm (base), which were trained without
    one. `with_lm` names the processor that makes `pipeline` load the folder's language model.
    """
    settings = {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "processor_class": "Wav2Vec2ProcessorWithLM" if with_lm else "Wav2Vec2Processor",
        "feature_size": 1,
        "sampling_rate": SAMPLE_RATE_HZ,
        "padding_side": "right",
        "padding_value": 0.0,
        "do_normalize": do_normalize,
        "return_attention_mask": return_attention_mask,
    }
    _save_json(folder / _EXTRACTOR_FILE, settings)


def load_vocabulary(folder: Path, *, head_size: int | None = None) -> Vocabulary:
    """The labels of a model folder in logit order, whatever its special tokens are called.

    With `head_size`, <s> and </s> that stand in added_tokens.json behind the last logit are left
    out: many published folders have them, and no model ever gave them a score.

    Raises ModelError (E_VOCAB) for a missing or broken file, for ids that do not run from 0
    without gaps, and without a blank or a word delimiter.
    """
    settings = _read_settings(folder)
    ids = _read_ids(folder / _LABELS_FILE, language=settings.get("target_lang"))
    if (folder / _ADDED_FILE).exists():
        added = _read_ids(folder / _ADDED_FILE)
        ids = {**added, **ids} if head_size is None else {**_within(added, head_size), **ids}
    labels = _order_labels(ids, folder)
    return Vocabulary(
        labels=labels,
        blank=_find_special(labels, settings, "pad_token", (BLANK, "[PAD]"), folder),
        word_delimiter=_find_special(
            labels, settings, "word_delimiter_token", (WORD_DELIMITER, " "), folder
        ),
        unknown=_find_unknown(labels, settings),
    )


def _within(added: Mapping[str, int], head_size: int) -> dict[str, int]:
    return {
        label: index
        for label, index in added.items()
        if index < head_size or label not in _SENTENCE_MARKS
    }


def _read_settings(folder: Path) -> dict[str, Any]:
    """tokenizer_config.json over special_tokens_map.json; either may be absent."""
    settings: dict[str, Any] = {}
    for name in (_SPECIAL_FILE, _TOKENIZER_FILE):
        if (folder / name).exists():
            settings.update(_read_json(folder / name))
    return settings


def _read_ids(path: Path, language: object = None) -> dict[str, int]:
    """Label to id; of a file with several languages inside, the part of `language`."""
    table = _read_json(path)
    if table and all(isinstance(part, dict) for part in table.values()):
        if not isinstance(language, str) or language not in table:
            raise _refuse(
                f"{path}: holds {len(table)} languages, and the tokenizer names none of them",
                hint=f'set "target_lang" in {path.with_name(_TOKENIZER_FILE)}',
            )
        table = table[language]
    wrong = [label for label, index in table.items() if type(index) is not int]
    if wrong:
        raise _refuse(f"{path}: {wrong[0]!r} has {table[wrong[0]]!r} where its id should be")
    return table


def _order_labels(ids: Mapping[str, int], folder: Path) -> tuple[str, ...]:
    path = folder / _LABELS_FILE
    by_id: dict[int, str] = {}
    for label, index in ids.items():
        if index in by_id:
            raise _refuse(f"{path}: {by_id[index]!r} and {label!r} have the same id {index}")
        by_id[index] = label
    missing = [index for index in range(len(by_id)) if index not in by_id]
    if missing or not by_id:
        found = f"ids run to {max(by_id)} but {missing[0]} is missing" if by_id else "no label"
        raise _refuse(f"{path}: {found}")
    return tuple(by_id[index] for index in range(len(by_id)))


def _find_special(
    labels: tuple[str, ...],
    settings: Mapping[str, Any],
    key: str,
    usual: tuple[str, ...],
    folder: Path,
) -> str:
    """The label that the tokenizer's settings name, else a usual one."""
    named = _content(settings.get(key))
    for label in (named, *usual):
        if label and label in labels:
            return label
    wanted = " or ".join(dict.fromkeys(repr(label) for label in (named, *usual) if label))
    raise _refuse(
        f"{folder / _LABELS_FILE}: no {key.removesuffix('_token').replace('_', ' ')} label "
        f"({wanted}) among its {len(labels)}",
        hint=f'check "{key}" in {folder / _TOKENIZER_FILE}; CTC needs its blank as pad_token',
    )


def _find_unknown(labels: tuple[str, ...], settings: Mapping[str, Any]) -> str:
    candidates = (_content(settings.get("unk_token")), UNKNOWN, "[UNK]")
    return next((label for label in candidates if label and label in labels), "")


def _content(token: object) -> str:
    """A token's text; some files write tokens as tables."""
    if isinstance(token, Mapping):
        token = token.get("content")
    return token if isinstance(token, str) else ""


def _read_json(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_refuse_twice)
    except FileNotFoundError as error:
        raise _refuse(f"{path}: no such file", hint="give the folder of a CTC model") from error
    except OSError as error:
        raise _refuse(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise _refuse(f"{path}: not valid JSON: {error}") from error
    if not isinstance(table, dict):
        raise _refuse(f"{path}: a table was expected, not {type(table).__name__}")
    return table


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return table


def _refuse(message: str, hint: str = "") -> ModelError:
    return ModelError(
        message,
        hint=hint or "copy the tokenizer's files again from where the model was trained",
        code="E_VOCAB",
    )


def _save_json(path: Path, values: Mapping[str, Any]) -> None:
    save_text(path, json.dumps(values, ensure_ascii=False, indent=2) + "\n")
