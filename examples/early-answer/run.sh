#!/usr/bin/env bash
# Sends the callback of a payment twice, while the step that starts the payment is still under way.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")"
source "$folder/../client.sh"

save_graph early-answer "$folder/graph.json"
run="$(start early-answer '{ "order": 17 }')"
for delivery in 1 2; do
  signal "$run" payment.done '{ "paid": true }' order-17
  echo "Callback delivered: $delivery"
done
state="$(wait_for "$run")"
echo "Status: $(field .status <<<"$state"), $(field .data.result <<<"$state")"
echo "Payment: $(field .data.payment <<<"$state")"
