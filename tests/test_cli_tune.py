"""`w2vctc tune`: what it reads and refuses, what it tells, what it leaves behind."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from speech_material import DEV_TEXTS

from w2vctc.acoustic import emission_cache
from w2vctc.cli.tune_screen import show_tuning
from w2vctc.decode.known_sentences import save_known_sentences
from w2vctc.decode.model_folder import attached_language_model
from w2vctc.decode.plateau import Interval, Range
from w2vctc.decode.tune import Tuning
from w2vctc.decode.weight_search import Trial
from w2vctc.lm.folder import find_language_model, read_lm_info
from w2vctc.lm.settings import PLAIN, Way
from w2vctc.project import Project

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]

FAST = ("--beam-width", "2", "--budget", "3")  # untrained, every label is likely everywhere


@pytest.fixture
def tune(
    run: Run,
    speech_rows: Rows,
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, str, str]]:
    """A function that tunes the untrained model, with a cache of emissions of its own."""
    monkeypatch.setattr(emission_cache, "cache_folder", lambda: tmp_path / "cache")
    speech_rows()
    shutil.copytree(model_folder, tmp_path / "models" / "xx")
    assert run("train-lm")[0] == 0
    return lambda *flags: run("tune", *FAST, *flags)


def test_weights_and_picture_are_where_decode_and_people_look(
    tune: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = tune("--json")
    shown = json.loads(out)
    assert code == 0
    info = read_lm_info(Path("lm/xx"))
    attached = attached_language_model(Path("models/xx"))
    assert attached is not None
    assert (info["alpha"], info["beta"]) == (shown["alpha"], shown["beta"])
    assert (attached.alpha, attached.beta) == (shown["alpha"], shown["beta"])
    assert info["tuned_on"] == "dev"
    assert Path("lm/xx/tuning.png").read_bytes().startswith(b"\x89PNG")
    assert "the picture is lm/xx/tuning.png" in err


def test_json_tells_all_that_the_screen_tells(tune: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = tune("--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["n_decodes"] == sum(trial["share"] for trial in shown["trials"]) <= 3
    assert shown["default_dev_wer"] == shown["trials"][0]["wer"]
    assert [way["way"] for way in shown["ways"]] == ["open"]  # so few decodes are for one way
    assert shown["dev_wer"] == min(trial["wer"] for trial in shown["trials"])
    for name in ("dev_wer", "default_dev_wer", "greedy_dev_wer"):
        low, high = shown[f"{name}_interval"]
        assert low <= shown[name] <= high
    assert [span["name"] for span in shown["plateau"]] == ["alpha", "beta", "unk_score_offset"]


def test_the_way_that_dev_decides_for_is_what_decode_and_evaluate_go(
    tune: Callable[..., tuple[int, str, str]], run: Run
) -> None:
    code, out, _ = tune("--json", "--oov-order", "3")
    shown = json.loads(out)
    assert (code, shown["oov_order"], shown["vocabulary"]) == (0, 3, "open")
    assert {trial["way"] for trial in shown["trials"]} == {"letters 3"}
    lm, attached = find_language_model(Path("lm/xx")), attached_language_model(Path("models/xx"))
    assert attached is not None
    assert lm.tuned == attached.tuned
    assert lm.tuned is not None
    assert lm.tuned.to_json().items() <= {**shown, "oov_weight": 1.0}.items()
    assert (lm.alpha, lm.beta) == (0.5, 1.5)  # without letters nothing was measured
    shutil.rmtree("lm")
    sound = str(sorted(Path("data/xx").glob("test-*.wav"))[0])
    code, _, err = run("decode", sound, "--model", "models/xx", "--beam-width", "2")
    assert code == 0
    assert f"alpha {shown['alpha']:.2f}, beta {shown['beta']:.2f}, letters 3" in err


def test_what_a_flag_fixes_is_not_tuned(tune: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = tune("--json", "--vocabulary", "closed", "--unk-score-offset", "-7")
    shown = json.loads(out)
    assert code == 0
    assert {trial["way"] for trial in shown["trials"]} == {"closed"}
    assert {trial["unk_score_offset"] for trial in shown["trials"]} == {-7.0}
    assert tune("--vocabulary", "ajar")[0] == 2


def test_pyctcdecode_tunes_what_it_can_and_says_so(
    tune: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = tune("--json", "--engine", "pyctcdecode")
    assert code == 0
    assert "decoding with pyctcdecode, labels down to -5" in err
    assert "pyctcdecode knows no other way with unknown words than a flat cost" in err
    assert [way["way"] for way in json.loads(out)["ways"]] == ["open"]


def test_nothing_is_heard_twice(tune: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    first, second, third = tune("--json"), tune("--json"), tune("--json", "--no-cache")
    assert first[1] == second[1] == third[1]
    told = f"{len(DEV_TEXTS)} of {len(DEV_TEXTS)} clips were heard before"
    assert [told in err for _, _, err in (first, second, third)] == [False, True, False]
    assert len(list((tmp_path / "cache").rglob("*.emissions"))) == len(DEV_TEXTS)


def test_without_a_cache_nothing_is_kept(
    tune: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    assert tune("--no-cache")[0] == 0
    assert not (tmp_path / "cache").exists()


def test_a_damaged_cache_is_told_and_mended(
    tune: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    whole = tune("--json")
    kept = sorted((tmp_path / "cache").rglob("*.emissions"))[0]
    kept.write_bytes(kept.read_bytes()[:-5])
    mended = tune("--json")
    assert mended[:2] == whole[:2]
    assert f"{kept}: damaged; computed anew" in mended[2]


def test_the_test_table_is_refused(tune: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = tune("--lang", "xx", "--data", "data/xx/test.tsv")
    assert code == 3
    assert "data/xx/test.tsv: this is the test table by its name" in err
    assert "E_LEAK" in err


@pytest.mark.parametrize("name", ["data/xx/mine.tsv", "elsewhere/dev.tsv"])
def test_a_table_of_the_same_sound_as_test_is_refused(
    tune: Callable[..., tuple[int, str, str]], name: str
) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    for sound in Path("data/xx").glob("test-*.wav"):
        if name.startswith("elsewhere"):
            shutil.copy(sound, Path(name).parent / f"copy-{sound.name}")
    table = Path("data/xx/test.tsv").read_text(encoding="utf-8")
    if name.startswith("elsewhere"):
        table = table.replace("test-", "copy-test-")
    Path(name).write_text(table, encoding="utf-8")
    code, _, err = tune("--lang", "xx", "--data", name)
    assert code == 3
    assert "to tune on have the sound of test rows" in err
    assert "E_LEAK" in err


def test_sentences_that_the_language_model_has_read_are_left_out_or_refused(
    tune: Callable[..., tuple[int, str, str]],
) -> None:
    """Language model text that holds dev sentences."""
    save_known_sentences(Path("lm/xx"), ["plou a la vall", DEV_TEXTS[0]])
    code, _, err = tune()
    assert code == 0
    assert "left out 1 clip of dev: the n-gram was made of the sentence" in err
    assert "dev: 1 clip, " in err
    save_known_sentences(Path("lm/xx"), DEV_TEXTS)
    code, _, err = tune()
    assert code == 3
    assert "made of 2 of the 2 sentences of dev" in err
    assert "E_LEAK" in err


def test_no_decode_is_no_tuning(tune: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = tune("--budget", "0")
    assert code == 2
    assert "--budget" in err


GOLDEN = """\

 on dev        alpha   beta   offset      WER    95 % interval
 ─────────────────────────────────────────────────────────────
 greedy                                40.0 %   36.0 to 44.0 %
 LM, default    0.50   1.50      -10   30.0 %   27.0 to 33.0 %
 LM, tuned     0.625   0.50        2   28.0 %   25.0 to 31.0 %


 unknown words   alpha   beta   offset      WER
 ───────────────────────────────────────────────────────────────────────────
 open             0.50   0.50      -10   29.6 %   tuned
 closed           0.50   1.50            41.0 %   given up after 12 % of dev
 letters 5        0.50   1.50        0   29.5 %   not tuned
 letters 6       0.625   0.50        2   28.0 %   chosen

