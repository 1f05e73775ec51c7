#!/bin/sh
# Make .venv hold exactly what requirements.lock says, and the project itself; does nothing when that is so already.
# Needs only a Python and a Java; says in one sentence what is missing. MARQUEE_PYTHON names a Python to use.
set -eu
cd "$(dirname "$0")/../.."

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

stop() { echo "marquee: $1" >&2; exit 2; }

python=
for each in ${MARQUEE_PYTHON:-python3 python3.11 python3.12 python3.13}; do
    if suits "$each"; then python=$each; break; fi
done
if [ -z "$python" ]; then
    found=$(python3 -c 'import platform; print("python3 is " + platform.python_version())' 2>/dev/null || echo "there is no python3")
    stop "Python 3.11, 3.12 or 3.13 is needed and ${MARQUEE_PYTHON:-$found}${MARQUEE_PYTHON:+ is not one}: install one, or set MARQUEE_PYTHON to its path."
fi

"$python" -m infra.local.java
"$python" -c 'import ensurepip, venv' 2>/dev/null || stop "$python cannot make virtual environments: install its venv package (Debian: python3-venv)."

stamp=.venv/.marquee-setup
wanted="$PWD $(cat requirements.lock pyproject.toml infra/bootstrap/uv.txt | cksum)"
if [ -x .venv/bin/marquee ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && suits .venv/bin/python; then exit 0; fi

# Scripts in a virtual environment hold its path, so one that was moved, or that lost its Python, is made anew.
case "$(cat "$stamp" 2>/dev/null)" in "$PWD "*) clear= ;; *) clear=--clear ;; esac
if [ -n "$clear" ] || ! suits .venv/bin/python; then
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
rm -f "$stamp"

echo "Installing what requirements.lock names (once; a few minutes where nothing is cached)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/bootstrap/uv.txt
.venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements.lock
.venv/bin/uv pip install --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$wanted" > "$stamp"
