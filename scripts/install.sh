#!/usr/bin/env bash
# Prepares this checkout: Java, the virtual environment with pinned packages, Delta's jars.
# Called by make when something it depends on has changed; says what it does in one line each.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=${VENV:-.venv}

fail() {
    echo "make: $1" >&2
    exit 2
}

java_major() {
    local java=java
    [ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java
    "$java" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_java() {
    echo "Java 17 or newer is not here: installing a headless OpenJDK 17 with the system's package manager"
    if command -v apt-get >/dev/null; then
        as_root apt-get update -qq && as_root apt-get install -y -qq openjdk-17-jre-headless
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q java-17-openjdk-headless
    elif command -v apk >/dev/null; then
        as_root apk add --quiet openjdk17-jre-headless
    elif command -v brew >/dev/null; then
        brew install --quiet openjdk@17
    else
        return 1
    fi
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail "$python is not Python 3.10 or newer: install it, or name another with PYTHON=python3.x."

major=$(java_major || true)
if [ "${major:-0}" -lt 17 ]; then
    install_java >&2 || fail "Spark needs Java 17 or newer, and it could not be installed: install OpenJDK 17 and try again."
    major=$(java_major || true)
    [ "${major:-0}" -ge 17 ] || fail "Java is still ${major:-missing} after installing OpenJDK 17: set JAVA_HOME to it."
fi

if [ ! -x "$venv/bin/python" ]; then
    echo "making $venv"
    "$python" -m venv "$venv" ||
        fail "$python cannot make a virtual environment: install its venv module (on Debian or Ubuntu: python3-venv)."
fi
echo "installing pinned packages (some minutes the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt ||
    fail "the packages of requirements-dev.txt could not be installed: see pip's message above, and check the network."
echo "fetching Delta's jars, and preparing a faster start of Spark"
log=$venv/jars.log
"$venv/bin/python" -m retail_lakehouse.class_archive >"$log" 2>&1 ||
    fail "Delta's jars could not be fetched: see $log, and check the network."
