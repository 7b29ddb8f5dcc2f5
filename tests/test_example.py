"""The bundled example: right Catalan, clean splits, tables that tell the truth, made again."""

import csv
import importlib
import io
import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).parent.parent / "examples" / "ca-numbers"
SPLITS = ("train", "dev", "test")
MODULES = ("numerals", "phrases", "ogg", "voices", "make")
LETTERS = re.compile(r"[a-zàèéíòóúïüç·'-]+")


def _import_scripts() -> dict[str, ModuleType]:
    """The example's scripts, imported as they import one another, and then forgotten."""
    sys.path.insert(0, str(FOLDER))
    try:
        return {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in MODULES:
            sys.modules.pop(name, None)


SCRIPTS = _import_scripts()
numerals, phrases, ogg, voices, make = (SCRIPTS[name] for name in MODULES)


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, str]]]:
    """Split → the rows of its table."""
    return {split: _read_table(FOLDER / f"{split}.tsv") for split in SPLITS}


def _read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _bare(text: str) -> str:
    return re.sub(r"[,.?]", "", text.lower().replace("’", "'"))


class TestSpellNumber:
    """Against num2words, an independent implementation, and against written-out answers."""

    @pytest.mark.parametrize("start", range(0, 10_000, 1000))
    def test_agrees_with_num2words_below_ten_thousand(self, start: int) -> None:
        from num2words import num2words

        for value in range(start, start + 1000):
            assert numerals.spell_number(value) == num2words(value, lang="ca")

    @given(st.integers(10_000, 999_999_999))
    def test_agrees_with_num2words_above(self, value: int) -> None:
        from num2words import num2words

        assert numerals.spell_number(value) == num2words(value, lang="ca")

    @pytest.mark.parametrize(
        ("value", "masculine", "feminine", "name"),
        [
            (1, "un", "una", "u"),
            (2, "dos", "dues", "dos"),
            (21, "vint-i-un", "vint-i-una", "vint-i-u"),
            (42, "quaranta-dos", "quaranta-dues", "quaranta-dos"),
            (100, "cent", "cent", "cent"),
            (301, "tres-cents un", "tres-centes una", "tres-cents u"),
            (1000, "mil", "mil", "mil"),
            (2001, "dos mil un", "dues mil una", "dos mil u"),
            (21_000, "vint-i-un mil", "vint-i-una mil", "vint-i-un mil"),
            (1_000_000, "un milió", "un milió", "un milió"),
            (2_000_002, "dos milions dos", "dos milions dues", "dos milions dos"),
        ],
    )
    def test_forms(self, value: int, masculine: str, feminine: str, name: str) -> None:
        assert numerals.spell_number(value) == masculine
        assert numerals.spell_number(value, form="feminine") == feminine
        assert numerals.spell_number(value, form="name") == name

    @pytest.mark.parametrize("value", [-1, 1_000_000_000])
    def test_refuses_what_it_cannot_say(self, value: int) -> None:
        with pytest.raises(ValueError, match=str(value)):
            numerals.spell_number(value)


class TestPhrases:
    """What every phrase keeps to, whatever is drawn."""

    @given(st.integers(0, 2**32))
    def test_two_to_twelve_words_of_catalan_letters(self, seed: int) -> None:
        phrase = phrases.make_phrase(Random(seed))
        words = re.sub(r"[,?]", "", phrase).split(" ")
        assert 2 <= len(words) <= 12
        assert all(LETTERS.fullmatch(word) for word in words)

    @given(st.integers(0, 2**32))
    def test_elides_before_vowels(self, seed: int) -> None:
        phrase = phrases.make_phrase(Random(seed))
        assert not re.search(r"\bde [aeiou]", phrase)
        assert not re.search(r"\bel [aeiou]", phrase)

    @given(st.integers(0, 2**32))
    def test_writing_changes_only_case_and_signs(self, seed: int) -> None:
        rng = Random(seed)
        phrase = phrases.make_phrase(rng)
        assert _bare(phrases.write_phrase(phrase, rng)) == _bare(phrase)


