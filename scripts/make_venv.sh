#!/bin/sh
# Makes the virtual environment with the newest suitable Python, or says what is missing.
# usage: make_venv.sh FOLDER   (PYTHON=... names the interpreter to use)
set -eu

folder=$1
newest_seen=''
lacks_venv=''
for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
    # Run it rather than look for it: a version manager leaves names on PATH that do not start.
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    newest_seen=${newest_seen:-"$name is $version"}
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue
    if ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        lacks_venv=${lacks_venv:-$name}
        continue
    fi
    echo "Making $folder with $name ($version) ..."
    exec "$name" -m venv --clear "$folder"
done

if [ -n "$lacks_venv" ]; then
    echo "error: $lacks_venv lacks the modules venv and ensurepip;" \
        "on Debian and Ubuntu: apt install python3-venv" >&2
else
    echo "error: Python 3.11 or newer is needed (${newest_seen:-none found on PATH});" \
        "install one, or name it: make PYTHON=/path/to/python3" >&2
fi
exit 1
