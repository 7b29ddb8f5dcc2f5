"""What was chosen where: told by the folders of the models, and what it means for a split."""

import pytest
from evaluation_material import LM, RUN

from w2vctc.evaluate.choices import GIVEN, Choice, judge_split, list_choices


def test_training_the_checkpoint_the_n_gram_and_its_use() -> None:
    assert list_choices(run=RUN, lm=LM, settings="alpha 0.70", calibrated=True) == (
        Choice("acoustic model", "tiny from scratch", "train, 40 clips, 10 minutes"),
        Choice(
            "checkpoint",
            "the one with the fewest errors without a search, or the mean of 3",
            "dev, 1 clip, 1 minute",
        ),
        Choice("language model", "3-gram of 40 sentences", "transcripts"),
        Choice("use of the language model", "alpha 0.70", "dev"),
        Choice("confidence", "calibrated", "dev"),
    )


def test_a_model_from_elsewhere_does_not_tell() -> None:
    assert list_choices(run=None, lm=None) == (
        Choice("acoustic model", "not told here", "not told here"),
    )
    assert list_choices(run=None, lm={})[-1].chosen_on == "not told here"


def test_flags_are_the_person_s_choice() -> None:
    assert list_choices(run=RUN, lm=LM, chosen_by=GIVEN)[-1].chosen_on == GIVEN


@pytest.mark.parametrize("broken", [{}, {"train": 3, "options": None}, {"schedule": []}])
def test_a_record_that_says_nothing_is_no_fault(broken: dict[str, object]) -> None:
    assert list_choices(run=broken, lm={"order": 2})


def test_a_test_that_chose_nothing() -> None:
    choices = list_choices(run=RUN, lm=LM)
    assert judge_split("test", choices).startswith("nothing was chosen on test")


def test_dev_which_chose_is_no_test() -> None:
    said = judge_split("dev", list_choices(run=RUN, lm=LM))
    assert said.startswith("dev decided the checkpoint and the use of the language model: its")


def test_train_is_what_was_learned() -> None:
    said = judge_split("train", list_choices(run=RUN, lm=LM))
    assert said.startswith("train decided the acoustic model: its rates are better")
