# Sourced by the verbs: `need site lab test` makes .venv and installs what is missing.
# A stamp beside the environment holds the checksum of what was installed last.

fail() {
  echo "error: $*" >&2
  exit 1
}

find_python() {
  for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$python" >/dev/null 2>&1 &&
      "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
}

need() {
  if ! [ -f .venv/made ]; then
    python=$(find_python)
    if [ -z "$python" ]; then
      command -v python3 >/dev/null 2>&1 || fail "no Python found: install Python 3.11 or newer"
      fail "$(python3 --version) is too old: install Python 3.11 or newer"
    fi
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv ||
      fail "$python cannot make a virtual environment (Debian: install python3-venv)"
    touch .venv/made
  fi
  for purpose in "$@"; do
    wanted=$(cksum <"requirements/$purpose.txt")
    if [ "$(cat ".venv/$purpose" 2>/dev/null)" != "$wanted" ]; then
      echo "Installing requirements/$purpose.txt"
      .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --requirement "requirements/$purpose.txt" ||
        fail "could not install requirements/$purpose.txt: is the network there? pip's own words stand above"
      echo "$wanted" >".venv/$purpose"
    fi
  done
}

cd "$(dirname "$0")/.." || exit
export NO_MKDOCS_2_WARNING=1 # Material's notice about another project
PATH="$PWD/.venv/bin:$PATH"