letters 6 saves 1.6 points (0.5 to 2.7) against open, both tuned

 beta \\ alpha  0.500   0.625
      1.50    29.3█
      0.50            28.0▁*
 WER in %   * fewest errors   = no difference that dev can tell   ~ given up early

no difference that dev can tell: alpha between 0.50 and 0.75, beta 0.50 only
tuned against default: 2.0 points less (0.5 to 3.5)
"""


SIX = Way("open", 6)


def make_tuning(*, best_way: Way = SIX) -> Tuning:
    default, plain = Trial(0.5, 1.5, 300, 1000), Trial(0.5, 0.5, 296, 1000)
    closed = Trial(0.5, 1.5, 410, 1000, share=0.125, way=Way("closed"))
    five = Trial(0.5, 1.5, 295, 1000, 0.0, way=Way("open", 5))
    six = Trial(0.5, 1.5, 293, 1000, 2.0, way=SIX)
    best = Trial(0.625, 0.5, 280, 1000, 2.0, way=SIX)
    ways = (plain, closed, five, best)
    return Tuning(
        best=next(trial for trial in ways if trial.way == best_way),
        default=default,
        trials=(default, closed, five, six, best, plain),
        greedy_errors=400,
        n_workers=2,
        notes=(),
        n_decodes=2.0,
        same=(False, False, False, False, True, False),
        plateau=(Range("alpha", 0.5, 0.75), Range("beta", 0.5, 0.5)),
        greedy_interval=Interval(0.36, 0.44),
        default_interval=Interval(0.27, 0.33),
        best_interval=Interval(0.25, 0.31),
        gain=Interval(0.005, 0.035),
        ways=ways,
        way_gain=Interval(0.005, 0.027),
    )


PROJECT = Project("xx", Path("data"), Path("model"), Path("lm"), flags="--lang xx")


def test_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    show_tuning(make_tuning(), PROJECT, as_json=False)
    shown = capsys.readouterr().out
    assert [line.rstrip() for line in shown.splitlines()] == GOLDEN.splitlines()


def test_the_screen_says_why_the_simplest_way_stays(capsys: pytest.CaptureFixture[str]) -> None:
    tuning = replace(make_tuning(best_way=PLAIN), way_gain=Interval(-0.004, 0.011))
    show_tuning(tuning, PROJECT, as_json=False)
    told = "open stays, as the simplest: letters 6 saves nothing that dev is sure of, 1.6 points"
    assert f"{told} (-0.4 to 1.1)\n" in capsys.readouterr().out
