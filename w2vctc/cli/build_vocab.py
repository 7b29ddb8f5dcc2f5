"""`w2vctc build-vocab`: the characters of the training texts, and their tokenizer."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.corpus.corpus import Corpus
    from w2vctc.project import Project
    from w2vctc.vocab import Vocabulary


def build_vocab_cli(
    lang: flags.Lang = None,
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    model: flags.ModelFolder = None,
    profile: flags.Profile = None,
    digraphs: Annotated[
        bool,
        typer.Option("--digraphs", help="Give the profile's digraphs (ll, ch, ...) a label each."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the vocabulary of a trained model.")
    ] = False,
    write_profile: Annotated[
        bool,
        typer.Option(
            "--write-profile",
            help="Only draft vocab/LANG.toml, the language's profile, for a person to review.",
        ),
    ] = False,
    json: flags.Json = False,
) -> None:
    """Make the character vocabulary and the CTC tokenizer from the training texts."""
    from w2vctc.project import find_project

    project = find_project(
        lang=lang,
        data=data,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=model,
        profile=profile,
    )
    if write_profile:
        from w2vctc.cli.write_profile import write_profile as write

        write(project, as_json=json)
        return
    built = build_vocab(project, digraphs=digraphs, overwrite=overwrite)
    show(built, as_json=json)


@dataclass(frozen=True)
class BuiltVocabulary:
    """What build-vocab made and saw; `unseen` are characters that only dev or test have."""

    project: "Project"
    profile: Any
    vocabulary: "Vocabulary"
    counts: list[Any]
    unseen: dict[str, list[Any]]
    n_texts: int


def build_vocab(
    project: "Project",
    *,
    digraphs: bool = False,
    overwrite: bool = False,
    corpus: "Corpus | None" = None,
    save: bool = True,
) -> BuiltVocabulary:
    """Writes vocab.json, tokenizer and preprocessor files into the project's model folder.

    corpus: the project's data, where somebody has read it already. save: whether to write.
    """
    from w2vctc.cli.rows import (
        make_normalizer,
        open_corpus,
        open_profile,
        rows_of_split,
        usable_texts,
    )
    from w2vctc.vocab import (
        build_vocabulary,
        count_characters,
        save_feature_extractor,
        save_tokenizer,
        unseen_characters,
    )

    profile = open_profile(project)
    normalize = make_normalizer(profile)
    corpus = corpus or open_corpus(project)
    rows_of_split(corpus, "train")  # or it is told that there is none
    texts = [normalize(text) for text in usable_texts(corpus, "train", profile=profile)]
    vocabulary = build_vocabulary(texts, digraphs=profile.digraphs if digraphs else ())
    _refuse_other(project.model, vocabulary, overwrite=overwrite)
    unseen = {}
    for split in corpus.splits:
        if split != "train":
            held = [normalize(text) for text in usable_texts(corpus, split, profile=profile)]
            unseen[split] = unseen_characters(held, vocabulary)
    if save:
        save_tokenizer(vocabulary, project.model)
    if save and not (project.model / "config.json").exists():
        # Which models want a mask is known when one is chosen: finetune writes this file anew.
        save_feature_extractor(project.model, return_attention_mask=True)
    counts = count_characters(texts, profile)
    return BuiltVocabulary(project, profile, vocabulary, counts, unseen, len(texts))


def _refuse_other(folder: Path, vocabulary: "Vocabulary", *, overwrite: bool) -> None:
    """A trained head spells its own labels: other ones in its folder would make it worthless."""
    from w2vctc.errors import UsageError
    from w2vctc.vocab import load_vocabulary

    if overwrite or not (folder / "config.json").exists():
        return
    if load_vocabulary(folder).labels != vocabulary.labels:
        raise UsageError(
            f"{folder}: a model is trained there that spells other labels",
            hint="give another folder with --model, or --overwrite and train anew",
        )


def show(built: BuiltVocabulary, *, as_json: bool) -> None:
    from w2vctc.cli.screen import print_table, say, say_next, write_json

    if as_json:
        write_json(
            {
                "folder": str(built.project.model),
                "labels": list(built.vocabulary.labels),
                "characters": [asdict(count) for count in built.counts],
                "unseen": {s: [asdict(c) for c in cs] for s, cs in built.unseen.items()},
            }
        )
        return
    print_table(
        [
            ("character", "left"),
            ("code point", "left"),
            ("name", "left"),
            ("count", "right"),
            ("example", "left"),
            ("mark", "left"),
        ],
        [
            (c.character, c.code_points, c.name.lower(), f"{c.count:,}", c.example, c.mark)
            for c in built.counts
        ],
    )
    say(
        f"read {built.n_texts:,} training texts with the profile of {built.profile.name}"
        f" ({built.profile.source or 'no source given'})"
    )
    for split, characters in built.unseen.items():
        for count in characters:
            say(
                f"{split} has {count.character} ({count.code_points} {count.name.lower()})"
                f" {count.count} times, as in {count.example}, and train never: not added,"
                " it will count as an error"
            )
    n_letters = len(built.vocabulary.letters)
    say(f"made {len(built.vocabulary.labels)} labels, {n_letters} of them letters,"
        f" in {built.project.model}")  # fmt: skip
    say_next(f"w2vctc finetune {built.project.flags}")
