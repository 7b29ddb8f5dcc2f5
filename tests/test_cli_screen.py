"""How numbers, times and tables look on the screen."""

import json

import pytest

from w2vctc.cli import screen


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (6.6, "0:07"),
        (59.6, "1:00"),
        (754, "12:34"),
        (3_599.6, "1:00:00"),
        (3_723, "1:02:03"),
        (360_000, "100:00:00"),
    ],
)
def test_format_time(seconds: float, shown: str) -> None:
    assert screen.format_time(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(None, "-"), (0.0, "0.0 %"), (0.1234, "12.3 %"), (2.0, "200.0 %")]
)
def test_format_share(share: float | None, shown: str) -> None:
    assert screen.format_share(share) == shown


def test_talk_goes_to_stderr_and_data_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    screen.say("a word to the person")
    screen.say_next("w2vctc tune")
    screen.write("data\n")
    screen.write_json({"ç": [1]})
    shown = capsys.readouterr()
    assert shown.err == "a word to the person\nnext: w2vctc tune\n"
    assert shown.out == 'data\n{\n  "ç": [\n    1\n  ]\n}\n'
    assert json.loads(shown.out.removeprefix("data\n")) == {"ç": [1]}


@pytest.mark.parametrize("text", ["[bold]a[/] :key: 12", "x" * 300, "two\nlines", "\\[a]"])
def test_what_is_said_is_said_literally(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    screen.say(text)
    assert capsys.readouterr().err == f"{text}\n"


def test_a_table_lines_its_columns_up(capsys: pytest.CaptureFixture[str]) -> None:
    screen.print_table(
        [("name", "left"), ("count", "right")],
        [("a", "1"), ("[red]:key:", "1,000"), ("日本", "10")],
        title="here",
    )
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "here",
        "",
        " name         count",
        " ──────────────────",
        " a                1",
        " [red]:key:   1,000",
        " 日本            10",
        "",
    ]


def test_items_pass_through_in_order_and_a_pipe_sees_no_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(screen.track([3, 1, 2], what="listening")) == [3, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_writing_to_a_closed_pipe_is_told_to_main(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def write(self, _text: str) -> int:
            raise BrokenPipeError

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(screen.ReaderGone):
        screen.write("data")
    assert not issubclass(screen.ReaderGone, Exception)


def test_a_stopwatch_does_not_run_backwards() -> None:
    watch = screen.Stopwatch()
    first = watch.seconds
    assert 0 <= first <= watch.seconds
