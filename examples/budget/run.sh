#!/usr/bin/env bash
# Has drafts written for more than the budget, which a person lifts.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph budget "$folder/graph.json"
run="$(start budget '{ "drafts": 5 }')"
state="$(wait_for "$run")"
echo "Asked: $(field .waiting.message <<<"$state")"
echo "Last change: $(field .waiting.evidence.changes.at\(-1\).data <<<"$state")"
answer "$run" "$(field .waiting.id <<<"$state")" '{ "limits": { "max_cost_usd": 3 } }'
state="$(wait_for "$run")"
echo "Status: $(field .status <<<"$state"), $(field .data.drafts <<<"$state") drafts for $(field .usage.cost_usd <<<"$state") dollars"