class TestTables:
    """The committed tables against the committed audio."""

    def test_sizes(self, tables: dict[str, list[dict[str, str]]]) -> None:
        assert {split: len(rows) for split, rows in tables.items()} == make.SIZES
        train_s = sum(float(row["duration_s"]) for row in tables["train"])
        assert 22 * 60 <= train_s <= 28 * 60

    def test_no_sentence_in_two_splits_nor_twice(
        self, tables: dict[str, list[dict[str, str]]]
    ) -> None:
        texts = [_bare(row["text"]) for rows in tables.values() for row in rows]
        assert len(texts) == len(set(texts))

    def test_no_voice_in_two_splits(self, tables: dict[str, list[dict[str, str]]]) -> None:
        speakers = {split: {row["speaker"] for row in rows} for split, rows in tables.items()}
        assert len(speakers["train"]) >= 10
        assert sum(map(len, speakers.values())) == len(set.union(*speakers.values()))

    def test_every_word_is_heard_in_training(self, tables: dict[str, list[dict[str, str]]]) -> None:
        words = {
            split: {word for row in rows for word in _bare(row["text"]).split()}
            for split, rows in tables.items()
        }
        assert words["dev"] | words["test"] <= words["train"]

    def test_numbers_are_in_words(self, tables: dict[str, list[dict[str, str]]]) -> None:
        assert not [
            row for rows in tables.values() for row in rows if re.search(r"\d", row["text"])
        ]

    @pytest.mark.parametrize("split", SPLITS)
    def test_audio_is_as_the_table_says(
        self, tables: dict[str, list[dict[str, str]]], split: str
    ) -> None:
        for row in tables[split]:
            header = soundfile.info(FOLDER / row["path"])
            assert (header.samplerate, header.channels) == (16_000, 1), row["path"]
            assert abs(header.duration - float(row["duration_s"])) < 0.001, row["path"]

    def test_no_audio_without_a_row(self, tables: dict[str, list[dict[str, str]]]) -> None:
        listed = {row["path"] for rows in tables.values() for row in rows}
        found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("audio/**/*.opus")}
        assert found == listed

    @pytest.mark.parametrize("split", SPLITS)
    def test_readme_tells_the_sizes(
        self, tables: dict[str, list[dict[str, str]]], split: str
    ) -> None:
        minutes = sum(float(row["duration_s"]) for row in tables[split]) / 60
        voices_said = list(dict.fromkeys(row["speaker"] for row in tables[split]))
        line = f"| {split} | {len(tables[split])} | {minutes:.1f} | {len(voices_said)}: "
        assert line + " ".join(voices_said) in (FOLDER / "README.md").read_text(encoding="utf-8")

    def test_folder_is_small(self) -> None:
        n_bytes = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
        assert n_bytes < 8_000_000


class TestMake:
    """The seed's plan is what is committed, and a clip sounds the same when said again."""

    def test_plan_gives_the_committed_tables(self, tables: dict[str, list[dict[str, str]]]) -> None:
        for split, clips in make.plan_clips().items():
            planned = [(clip.path, clip.text, clip.speaker) for clip in clips]
            assert planned == [(r["path"], r["text"], r["speaker"]) for r in tables[split]]

    def test_another_seed_gives_another_plan(self) -> None:
        assert make.plan_clips(seed=1)["test"] != make.plan_clips()["test"]

    def test_a_clip_said_again(
        self, synthesizer: str, tmp_path: Path, tables: dict[str, list[dict[str, str]]]
    ) -> None:
        clip = make.plan_clips()["test"][0]
        row = tables["test"][0]
        duration_s = make.save_clip(clip, tmp_path)
        again, rate = soundfile.read(tmp_path / clip.path, dtype="float32")
        assert (clip.text, rate) == (row["text"], 16_000)
        assert abs(duration_s - len(again) / rate) < 0.001
        # Another version of the synthesizer may speak a little differently, not at another length.
        assert duration_s == pytest.approx(float(row["duration_s"]), rel=0.1)
        if synthesizer == "1.51":
            committed, _ = soundfile.read(FOLDER / row["path"], dtype="float32")
            assert len(again) == len(committed)
            assert np.corrcoef(again, committed)[0, 1] > 0.98


@pytest.fixture
def synthesizer() -> Iterator[Any]:
    """The version of espeak-ng; a missing one fails the continuous build and skips elsewhere."""
    version = voices.espeak_version()
    if version is None:
        message = "espeak-ng is not installed (apt-get install espeak-ng)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    yield version


class TestOgg:
    """The same samples give the same bytes, and the pages stay valid."""

    def test_same_bytes_twice(self, tmp_path: Path) -> None:
        waveform = np.sin(np.arange(16_000) / 8).astype(np.float32) * 0.5
        for name in ("one.opus", "two.opus"):
            ogg.save_opus(tmp_path / name, waveform, sample_rate=16_000)
        assert (tmp_path / "one.opus").read_bytes() == (tmp_path / "two.opus").read_bytes()
        samples, rate = soundfile.read(tmp_path / "one.opus", dtype="float32")
        assert (len(samples), rate) == (16_000, 16_000)
        assert np.corrcoef(samples, waveform)[0, 1] > 0.95

    def test_checksums_are_those_libogg_writes(self) -> None:
        stream = io.BytesIO()
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 32_000)
        soundfile.write(stream, noise, 16_000, format="OGG", subtype="OPUS")
        data = stream.getvalue()
        (serial,) = struct.unpack_from("<I", data, 14)
        assert ogg.fix_serial(data, serial=serial) == data
        assert ogg.fix_serial(data, serial=serial ^ 1) != data
