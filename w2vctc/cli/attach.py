"""The language model of lm/LANG put into the model folder, so that one folder holds everything."""

from pathlib import Path
from typing import TYPE_CHECKING

from w2vctc.cli.screen import say

if TYPE_CHECKING:
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project

BINARY_NAME = "lm.bin"


def attach_if_there(project: "Project") -> bool:
    """Attaches the project's LM to the project's model when both exist; says so."""
    from w2vctc.acoustic.source import is_trained
    from w2vctc.decode.model_folder import attach_language_model
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.folder import find_language_model
    from w2vctc.lm.loading import check_spelling
    from w2vctc.vocab import load_vocabulary

    if not is_trained(project.model) or not (project.lm / "lm.json").is_file():
        return False
    lm = find_language_model(project.lm)
    vocabulary = load_vocabulary(project.model)
    _, warning = check_spelling(lm.unigrams or (), lambda word: not vocabulary.unspellable(word))
    if warning:
        say(warning)
    defaults = DecodingOptions()
    attach_language_model(
        project.model,
        vocabulary,
        with_binary(lm),
        alpha=lm.alpha if lm.alpha is not None else defaults.alpha,
        beta=lm.beta if lm.beta is not None else defaults.beta,
    )
    say(f"put {lm.ngram} into {project.model}: the folder decodes with it by itself")
    return True


def with_binary(lm: "LanguageModelFiles") -> "LanguageModelFiles":
    """The same language model through its KenLM binary, which loads faster, where there is one."""
    from dataclasses import replace

    binary: Path = lm.ngram.with_name(BINARY_NAME)
    return replace(lm, ngram=binary) if binary.is_file() else lm
