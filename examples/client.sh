# Functions that the example scripts share. They need bash, curl and node.
# GRAPHRUNNER_URL is the address of the server, and GRAPHRUNNER_API_KEY a key of it if it has any.

URL="${GRAPHRUNNER_URL:-http://127.0.0.1:8000}"
HEADERS=(-H 'Content-Type: application/json')
if [ -n "${GRAPHRUNNER_API_KEY:-}" ]; then HEADERS+=(-H "Authorization: Bearer $GRAPHRUNNER_API_KEY"); fi

# request METHOD PATH [BODY]: prints the answer. An answer from 400 on ends the script.
request() {
  curl --silent --show-error --no-buffer --fail-with-body --request "$1" "$URL$2" "${HEADERS[@]}" ${3:+--data "$3"}
}

# field PATH: prints a value of the JSON document on standard input, such as `field .waiting.id`.
field() {
  node -e '
    const value = new Function("document", `return document${process.argv[1]}`)(JSON.parse(require("node:fs").readFileSync(0)));
    console.log(typeof value === "string" ? value : JSON.stringify(value));
  ' "$1"
}

# save_graph GRAPH_ID FILE: creates the graph, or saves its next version if it exists.
save_graph() {
  if request GET "/graph/$1" >/dev/null 2>&1; then
    request PUT "/graph/$1" "@$2" >/dev/null
  else
    request POST /graph/create "@$2" >/dev/null
  fi
}

# start GRAPH_ID INPUT: starts a run, and prints its id.
start() {
  request POST /graph/run "{ \"graph_id\": \"$1\", \"input_data\": $2 }" | field .run_id
}

# wait_for RUN_ID: prints the state when the run has ended or waits for input, after a minute at most.
wait_for() {
  request GET "/graph/state/$1?wait=60"
}

# answer RUN_ID WAIT_ID PAYLOAD: answers a run that waits for input.
answer() {
  request POST "/graph/runs/$1/resume" "{ \"wait_id\": \"$2\", \"payload\": $3 }" >/dev/null
}

# signal RUN_ID NAME PAYLOAD KEY: sends a signal to a run, once for each KEY.
signal() {
  local HEADERS=("${HEADERS[@]}" -H "Idempotency-Key: $4")
  request POST "/graph/runs/$1/signals/$2" "{ \"payload\": $3 }" >/dev/null
}
