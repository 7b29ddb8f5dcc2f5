"""Flags that several verbs share, with the same name and meaning everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Lang = Annotated[
    str | None,
    typer.Option("--lang", "-l", help="The language's key, such as ca: names every folder below."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        readable=False,  # what may not be read is told by us, like every other fault
        help="Folder, file or hub id of the data; its format is recognised.  [default: data/LANG]",
    ),
]
Format = Annotated[
    str | None,
    typer.Option("--format", help="The data's format, where it is not recognised right."),
]
Tier = Annotated[
    str | None,
    typer.Option("--tier", help="The tier of ELAN or Praat files that has the transcripts."),
]
AllowOutside = Annotated[
    bool | None,
    typer.Option("--allow-outside", help="Take audio from outside of the data's folder too."),
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", readable=False, help="The model's folder.  [default: models/LANG]"),
]
Profile = Annotated[
    Path | None,
    typer.Option(
        readable=False,
        help="The language's profile.  [default: vocab/LANG.toml, or the shipped one]",
    ),
]
LmFolder = Annotated[
    Path | None,
    typer.Option(
        "--lm", readable=False, help="The language model's folder or file.  [default: lm/LANG]"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout instead of a table.")]
SkipBad = Annotated[
    bool | None,
    typer.Option("--skip-bad", help="Leave rows out that cannot be used, and go on."),
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.  [default: auto]")]
AllowPickle = Annotated[
    bool | None,
    typer.Option("--allow-pickle", help="Load pickled weights of an author you trust."),
]
DecodingEngine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="auto, fast, or pyctcdecode with its own limits: some forty times as slow.",
    ),
]
TokenMinLogp = Annotated[
    float | None,
    typer.Option(
        max=0.0,
        help="Labels less likely are not tried.  [default: -8; -5 where pyctcdecode decodes]",
    ),
]
_VOCABULARY = "open, or closed: only words that the LM knows can be found."
VocabularyKind = Annotated[
    str | None,
    typer.Option("--vocabulary", help=f"{_VOCABULARY}  [default: tuned, else open]"),
]
FixedVocabulary = Annotated[
    str | None, typer.Option("--vocabulary", help=f"{_VOCABULARY}  [default: dev decides]")
]
_UNK_SCORE_OFFSET = "Added, in log10, to a word that the LM does not know."
UnkScoreOffset = Annotated[
    float | None,
    typer.Option(help=f"{_UNK_SCORE_OFFSET}  [default: tuned, else -10; 0 with --oov-order]"),
]
FixedUnkScoreOffset = Annotated[
    float | None,
    typer.Option("--unk-score-offset", help=f"{_UNK_SCORE_OFFSET}  [default: dev decides]"),
]
_OOV_ORDER = (
    "Score unknown words by an n-gram of letters of this order, learned from the LM's words;"
    " 0 is none."
)
OovOrder = Annotated[
    int | None, typer.Option(min=0, help=f"{_OOV_ORDER}  [default: tuned, else 0]")
]
FixedOovOrder = Annotated[
    int | None,
    typer.Option("--oov-order", min=0, help=f"{_OOV_ORDER}  [default: dev decides]"),
]
OovWeight = Annotated[
    float | None, typer.Option(help="Weight of the n-gram of letters.  [default: 1]")
]
Hotwords = Annotated[
    Path | None,
    typer.Option(readable=False, help="A file of words or phrases to expect, one per line."),
]
HotwordWeight = Annotated[
    float | None, typer.Option(help="Bonus for each hotword, as a logarithm.  [default: 10]")
]
