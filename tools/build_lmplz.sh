#!/usr/bin/env bash
# Builds KenLM's own programs for the tests, into .tools/bin of this checkout or the folder $1.
# `w2vctc doctor --install-lmplz` does the same for the program, into the user's cache.
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -z "${PYTHON:-}" ] && [ -x "$TOP/.venv/bin/python" ]; then PYTHON=$TOP/.venv/bin/python; fi
export PYTHON=${PYTHON:-python3}
exec "$BASH" "$TOP/w2vctc/lm/build_lmplz.sh" "${1:-$TOP/.tools/bin}"
