#!/usr/bin/env bash
# Workers killed at random under load: connections never pile up. The short form of tests/soak.sh.
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/kills.sh
. "$tests/lib/kills.sh"

export WORKERS=4
test_kills "${KILLS:-50}"
done_testing
