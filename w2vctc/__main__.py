"""`python -m w2vctc` is the same program as `w2vctc`."""

import sys

from w2vctc.cli.main import main

sys.exit(main())
