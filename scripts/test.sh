#!/usr/bin/env bash
# Lint and all tests; called by make test. Lint and the tests that need no Spark go beside the first
# pass of those that do; what they print is shown when that pass has ended.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
log=$(mktemp)
trap 'rm -f "$log"; kill $(jobs -p) 2>/dev/null' EXIT

# Two passes at once must not write one pytest cache.
{ make --no-print-directory lint && "$bin/pytest" -m no_spark -p no:cacheprovider; } >"$log" 2>&1 &
beside=$!
failed=()
echo "tests on classic Spark; lint and the tests without Spark run beside them"
"$bin/pytest" -m "not no_spark" || failed+=("classic Spark")
wait "$beside" || failed+=("lint or the tests without Spark")
echo "lint, and the tests without Spark"
cat "$log"
echo "tests on Spark Connect"
SPARK_REMOTE="local[2]" "$bin/pytest" -m "connect and not classic_only and not no_spark" ||
    failed+=("Spark Connect")

if [ ${#failed[@]} -gt 0 ]; then
    printf 'make test: failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
