"""A quieted logger speaks again, and nothing it warned of is lost."""

import logging

import pytest

from w2vctc.decode.quiet import quiet_logger


def test_warnings_of_child_loggers_are_collected_and_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with quiet_logger("noisy") as lines:
        logging.getLogger("noisy.part").warning("only %s words", 3)
        logging.getLogger("noisy").info("loading")
    assert lines == ["only 3 words"]
    assert caplog.records == []


def test_logger_is_as_before_even_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("noisy")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    try:
        with pytest.raises(RuntimeError), quiet_logger("noisy"):
            raise RuntimeError
        assert logger.handlers == [handler]
        assert logger.level == logging.ERROR
        assert logger.propagate
        logger.error("audible")
        assert [record.message for record in caplog.records] == ["audible"]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
