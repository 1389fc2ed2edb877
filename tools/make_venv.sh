#!/bin/sh
# Makes a virtual environment with pip: make_venv.sh DIRECTORY
# Looks for a Python of at least 3.11 ($PYTHON if it is set) and explains what to do when there is none.
set -eu

directory=$1
test_version='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$test_version" 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    echo "error: numtile needs Python 3.11 or newer, and none was found on PATH." >&2
    echo "       Install one, or name it:  make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi

has_pip() { "$directory/bin/python" -m pip --version >/dev/null 2>&1; }

# Debian ships Python without the part of venv that brings pip; three other ways before giving up.
rm -rf "$directory"
if "$python" -m venv "$directory" >/dev/null 2>&1 && has_pip; then
    :
elif rm -rf "$directory" && "$python" -m virtualenv "$directory" >/dev/null 2>&1 && has_pip; then
    :
elif rm -rf "$directory" && "$python" -m venv --without-pip "$directory" >/dev/null 2>&1 &&
    "$python" -m pip --python "$directory/bin/python" install --quiet pip >/dev/null 2>&1 && has_pip; then
    :
else
    rm -rf "$directory"
    echo "error: $python cannot make a virtual environment with pip." >&2
    echo "       On Debian and Ubuntu:  apt-get install python3-venv" >&2
    exit 1
fi
echo "$directory: $("$directory/bin/python" --version) from $python"
