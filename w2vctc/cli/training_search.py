"""Dev decoded with the project's language model while a model is trained, for `--select lm`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import say

if TYPE_CHECKING:
    from w2vctc.project import Project
    from w2vctc.vocab import Vocabulary


def open_training_search(
    project: "Project", vocabulary: "Vocabulary", *, select: str
) -> Callable[[Any], str] | None:
    """The text of emissions as the project's language model has it; None to go by the best path.

    Takes the fast engine with the weights that were tuned, if any were: each look at dev decodes
    all of it.
    """
    if select != "lm":
        return None
    from w2vctc.cli.transcribe import find_lm, search_options
    from w2vctc.decode.engines import open_decoder

    lm = find_lm(project, None)
    if lm is None:
        say(f"--select lm: no language model in {project.lm}: the best path on dev chooses")
        return None
    decoder = open_decoder(
        vocabulary, lm=lm, options=search_options(lm), engine="fast", on_news=say
    )
    say(f"dev is decoded with {lm.ngram} at each look, and that chooses the checkpoint")
    return lambda emissions: decoder.decode(emissions).text
