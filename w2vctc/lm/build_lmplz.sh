#!/usr/bin/env bash
# Builds KenLM's lmplz, build_binary and query from the source archive that PyPI ships, into the
# folder given as $1. PYTHON names the interpreter whose pip fetches the archive.
#
# Exit codes: 0 built or already there, 3 something is missing (said on stderr).
set -euo pipefail

VERSION=0.3.0
PROGRAMS=(lmplz build_binary query)
mkdir -p "$1"
TARGET=$(cd "$1" && pwd)

say() { printf '%s\n' "$*" >&2; }

present=0
for program in "${PROGRAMS[@]}"; do
    if [ -x "$TARGET/$program" ]; then present=$((present + 1)); fi
done
if [ "$present" -eq "${#PROGRAMS[@]}" ]; then
    say "$TARGET: lmplz, build_binary and query are already there"
    exit 0
fi

missing=()
for tool in g++ cmake make tar; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
PYTHON=${PYTHON:-python3}
if ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
    missing+=("python3 with pip")
fi

# Header or library of each package that the build links against; the compiler is asked rather
# than dpkg, so that other systems than Debian pass too. KenLM's CMakeLists asks for Boost's test
# library even when no test is built.
can_link() {
    printf '#include <%s>\nint main() { return 0; }\n' "$1" |
        g++ -x c++ - -o /dev/null "-l$2" >/dev/null 2>&1
}
if command -v g++ >/dev/null; then
    can_link boost/program_options.hpp boost_program_options || missing+=(libboost-program-options-dev)
    can_link boost/system/error_code.hpp boost_system || missing+=(libboost-system-dev)
    can_link boost/version.hpp boost_thread || missing+=(libboost-thread-dev)
    can_link boost/version.hpp boost_unit_test_framework || missing+=(libboost-test-dev)
    can_link zlib.h z || missing+=(zlib1g-dev)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    say "cannot build lmplz, missing: ${missing[*]}"
    say "on Debian or Ubuntu: sudo apt-get install g++ cmake make libboost-program-options-dev" \
        "libboost-system-dev libboost-thread-dev libboost-test-dev zlib1g-dev"
    exit 3
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$PYTHON" -m pip download --quiet --no-binary kenlm --no-deps --dest "$work" "kenlm==$VERSION" \
    >"$work/pip.log" 2>&1; then
    tail -n 3 "$work/pip.log" >&2
    say "cannot download kenlm $VERSION from the package index"
    exit 3
fi
tar -xzf "$work/kenlm-$VERSION.tar.gz" -C "$work"
mkdir "$work/build"
if ! (cd "$work/build" &&
    cmake -DCMAKE_BUILD_TYPE=Release "$work/kenlm-$VERSION" >"$work/build.log" 2>&1 &&
    make -j "$(nproc 2>/dev/null || echo 2)" "${PROGRAMS[@]}" >>"$work/build.log" 2>&1); then
    tail -n 20 "$work/build.log" >&2
    say "kenlm $VERSION does not compile here"
    exit 3
fi
for program in "${PROGRAMS[@]}"; do
    install -m 755 "$work/build/bin/$program" "$TARGET/$program.new"
    mv "$TARGET/$program.new" "$TARGET/$program"
done
say "$TARGET: lmplz, build_binary and query built from kenlm $VERSION"
