#!/usr/bin/env bash
# Has code reviewed, sends it back once, and then approves it.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph code-approval "$folder/graph.json"
run="$(start code-approval '{ "code": "def f():\n    if x:\n        pass" }')"
for payload in '{ "approved": false, "comment": "Once more, please." }' '{ "approved": true }'; do
  state="$(wait_for "$run")"
  echo "Asked: $(field .waiting.message <<<"$state")"
  echo "Answered: $payload"
  answer "$run" "$(field .waiting.id <<<"$state")" "$payload"
done
state="$(wait_for "$run")"
echo "Status: $(field .status <<<"$state"), after $(field .step_count <<<"$state") steps"
