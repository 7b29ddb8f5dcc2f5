"""report.md, letter by letter, and that no text breaks out of it."""

from evaluation_material import make_evaluation, make_examination
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.evaluate.alignment import align_words
from w2vctc.evaluate.as_markdown import escape, mark_steps, render_markdown

GOLDEN = r"""# Evaluation of ca, test

4 utterances of test, 0.2 minutes, 10 words.

| system | WER | 95 % | CER | 95 % | sub | del | ins | exact | RTF |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| greedy | 50.0 % | 33.3 to 77.8 | 33.3 % | 11.1 to 76.5 | 2 | 3 | 0 | 0 | 0.100 |
| LM, tuned (alpha 0.70, beta 1.50) | 30.0 % | 9.1 to 50.0 | 13.9 % | 2.5 to 26.3 | 2 | 0 | 1 | 1 | 0.200 |

- LM, tuned against greedy: 20.0 fewer errors in 100 words (95 %: 0.0 to 40.0, p 0.103): chance may do as much

## What was chosen where

Nothing was chosen on test, as far as the models' folders tell.

The language model's text holds 1 of the 4 sentences: its rates are too good.

| what | chosen | on |
| --- | --- | --- |
| acoustic model | tiny from scratch | train, 40 clips, 10 minutes |
| checkpoint | the one with the fewest errors without a search, or the mean of 3 | dev, 1 clip, 1 minute |
| language model | 3-gram of 40 sentences | transcripts |
| use of the language model | alpha 0.70, beta 1.50 | dev |

## Parts, with LM, tuned

| speaker | utterances | words | WER | 95 % | CER |
| --- | ---: | ---: | ---: | ---: | ---: |
| (none) | 1 | 2 | 50.0 % | - | 12.5 % |
| anna | 2 | 6 | 16.7 % | 0.0 to 33.3 | 14.3 % |
| biel | 1 | 2 | 50.0 % | - | 14.3 % |

| chapter | utterances | words | WER | 95 % | CER |
| --- | ---: | ---: | ---: | ---: | ---: |
| part2 | 2 | 5 | 20.0 % | 0.0 to 50.0 | 5.6 % |
| part10 | 2 | 5 | 40.0 % | 33.3 to 50.0 | 22.2 % |

| length | utterances | words | WER | 95 % | CER |
| --- | ---: | ---: | ---: | ---: | ---: |
| 0 to 2 s | 1 | 3 | 0.0 % | - | 0.0 % |
| 2 to 5 s | 2 | 5 | 40.0 % | 33.3 to 50.0 | 23.5 % |
| unknown | 1 | 2 | 50.0 % | - | 12.5 % |

| unknown words | utterances | words | WER | 95 % | CER |
| --- | ---: | ---: | ---: | ---: | ---: |
| none | 1 | 2 | 50.0 % | - | 14.3 % |
| 1 | 3 | 8 | 25.0 % | 0.0 to 50.0 | 13.8 % |

The language model does not know 3 of 10 words said (30.0 %); missed were 14.3 % of those it knows and 33.3 % of the others.

Confidence and share of right words differ by 2.3 % on average (35.5 % by chance alone) over 11 words; of a right and a wrong word the right is surer in 50.0 %.

## What is mistaken for what

| character said | heard | times | of |
| --- | --- | ---: | ---: |
| (nothing) | (space) | 1 | - |
| (nothing) | a | 1 | - |
| (nothing) | l | 1 | - |
| l | (nothing) | 1 | 6 |
| n | (nothing) | 1 | 2 |

| word said | heard | times | of |
| --- | --- | ---: | ---: |
| (nothing) | la | 1 | - |
| bon | bo | 1 | 1 |
| lluna | luna | 1 | 1 |

The model has no label for ŀ 2 times: they count as errors.

## Worst utterances

~~Words said and missed~~ are struck through, **words heard instead** are bold.

| utterance | WER | CER | said and heard |
| --- | ---: | ---: | --- |
| clip-1 | 33.3 % | 30.0 % | plou a **la** mar |
| clip-2 | 50.0 % | 14.3 % | ~~bon~~ **bo** dia |
| clip-3 | 50.0 % | 12.5 % | la ~~lluna~~ **luna** |
"""  # noqa: E501


def test_the_whole_report() -> None:
    assert render_markdown(make_examination(), title="ca, test") == GOLDEN


def test_nothing_wrong_is_told_as_such() -> None:
    evaluation = make_evaluation(["a b", "c"], ["a b", "c"], ["a b", "c"])
    text = render_markdown(make_examination(evaluation), title="xx")
    assert "No character was mistaken." in text
    assert "as many errors in every utterance" in text


def test_missed_and_heard_words_are_marked() -> None:
    steps = align_words("el sol surt ara", "el col surt de")
    assert mark_steps(steps) == "el ~~sol~~ **col** surt ~~ara~~ **de**"


@given(st.text(max_size=30))
def test_no_text_makes_a_cell_a_line_or_a_tag(text: str) -> None:
    shown = escape(text)
    assert len(shown.splitlines()) <= 1
    for sign in "|<`*_[":
        assert shown.count(sign) == shown.count(f"\\{sign}")
    shown.encode("utf-8")
