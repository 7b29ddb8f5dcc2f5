"""The emissions of a split of a project, as a file for the benchmarks of decoding.

    python benchmarks/save_emissions.py dev.npz --lang ca

It is run in the project's folder and takes model and data as `w2vctc tune` does: models/ca and
data/ca, or --model and --data. Transcripts are normalized by the language's profile.
"""

import argparse
from pathlib import Path

from material import save_emissions

from w2vctc.cli.dev_sound import hear_once
from w2vctc.cli.rows import read_references, texts_of
from w2vctc.cli.transcribe import open_model
from w2vctc.project import find_project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("out", type=Path, help="the .npz to write")
    parser.add_argument("--lang")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--every", type=int, default=1, help="only every n-th row")
    arguments = parser.parse_args()
    project = find_project(lang=arguments.lang, data=arguments.data, model=arguments.model)
    rows = read_references(project, arguments.split, skip_bad=True)[:: arguments.every]
    model = open_model(project.model, device=None, allow_pickle=None)
    emissions = hear_once(model, rows)
    save_emissions(arguments.out, model.vocabulary.labels, texts_of(rows), emissions)
    print(f"{len(rows)} rows of {arguments.split} in {arguments.out}")


if __name__ == "__main__":
    main()
