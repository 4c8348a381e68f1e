#!/usr/bin/env bash
# Shortens a text with tools of our own. The server needs TOOLS=./examples/own-tools/text-tools.mjs
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph shorten "$folder/graph.json"
run="$(start shorten '{ "text": "a run goes on after a crash" }')"
state="$(wait_for "$run")"
field '.logs.join("\n")' <<<"$state"
echo "Text: $(field .data.text <<<"$state")"
