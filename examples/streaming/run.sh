#!/usr/bin/env bash
# Shows what a step sends while it works. The server needs TOOLS=./examples/streaming/read-aloud.mjs
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph read-aloud "$folder/graph.json"
run="$(start read-aloud '{ "text": "a run goes on after a crash" }')"
request GET "/graph/runs/$run/events?output=true" | sed -un 's/^data: .*"chunk":"\(.*\) "}$/Sent: \1/p'
state="$(wait_for "$run")"
echo "Stored: $(field .data <<<"$state")"
