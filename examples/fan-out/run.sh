#!/usr/bin/env bash
# Reviews three snippets side by side, and prints the score of each in the order of the list.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph fan-out "$folder/graph.json"
run="$(start fan-out '{ "snippets": ["def a(): pass", "if x: pass", "while y: pass"] }')"
state="$(wait_for "$run")"
echo "Status: $(field .status <<<"$state")"
echo "Scores: $(field '.data.reviews.map(({ review }) => review.complexity_score)' <<<"$state")"
