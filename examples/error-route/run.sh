#!/usr/bin/env bash
# Has something reviewed that is not code: three tries fail, and then a person decides.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph error-route "$folder/graph.json"
run="$(start error-route 42)"
state="$(wait_for "$run")"
echo "Failed tries: $(field '.logs.filter((line) => line.startsWith("Error in node")).length' <<<"$state")"
echo "Error: $(field .data.error.code <<<"$state") in $(field .data.error.node <<<"$state")"
answer "$run" "$(field .waiting.id <<<"$state")" '"go on"'
state="$(wait_for "$run")"
echo "Status: $(field .status <<<"$state"), answered: $(field .data.ask <<<"$state")"
