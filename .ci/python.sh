# How a machine's Python is found; sourced by the Makefile.

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    bare=""
    # 3.14 behind the others: one dependency has no wheel for it and needs a C compiler.
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3; do
        suits "$candidate" || continue
        "$candidate" -c 'import venv, ensurepip' 2>/dev/null && echo "$candidate" && return
        bare="$candidate"
    done
    if [ -n "$bare" ]; then
        echo "$bare has no venv or ensurepip; install them (on Debian: apt install python3-venv)." >&2
    else
        echo "threadhost needs Python 3.11 or newer; none of python3.14, python3.13, python3.12, python3.11, python3 is." >&2
        echo "Name one with: make setup PYTHON=/path/to/python" >&2
    fi
    return 1
}

# A folder that was moved, or made by an older Python, is made anew.
make_venv() {
    suits "$1/bin/python" && [ -x "$1/bin/pip" ] && "$1/bin/pip" --version >/dev/null 2>&1 && return
    python=$(find_python) || return 1
    echo "making $1 with $("$python" --version) ..."
    "$python" -m venv --clear "$1"
}
