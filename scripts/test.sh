#!/usr/bin/env bash
# Lint and all tests; called by make test. A pass of Spark tests leaves a second core idle most of
# the time, so two go side by side: most tests on classic Spark, whose dots are shown, and beside it
# lint, the tests without Spark, Spark Connect, those that make homes of their own and the real
# workbook, shown when they have ended. Each takes about as long as the other.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
log=$(mktemp)
trap 'rm -f "$log"; kill $(jobs -p) 2>/dev/null' EXIT
# Two passes at once must not write one pytest cache.
pytest=("$bin/pytest" -p no:cacheprovider)
own_homes=(tests/care tests/steps/test_daily.py tests/steps/test_to_gold.py)

beside() {
    failed=0
    echo "lint"
    make --no-print-directory lint || failed=1
    echo "tests without Spark"
    "${pytest[@]}" -m "no_spark and not real" || failed=1
    echo "tests on Spark Connect"
    SPARK_REMOTE="local[2]" "${pytest[@]}" -m "connect and not classic_only and not no_spark" || failed=1
    echo "tests of upkeep and of daily files, and on the real workbook"
    "${pytest[@]}" -m "not no_spark" "${own_homes[@]}" tests/test_real.py || failed=1
    return $failed
}

beside >"$log" 2>&1 &
other=$!
failed=()
echo "tests on classic Spark; all others run beside them"
"${pytest[@]}" -m "not no_spark and not real" "${own_homes[@]/#/--ignore=}" || failed+=("classic Spark")
wait "$other" || failed+=("lint, or the tests without Spark, on Spark Connect, of upkeep or of daily files, or on the real workbook")
cat "$log"

if [ ${#failed[@]} -gt 0 ]; then
    printf 'make test: failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
