#!/bin/sh
# Install exactly what requirements.lock lists, and the project, into .venv. Does nothing the second time.
# Requires a Python and a Java, and names what is missing. MARQUEE_PYTHON chooses the Python.
set -eu
cd "$(dirname "$0")/../.."

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

fail() { echo "marquee: $1" >&2; exit 2; }

python=
for candidate in ${MARQUEE_PYTHON:-python3 python3.11 python3.12 python3.13}; do
    if is_supported "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    installed=$(python3 -c 'import platform; print("python3 is " + platform.python_version())' 2>/dev/null || echo "there is no python3")
    fail "Python 3.11, 3.12 or 3.13 is needed and ${MARQUEE_PYTHON:-$installed}${MARQUEE_PYTHON:+ is not one}: install one, or set MARQUEE_PYTHON to its path."
fi

"$python" -m infra.local.java
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot create virtual environments: install its venv package (Debian: python3-venv)."

stamp=.venv/.marquee-setup
expected="$PWD $(cat requirements.lock pyproject.toml infra/bootstrap/uv.txt | cksum)"
if [ -x .venv/bin/marquee ] && [ "$(cat "$stamp" 2>/dev/null)" = "$expected" ] && is_supported .venv/bin/python; then exit 0; fi

# Scripts in a virtual environment contain its path, so that a moved one, or one without its Python, is recreated.
case "$(cat "$stamp" 2>/dev/null)" in "$PWD "*) clear= ;; *) clear=--clear ;; esac
if [ -n "$clear" ] || ! is_supported .venv/bin/python; then
    echo "Creating .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
rm -f "$stamp"

echo "Installing requirements.lock (once; a few minutes without a cache)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/bootstrap/uv.txt
.venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements.lock
.venv/bin/uv pip install --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$expected" > "$stamp"
