"""The benchmarks of decoding: what they decode, what they print, the commands that are written."""

import importlib
import random
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.evaluate.counts import count_character_errors
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"python (benchmarks/\w+\.py)([^`]*)`", PAGE)))
WORDS = ("bama", "keli", "lino", "mopa", "nuri", "pasto", "resi", "sivu", "tobe", "vuka")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that imports a module of benchmarks/ as its commands do."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Different lines of made-up words."""
    draw = random.Random(3)
    lines = {" ".join(draw.choices(WORDS, k=4)) for _ in range(300)}
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")
    return path


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A function that runs a benchmark's command and returns what it writes to stdout."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def run(name: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        try:
            runpy.run_path(str(FOLDER / name), run_name="__main__")
        except SystemExit as stop:
            assert not stop.code, stop.code
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(("script", "arguments"), COMMANDS)
def test_commands_of_the_page_exist_with_their_flags(
    script: str, arguments: str, command: Any
) -> None:
    shown = command(Path(script).name, "--help")
    flags = set(re.findall(r"--[a-z-]+", arguments))
    assert flags - set(re.findall(r"--[a-z-]+", shown)) == set()


def test_every_benchmark_is_on_the_page() -> None:
    commands = {
        f"benchmarks/{path.name}"
        for path in FOLDER.glob("*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }
    assert commands == {script for script, _ in COMMANDS}


def test_simulated_recordings_say_lines_that_the_ngram_was_not_made_of(
    bench: Any, text: Path, tmp_path: Path
) -> None:
    material = bench("material")
    lines = material.read_lines([text], lang=None)
    paths = material.simulate(lines, tmp_path, order=2, n_utterances=8)
    made = material.open_material(*paths)
    assert len(made.references) == 8
    assert set(made.references) <= set(lines)
    learned = [line for line in lines if line not in made.references]
    assert set(made.lm.unigrams) <= {word for line in learned for word in line.split()}
    again = material.open_material(*material.simulate(lines, tmp_path, order=2, n_utterances=8))
    assert all(map(np.array_equal, made.emissions, again.emissions))


def test_recordings_are_as_clear_as_asked_for(bench: Any) -> None:
    material = bench("material")
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", *sorted(set("".join(WORDS)))))
    said = " ".join(WORDS * 5)

    def error_rate(confused: float) -> float:
        draw = np.random.default_rng(0)
        emissions = material.speak(said, vocabulary, draw, confused=confused)
        assert np.exp(emissions).sum(axis=1) == pytest.approx(1.0, abs=1e-4)
        return count_character_errors(said, greedy_text(emissions, vocabulary)).rate

    assert error_rate(0.0) < 0.05 < error_rate(1 / 7) < 0.4 < error_rate(1.0)


def test_only_lines_of_known_words_are_spoken_where_that_is_asked_for(
    bench: Any, tmp_path: Path
) -> None:
    material = bench("material")
    rare = [f"bama keli lino {first}{second}" for first in WORDS for second in WORDS]
    lines = [*rare, *(" ".join(random.Random(n).choices(WORDS, k=4)) for n in range(100))]
    paths = material.simulate(lines, tmp_path, order=2, n_utterances=99, known_words=True)
    made = material.open_material(*paths)
    known = frozenset(made.lm.unigrams)
    assert made.references
    assert all(known.issuperset(line.split()) for line in made.references)
    assert "0.0% of them unknown" in made.describe()


def test_lines_are_read_once_and_normalized_where_a_language_is_named(
    bench: Any, tmp_path: Path
) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("Bon dia!\nbon  dia\nL’aigua\nžena\n", encoding="utf-8")
    read_lines = bench("material").read_lines
    assert read_lines([path], lang="ca") == ["bon dia", "l'aigua"]
    assert read_lines([path], lang=None) == ["Bon dia!", "bon dia", "L’aigua", "žena"]


def test_halves_are_every_other_recording(bench: Any) -> None:
    lm = LanguageModelFiles(Path("lm.arpa"), ("a",), None, None, {})
    emissions = [np.zeros((50 * n, 3)) for n in range(1, 5)]
    vocabulary = Vocabulary(("<pad>", "|", "a"), unknown="")
    whole = bench("material").Material(vocabulary, lm, ["a", "b a", "c", "d"], emissions)
    assert (whole.audio_s, whole.n_words) == (10.0, 5)
    assert whole.half(1).references == ["b a", "d"]
    assert whole.half(1).audio_s == 6.0
    assert whole.describe() == "4 utterances, 10 s, 5 words, 60.0% of them unknown to the n-gram"


def test_error_rate_is_pooled_over_texts(bench: Any) -> None:
    assert bench("material").rate(["a b c", "d"], ["a x c", "d e"]) == 0.5


def test_peak_of_memory_is_this_process_s_own(bench: Any) -> None:
    code = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import material;"
    code += "print(material.peak_mib()); kept = b'x' * (200 << 20); print(material.peak_mib())"
    ballast = b"x" * (400 << 20)  # a parent that is larger than its child
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    before, after = map(float, child.stdout.split())
    assert len(ballast) > after * (1 << 20) > (before + 199) * (1 << 20)
    assert bench("material").peak_mib() > 400


class _Deaf:
    """Hears a right word only with weights near the best ones."""

    def __init__(self, alpha: float, beta: float) -> None:
        self.best = (alpha, beta)
        self.weights = (0.5, 1.5)

    def set_weights(self, *, alpha: float, beta: float) -> None:
        self.weights = (alpha, beta)

    def decode(self, emissions: int) -> SimpleNamespace:
        distance = abs(self.weights[0] - self.best[0]) + abs(self.weights[1] - self.best[1]) / 4
        return SimpleNamespace(text="right" if emissions >= 20 * distance else "wrong")


def test_every_decoder_is_tuned_and_keeps_the_best_weights(bench: Any) -> None:
    dev = bench("material").Material(None, None, ["right"] * 30, range(30))
    decoder = _Deaf(1.0, 3.5)
    found = bench("tuner").tune(decoder, dev, budget=40)
    assert found == decoder.weights == (1.0, 3.5)


def answer(seconds: float, *texts: str, cpu_s: float = 1.0, memory_mib: float = 100) -> Any:
    return {
        "load_s": 0.5,
        "seconds": seconds,
        "cpu_s": cpu_s,
        "memory_mib": memory_mib,
        "texts": texts,
    }


def test_table_of_engines(bench: Any) -> None:
    emissions = [np.zeros((100, 3)), np.zeros((400, 3))]
    material = bench("material").Material(None, None, ["a b", "c d"], emissions)
    rounds = [
        {
            "pyctcdecode": answer(8, "a b", "c x", cpu_s=8),
            "fast": answer(0.5, "a b", "c d", cpu_s=0.4, memory_mib=64.4),
            "flashlight-text": None,
        },
        {
            "pyctcdecode": answer(4, "a b", "c x", cpu_s=4),
            "fast": answer(0.5, "a b", "c d", cpu_s=0.2, memory_mib=64.6),
            "flashlight-text": None,
        },
    ]
    assert bench("decode").render_table(rounds, material) == (
        "| engine | load s | decode s | RTF | times as fast | by CPU | WER % | same texts | MiB |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        "| pyctcdecode | 0.50 | 6.00 | 0.60000 | 1.0 | 1.0 | 25.0 | 2 of 2 | 100 |\n"
        "| fast | 0.50 | 0.50 | 0.05000 | 12.0 | 20.0 | 0.0 | 1 of 2 | 64 |\n"
        "| flashlight-text | not installed | | | | | | | |"
    )


def test_all_tables_of_options_for_a_text(command: Any, text: Path) -> None:
    arguments = ("--text", text, "--order", 2, "--utterances", 4)
    shown = command("decode_options.py", *arguments)
    rows = [line.split(" | ")[0].strip("| ") for line in shown.splitlines() if line[:1] == "|"]
    assert "-5, 100" in rows
    assert "-10, 400" in rows
    assert rows.index("vocabulary, unk_score_offset") < rows.index("as pyctcdecode scores it")
    assert rows.index("closed") < rows.index("vocabulary, beam_prune_logp")
    assert rows[-1] == "closed, -25"
    assert shown.startswith("4 utterances, ")


def test_options_of_the_tables_are_what_their_rows_say(bench: Any) -> None:
    module = bench("decode_options")
    limits = {row.name: row.options for row in module.limit_rows(DecodingOptions(alpha=0.25))}
    assert limits["-8, 25"] == DecodingOptions(alpha=0.25, token_min_logp=-8.0, beam_width=25)
    kinds = {row.name: row.options for row in module.vocabulary_rows(DecodingOptions())}
    assert kinds["closed"] == DecodingOptions(vocabulary="closed")
    assert kinds["open, -2"] == DecodingOptions(unk_score_offset=-2.0)
    pruned = {row.name: row.options for row in module.pruning_rows(DecodingOptions())}
    assert pruned["closed, -25"] == DecodingOptions(vocabulary="closed", beam_prune_logp=-25.0)
    letters = DecodingOptions(unk_score_offset=0.0, oov_order=5)
    assert kinds["open, 0, letters of order 5"] == letters


def test_first_load_of_an_ngram_and_later_ones(command: Any, text: Path) -> None:
    arguments = ("--text", text, "--order", 2, "--runs", 1)
    shown = command("load.py", *arguments)
    assert re.match(r"0\.0 MB, \d+ n-grams of order 1 to 2\n", shown)
    first, later = shown.splitlines()[-2:]
    assert first.startswith("| first | ")
    assert later.startswith("| later, median of 1 | ")
    assert len(first.split(" | ")) == len(later.split(" | ")) == 6


def test_searches_are_tuned_alike_and_missing_ones_are_named(
    command: Any, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "flashlight", None)
    arguments = ("--text", text, "--order", 2, "--utterances", 6, "--budget", 3)
    only = ("--only", "closed, labels to e^-5", "e^-10")
    shown = command("vocabulary.py", *arguments, *only)
    closed, missing = shown.splitlines()[-2:]
    assert re.fullmatch(r"\| closed, labels to e\^-5 (\| -?[\d.]+ ){7}\|", closed)
    assert missing == "| flashlight-text, readings to e^-10 | not installed | | | | | | |"


def test_language_models_are_compared_by_perplexity_and_errors(
    bench: Any, command: Any, text: Path, tmp_path: Path
) -> None:
    material = bench("material")
    lines = material.read_lines([text], lang=None)
    lm, emissions = material.simulate(lines, tmp_path, order=2, n_utterances=6)
    arguments = ("--emissions", emissions, "--lm", lm, "--budget", 2)
    shown = command("compare_lms.py", *arguments)
    name, order, n_ngrams, perplexity, unknown, *_ = shown.splitlines()[-1].strip("| ").split(" | ")
    assert (name, order, unknown) == ("lm.arpa", "2", "0.0")
    assert int(n_ngrams) > len(WORDS)
    # Ten words and the end, each as likely as the others.
    assert 5 < float(perplexity) < 12


def test_grid_is_timed_in_part_and_searched_as_a_whole(
    bench: Any, text: Path, tmp_path: Path
) -> None:
    material, tune = bench("material"), bench("tune")
    lines = material.read_lines([text], lang=None)
    paths = material.simulate(lines, tmp_path, order=2, n_utterances=2)
    dev = material.open_material(*paths)
    found = tune.run_grid(dev, DecodingOptions(beam_width=4), n_columns=1)
    assert found.name == "grid of pyctcdecode, 1 of 8 columns timed"
    assert found.n_decodes == len(tune.ALPHAS) * len(tune.BETAS) == 64
    assert found.alpha in tune.ALPHAS
    assert found.beta in tune.BETAS
    assert found.cpu_s > 0


def test_emissions_of_a_project_are_kept_with_their_references(
    bench: Any, command: Any, speech_rows: Any, model_folder: Path, tmp_path: Path
) -> None:
    data = speech_rows(train=["bon dia"], dev=["Una casa!", "dos gats", "tres"], test=None)
    out = tmp_path / "dev.npz"
    arguments = (out, "--lang", "ca", "--data", data, "--model", model_folder, "--every", 2)
    shown = command("save_emissions.py", *arguments)
    assert shown == f"2 rows of dev in {out}\n"
    vocabulary, references, emissions = bench("material").read_emissions(out)
    assert references == ["una casa", "tres"]
    assert {item.shape[1] for item in emissions} == {len(vocabulary.labels)}
    assert np.exp(emissions[0]).sum(axis=1) == pytest.approx(1.0, abs=1e-4)
