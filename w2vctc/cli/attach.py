"""The language model of lm/LANG put into the model folder, so that one folder holds everything."""

from typing import TYPE_CHECKING

from w2vctc.cli.screen import say

if TYPE_CHECKING:
    from w2vctc.project import Project

BINARY_NAME = "lm.bin"  # beside the n-gram of lm/LANG, for KenLM's own programs


def attach_if_there(project: "Project") -> bool:
    """Attaches the project's LM to the project's model when both exist; says so."""
    from w2vctc.acoustic.source import is_trained
    from w2vctc.decode.model_folder import attach_language_model
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
    attach_language_model(project.model, vocabulary, lm)
    say(f"put {lm.ngram} into {project.model}: the folder decodes with it by itself")
    return True
