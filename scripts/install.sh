#!/usr/bin/env bash
# Prepares this checkout: Java, the virtual environment with pinned packages, Delta's jars.
# Called by make when something it depends on has changed; says what it does in one line each.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=${VENV:-.venv}
# The newest that every pinned package has a wheel for: pandas 2.3, the last before 3, ends here.
newest=14

fail() {
    echo "make: $1" >&2
    exit 2
}

java_major() {
    local java=java
    [ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java
    "$java" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1
}

# Debian 13 has no 17 any more. Where nothing is known of either yet, the older one is likely.
debian_java() {
    local version
    for version in 17 21; do
        if apt-cache show "openjdk-$version-jre-headless" >/dev/null 2>&1; then
            echo "openjdk-$version-jre-headless"
            return
        fi
    done
    echo openjdk-17-jre-headless
}

install_java() {
    echo "Java 17 or newer is not here: installing a headless OpenJDK with the system's package manager"
    if command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq "$(debian_java)"
    elif command -v dnf >/dev/null; then
        dnf install -y -q java-21-openjdk-headless
    elif command -v apk >/dev/null; then
        apk add --quiet openjdk17-jre-headless
    else
        return 1
    fi
}

# What somebody who is not root can run, or ask for.
java_command() {
    if command -v apt-get >/dev/null; then
        echo "sudo apt-get install $(debian_java)"
    elif command -v dnf >/dev/null; then
        echo "sudo dnf install java-21-openjdk-headless"
    elif command -v apk >/dev/null; then
        echo "doas apk add openjdk17-jre-headless"
    elif command -v brew >/dev/null; then
        # Homebrew puts it where no PATH leads.
        # shellcheck disable=SC2016
        echo 'brew install openjdk@17 && export JAVA_HOME="$(brew --prefix openjdk@17)"'
    else
        return 1
    fi
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# Refuses before anything is installed; $2 is what to do.
check_python() {
    local version
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        fail "$1 does not start, and Python 3.10 to 3.$newest is needed: $2."
    case $version in
    3.*) [ "${version#3.}" -ge 10 ] && [ "${version#3.}" -le "$newest" ] && return ;;
    esac
    fail "$1 is Python $version, and the pinned packages are for Python 3.10 to 3.$newest: $2."
}

check_python "$python" "install one of them, or name it with 'make PYTHON=python3.12'"
[ ! -x "$venv/bin/python" ] ||
    check_python "$venv/bin/python" "remove that environment with 'make clean' and try again"

major=$(java_major || true)
if [ "${major:-0}" -lt 17 ]; then
    if [ "$(id -u)" != 0 ]; then
        command=$(java_command) || command="install OpenJDK 17 or newer"
        fail "Spark needs Java 17 or newer, and it is not here. Only root installs it, so run this and try again: $command"
    fi
    install_java >&2 || fail "Spark needs Java 17 or newer, and it could not be installed: install OpenJDK 17 and try again."
    major=$(java_major || true)
    [ "${major:-0}" -ge 17 ] || fail "Java is still ${major:-missing} after installing OpenJDK: set JAVA_HOME to it."
fi

if [ ! -x "$venv/bin/python" ]; then
    echo "making $venv"
    "$python" -m venv "$venv" ||
        fail "$python cannot make a virtual environment: install its venv module (on Debian or Ubuntu: python3-venv)."
fi
echo "installing pinned packages (some minutes the first time)"
# First what builds: pip would fetch the newest of it, unpinned, into an environment of its own.
{
    pip_install --require-hashes --only-binary :all: --requirement requirements-build.txt &&
        pip_install --require-hashes --no-build-isolation --use-pep517 --requirement requirements-dev.txt
} || fail "the pinned packages could not be installed: see pip's message above, and check the network."
pip_install --no-deps --no-build-isolation --editable . ||
    fail "this checkout could not be installed into $venv: see pip's message above."
echo "fetching Delta's jars, and preparing a faster start of Spark"
log=$venv/jars.log
"$venv/bin/python" -m retail_lakehouse.machine.class_archive >"$log" 2>&1 ||
    fail "$(tail -n 1 "$log") All that was said is in $log."
