"""SIGKILL at ten seeded random moments; `python tests/soak.py --moments 200` tries many more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")


@pytest.mark.skipif(sys.platform != "linux", reason="forks a process that has loaded torch")
def test_kill_9_at_any_moment_leaves_no_trace_in_the_weights() -> None:
    """Half of the moments are points in time, half are changes of files in the run's folder."""
    done = subprocess.run(
        [sys.executable, str(SOAK), "--moments", "10", "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SOAK.parent.parent)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10 kills (5 by time, 5 at files) in ")
    assert "all resumed to the same weights" in done.stdout
