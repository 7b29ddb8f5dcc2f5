"""Where sound is kept that came packed in something else, such as a data set of the hub."""

import os
from pathlib import Path

CACHE_VARIABLE = "W2VCTC_CACHE"


def cache_folder() -> Path:
    """`$W2VCTC_CACHE`, else `w2vctc` in the user's cache folder (XDG Base Directory 0.8)."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "w2vctc"
