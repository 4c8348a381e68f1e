/** The API as types. Generated from the OpenAPI document by `npm run generate:client-types`; do not edit. */
export interface paths {
    "/graph/create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a graph
         * @description Checks the whole graph and saves it as version 1. Its id and its name must be free.
         */
        post: operations["createGraph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a graph
         * @description Answers what POST /graph/create would say about this body, also if it has a wrong shape. Nothing is saved.
         */
        post: operations["validateGraph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/explore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Explore a graph
         * @description Walks the runs that a graph can have, with outcomes in place of calls: what tools declare, what schemas allow, what past runs came to, errors, answers that do not come. Finds what goes wrong before anybody runs it. No tool is called, and nothing is stored.
         */
        post: operations["exploreGraph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List graphs
         * @description The latest version of each graph, ordered by id.
         */
        get: operations["listGraphs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/examples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List examples
         * @description Graphs to start from, with a run of each. They need no network and no key. Saves nothing: send a `definition` to `POST /graph/create` if it is not saved, and `start` to `POST /graph/run`.
         */
        get: operations["listExamples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/{graph_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a graph
         * @description The latest version, or the given one.
         */
        get: operations["getGraph"];
        /**
         * Save a new version
         * @description Runs in progress keep the version they started with. An identical graph makes no new version.
         */
        put: operations["updateGraph"];
        post?: never;
        /**
         * Delete a graph
         * @description Its finished runs can still be read. Its id and its name are free again.
         */
        delete: operations["deleteGraph"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/{graph_id}/migrate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move runs to another version
         * @description Has runs of a graph go on with another version of it: up to 1,000, each for which what was recorded proves that this version would have come to the same place. Says which can be moved, unless `dry_run` is false.
         */
        post: operations["migrateRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/{graph_id}/diagram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Draw a graph
         * @description As Mermaid text or as a picture (SVG) in the reader's preferred colours, light or dark.
         */
        get: operations["drawGraph"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/diagram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Draw a graph that is not saved
         * @description As Mermaid text or as a picture (SVG), like `GET /graph/{graph_id}/diagram`. Nothing is saved. Edges to what is no node are left out.
         */
        post: operations["drawDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/{graph_id}/backtest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a graph on past runs
         * @description Replays the latest finished runs of a graph through a version of it (the latest if none is named), or through a document. Recorded results stand in for calls, so no tool is called, and nothing is stored.
         */
        post: operations["backtestGraph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schemas/graph.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the JSON Schema of graphs
         * @description For editors: they complete the fields of a graph, and mark what does not fit. Needs no API key.
         */
        get: operations["getGraphSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a run
         * @description Responds as soon as the run is stored. With `wait`, it responds with the result if the run finishes in time; if the run, or a run inside it, waits for input, it responds at once with 202, and the question is in the state.
         */
        post: operations["startRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/state/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the state of a run
         * @description Live while the run is under way. With `wait`, it responds once the run is finished, or once it or a run inside it waits for input. Send the `ETag` of the last answer as `If-None-Match`: as long as nothing has happened, the response is an empty 304.
         */
        get: operations["getRunState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs
         * @description Newest first, or with `order=asc` oldest first. Filters can be combined; all must match. Runs inside other runs are listed only if `parent_run_id` or `waiting_for` asks for them.
         */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count runs by status
         * @description Those that `GET /graph/runs` lists with the same filters: up to 10,000 of each status.
         */
        get: operations["countRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the steps of a run
         * @description Each visit to a node: what its tool was called with, what it changed, what it logged, and why the run went where it went.
         */
        get: operations["listSteps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch a run
         * @description The journal of the run as Server-Sent Events, then each event as it is stored. `id` is the event's
         *     `seq`, `event` its type, `data` a JSON object with `seq`, `type`, `time` and the fields of the event. The stream ends
         *     after the event that ends the run, or before one that cannot be read. `Last-Event-ID`, or `after`, resumes after an event: none is repeated or missed.
         *
         *     What steps send while they work comes in between, without `id`: `output` (OutputEvent) is a chunk, and `output_gap`
         *     (OutputGapEvent) says that chunks were dropped, because the client reads too slowly or came too late. It is not stored:
         *     `output=true` begins with what the step under way has sent so far, up to its last 64 kB.
         *
         *     Browsers' `EventSource` calls a listener for each type (`addEventListener('step.completed', ...)`), never `onmessage`, and
         *     cannot send a key: if the server has API keys, read the stream with `fetch` and the `Authorization` header.
         *
         *     - `run.submitted`: the run is stored
         *     - `run.started`: its first step begins
         *     - `step.completed`: a step ended, with what it changed and where the run goes next
         *     - `step.failed`: an attempt of a step failed
         *     - `wait.started`: the run waits
         *     - `wait.ended`: the wait is over
         *     - `signal.received`: somebody sent a signal, which is kept until a wait takes it
         *     - `branches.started`: branches begin
         *     - `branches.joined`: the branches ended and were joined
         *     - `children.refused`: no more children are made, those that are there are cancelled, and the run fails with this
         *     - `cancel.requested`: somebody asked to cancel the run
         *     - `pause.requested`: somebody asked to pause the run
         *     - `run.paused`: the run rests before this node, until somebody unpauses it
         *     - `run.unpaused`: the run is paused no longer
         *     - `limit.reached`: the run came to a limit before this step, and waits until somebody lifts it
         *     - `limits.lifted`: somebody gave the run other limits; those that are omitted stay
         *     - `run.recovered`: a server took the run up after a crash, or after a stop that is noted before
         *     - `run.drained`: the server stopped in good order while something was under way
         *     - `run.retried`: a run that had ended goes on
         *     - `slot.taken`: a retried run whose graph limits how many are under way has its turn, and goes on
         *     - `run.migrated`: somebody moved the run to another version of its graph
         *     - `run.forked`: the end of the steps that a fork copied
         *     - `run.completed`: the run ended well
         *     - `run.failed`: the run ended with an error
         *     - `run.cancelled`: the run was cancelled
         */
        get: operations["watchRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/diagram": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Draw a run
         * @description Its graph with the run on it: how often each node was visited, where the run is, and what failed. Its branches are on it too, the latest hundred of them.
         */
        get: operations["drawRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a run
         * @description Tells a running tool to stop. The status is CANCELLED once it has stopped and the runs inside this one have ended. A run that cannot be read is cancelled at once. Repeating the request is harmless.
         */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a run
         * @description The step in progress ends, and no other begins: the status is then WAITING, and `waiting.kind` is `paused`. What the run waits for goes on, and so do the runs inside it; what they come to is stored. Answers and signals are taken. A timer that is over, or a wait that has expired, is looked at when the run is unpaused. The deadline counts on. Repeating the request is harmless.
         */
        post: operations["pauseRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/unpause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unpause a run
         * @description A paused run goes on from where it is. A run that is not paused stays as it is, so repeating the request is harmless.
         */
        post: operations["unpauseRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a wait
         * @description Gives a run the input that it waits for. An answer that does not fit `waiting.schema` changes nothing; a second one is a conflict. A run that waits at a limit takes `{ "limits": { ... } }` with a higher one. While the server is stopping, the answer is stored, and the run goes on after the next start.
         */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/signals/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a signal
         * @description Sends a signal to the run, whatever it does. The tool `wait_for_signal` takes the oldest one of its name, whether it came before the wait or during it. A payload that does not fit the schema of the wait which is open changes nothing. At most 1,000 signals that no wait has taken, or 16 MiB of them, are kept.
         */
        post: operations["sendSignal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a run
         * @description A FAILED or CANCELLED run goes on from the step it stopped at, and its deadline starts again. `data` corrects what the step sees; `result` takes the place of the step. The body can be omitted.
         */
        post: operations["retryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/fork": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fork a run
         * @description Starts a new run with the steps before `from_step` copied from this one. This one is left unchanged, even while it is under way.
         */
        post: operations["forkRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{a}/diff/{b}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two runs
         * @description Where their paths first differ, the paths from there on, and how their data differs now.
         */
        get: operations["diffRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}/capsule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a run
         * @description The run as one document, a capsule: its events, those of all runs inside it, and the graphs that they use. Works for runs under way too. What is masked in the journal stays masked.
         */
        get: operations["exportRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a run
         * @description Takes in the run of a capsule as a copy with ids of its own, to look at, retry, fork and compare. Its graphs are saved if they are not there yet. The body can have 64 MiB.
         */
        post: operations["importRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a run
         * @description Walks a run again through a graph: the version that it was of, another one, or a document. Recorded results stand in for calls, so no tool is called, and nothing is stored. The body can have 64 MiB.
         */
        post: operations["replayRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a run
         * @description Deletes it with the runs inside it and all that belongs to them. Only finished top-level runs can be deleted.
         */
        delete: operations["deleteRun"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/runs/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do the same to many runs
         * @description Cancels, retries, deletes, pauses or unpauses up to 1,000 runs: those that are named, or those that fit a filter. Each run has a result of its own; what is refused for one is done to the others.
         */
        post: operations["changeRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List schedules
         * @description By id, without their input.
         */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Create a schedule
         * @description Starts runs of a graph at the times that `cron` or `every_seconds` says. The input has to fit the `input_schema` of the graph.
         */
        post: operations["createSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * See when a schedule would be due
         * @description Saves nothing.
         */
        post: operations["previewSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules/{schedule_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a schedule
         * @description With its next five instants, and what became of its last occurrence.
         */
        get: operations["getSchedule"];
        /**
         * Replace a schedule
         * @description What the body omits has its default. The next instant stays, unless `cron`, `every_seconds` or `time_zone` is another. With `"enabled": false` the schedule starts nothing until it is enabled again.
         */
        put: operations["replaceSchedule"];
        post?: never;
        /**
         * Delete a schedule
         * @description Runs that it has started go on.
         */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules/{schedule_id}/trigger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a run of a schedule now
         * @description Whatever runs of it are not over, and whether it is enabled: `overlap` is for its own occurrences, which look at this run too. When it is due next stays as it is.
         */
        post: operations["triggerSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List callbacks
         * @description What runs have told others, and are still to tell them. Newest first.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{delivery_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a callback
         * @description With its latest tries, and the body that is sent.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{delivery_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a callback again
         * @description Has a callback tried now, and for three days more: one that was given up, or whose target wanted no more of the run, or one that is pending. Later events of the run are told to the target again. Repeating the request is harmless.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List hooks
         * @description All hooks, ordered by id.
         */
        get: operations["listHooks"];
        put?: never;
        /**
         * Create a hook
         * @description Makes an address that other services can send deliveries to: each starts a run, sends a signal or answers a wait. There can be 1,000 hooks.
         */
        post: operations["createHook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks/{hook_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a hook
         * @description The hook, with the number of requests that it has refused. Never the secret.
         */
        get: operations["getHook"];
        /**
         * Replace a hook
         * @description Replaces the whole hook. Deliveries that it has accepted stay known: one that comes again gets its first answer. Other servers on the database know it within a second.
         */
        put: operations["updateHook"];
        post?: never;
        /**
         * Delete a hook
         * @description Deletes the hook and what is known of its deliveries. The runs that it has started go on. Other servers on the database know it within a second.
         */
        delete: operations["deleteHook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/hooks/{hook_id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description What the hook was sent, the latest first: for a week, and at most 100,000. Requests with a wrong signature are only counted.
         */
        get: operations["listHookDeliveries"];
        put?: never;
        /**
         * Send a delivery
         * @description Has a hook start a run, send a signal or answer a wait. Needs no API key: the sender signs it, as `verify` of the hook says. A delivery that comes again gets the first answer, and does nothing more. Compressed bodies are refused.
         */
        post: operations["deliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/tools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tools
         * @description The possible values of `tool_name` of a node, each with the JSON Schema of its params.
         */
        get: operations["listTools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/graph/conditions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List conditions
         * @description The possible values of `condition_function` of a conditional edge, each with its outcomes.
         */
        get: operations["listConditions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/mcp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Talk to the MCP server
         * @description For agents: the Model Context Protocol, over streamable HTTP. Its tools do what the other routes do. A key that can only read sees and calls the tools that read.
         */
        post: operations["callMcp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Always `ok` while the process can respond at all.
         */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can it take requests?
         * @description Not while it is starting or stopping, nor while the database cannot be written.
         */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the metrics
         * @description Runs, steps, queue, commits and the process, in the Prometheus text format.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/answers/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open an approval link
         * @description A page with what a run asks, and a form made from the schema of the wait, which works without scripts. It changes nothing, so programs that look into mails can open it. Needs no API key.
         */
        get: operations["showQuestion"];
        put?: never;
        /**
         * Answer by an approval link
         * @description Answers the one wait that the token is for. Needs no API key: the token is the secret. It is over with the first answer, when the wait expires, and when the run goes on or ends otherwise: 410. The form of the page sends the same as `application/x-www-form-urlencoded`, and is answered with pages.
         */
        post: operations["answerByLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AnswerByLink: {
            /** @description The answer: any JSON that fits the schema of the wait. */
            payload: components["schemas"]["JsonValue"];
        };
        Backtest: {
            /** @description The number of runs that were replayed. */
            runs: number;
            same: number;
            diverged: number;
            unknown: number;
            /** @description Runs that go another way, by where they first do: the largest hundred. */
            groups: components["schemas"]["BacktestGroup"][];
            /** @description Runs of which that is not known, by what is missing first. */
            unknown_groups: components["schemas"]["BacktestUnknown"][];
            /** @description How the runs that are not unknown ended, and would end. */
            ends: components["schemas"]["BacktestEnd"][];
            /** @description Runs whose replay came to an end. `steps` and `usage` are the sums of these. */
            complete: number;
            /** @description Steps, runs inside included. */
            steps: {
                was: number;
                would_be: number;
            };
            /** @description What calls used, runs inside included. */
            usage: {
                was: components["schemas"]["Usage"];
                would_be: components["schemas"]["Usage"];
            };
        };
        BacktestEnd: {
            was: components["schemas"]["ReplayEnd"];
            would_be: components["schemas"]["ReplayEnd"];
            count: number;
        };
        BacktestGroup: {
            /** @description Where they first go another way. */
            at: {
                node: string;
                visit: number;
            };
            /**
             * @description What is different. `way`: where the run went next; `result`: what a step came to; `end`: how the run ended.
             * @enum {string}
             */
            of: "way" | "result" | "end";
            was: components["schemas"]["ReplayOutcome"];
            would_be: components["schemas"]["ReplayOutcome"];
            count: number;
            /** @description The values that decided; large ones as type and size. */
            read: components["schemas"]["Read"][];
            /** @description The ids of the latest of these runs, five at most. */
            examples: string[];
        };
        BacktestRequestInput: {
            /** @description A graph document, which is not saved. */
            graph?: components["schemas"]["GraphDefinitionInput"];
            /** @description A version of the graph that is stored. */
            version?: number;
            /** @description Filters of GET /graph/runs. All that are given must match. */
            filter?: {
                /** @description Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match. */
                metadata?: {
                    [key: string]: string;
                };
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted later.
                 */
                submitted_after?: string;
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted earlier.
                 */
                submitted_before?: string;
                /** @description Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`. */
                started_by?: string;
                /** @description Only runs that failed with this `code` of their `error`. */
                error_code?: string;
                /** @description Only runs that are at this node, or that failed or were cancelled there. */
                current_node?: string;
                /** @description Any of these; all if omitted. */
                status?: ("COMPLETED" | "FAILED" | "CANCELLED")[];
            };
            /** @description At most so many runs, the latest ones. Default 1000. */
            limit?: number;
        };
        BacktestUnknown: {
            /**
             * @description What is missing. `call`: the result of a call that the run has not made; `params`: the result of a call with other params; `attempt`: the result of one more attempt; `answer`: an answer, or a signal; `child`: what a run inside it would come to; `condition`: what a condition would say that is not registered here; `node`: a node that the graph does not have; `graph`: a graph that is not there; `run`: the run as a whole: what is stored of it cannot be read, or is too large.
             * @enum {string}
             */
            what: "call" | "params" | "attempt" | "answer" | "child" | "condition" | "node" | "graph" | "run";
            node: string | null;
            /** @description Of the first of these runs. */
            message: string;
            count: number;
            /** @description The ids of the latest of these runs, five at most. */
            examples: string[];
        };
        Bound: {
            at_most: number | "unbounded";
            reason: string;
        };
        /** @description What became of branches that need not all complete. */
        BranchCounts: {
            count: number;
            /** @description How many of them were joined. */
            joined: number;
            failed: number;
            /** @description Those included that were not begun any more. */
            cancelled: number;
            /** @description If only the first were joined: their indexes, in the order in which they ended. */
            winners?: number[];
        };
        /** @description the branches ended and were joined */
        BranchesJoinedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "branches.joined";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            count: number;
            /** @description Of an edge whose branches need not all complete: how many of them were joined. */
            joined?: number;
            /** @description With joined: how many have failed. */
            failed?: number;
            /** @description With joined: how many were cancelled, or not begun any more. */
            cancelled?: number;
            /** @description Of an edge that joins the first branches: their indexes, in the order in which they ended. */
            winners?: number[];
            patch: {
                [key: string]: unknown;
            };
            error?: components["schemas"]["RunError"];
            to_node: string;
            /** @description The node that is executed from here on; null if there is none. */
            next: string | null;
        };
        /** @description branches begin */
        BranchesStartedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "branches.started";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            /** @enum {string} */
            kind: "parallel" | "for_each";
            to_nodes: string[];
            join_node: string;
            count: number;
        };
        BulkOutcome: {
            /** @description One for each run, in the order of `run_ids` or of the list. */
            results: components["schemas"]["BulkResult"][];
            /** @description The number of runs that this response is about. */
            matched: number;
            /** @description More runs fit the filter: go on with `next_cursor`. */
            more: boolean;
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        BulkRequest: {
            /** @enum {string} */
            action: "cancel" | "retry" | "delete" | "pause" | "unpause";
            /** @description These runs, or those of a `filter`. */
            run_ids?: string[];
            /** @description The filters of GET /graph/runs. Without `status`, the runs that the action can be done to. Newest first, or with `order` "asc" oldest first. */
            filter?: {
                /** @description Any of these: repeated, or separated by commas. */
                status?: ("SUBMITTED" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
                graph_id?: string;
                /** @description The runs inside this one. If omitted, only top-level runs. */
                parent_run_id?: string;
                /**
                 * @description Only runs that wait for this, including those inside other runs.
                 * @enum {string}
                 */
                waiting_for?: "input" | "signal" | "timer" | "retry" | "graph" | "branches" | "paused" | "limit";
                /** @description Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match. */
                metadata?: {
                    [key: string]: string;
                };
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted later.
                 */
                submitted_after?: string;
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted earlier.
                 */
                submitted_before?: string;
                /** @description Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`. */
                started_by?: string;
                /** @description Only runs that failed with this `code` of their `error`. */
                error_code?: string;
                /** @description Only runs that are at this node, or that failed or were cancelled there. */
                current_node?: string;
                /** @description True: only runs that are paused, whatever they wait for. False: only those that are not. */
                paused?: boolean;
                /** @description Only runs with this text, in whatever case, in their id, the id of their graph, a value of their metadata, or the code, message or node of their error. */
                search?: string;
                /**
                 * @description By when they were submitted. `asc`: the oldest first. Default: `desc`, the newest first.
                 * @enum {string}
                 */
                order?: "asc" | "desc";
                /**
                 * @description Said for all runs, which no other filter says.
                 * @constant
                 */
                all?: true;
            };
            /** @description With `filter`: `next_cursor` of the response before, to go on. */
            cursor?: string;
            /** @description Does nothing, and says what would be done. */
            dry_run?: boolean;
        };
        BulkResult: {
            run_id: string;
            /**
             * @description Done, or nothing was left to do. Omitted if there is an `error`.
             * @constant
             */
            ok?: true;
            /** @description Why nothing was done to this run. */
            error?: {
                code: string;
                message: string;
            };
        };
        CalledWith: {
            /** @description The first attempt with these params; later ones had the same, up to the next entry. */
            attempt: number;
            /** @description The params, with the values of their expressions, and without defaults of the tool. Null if an expression had no value. */
            value: components["schemas"]["JsonValue"];
            /** @description JSON Pointers (RFC 6901) to what is too large to be shown: its type and size stand there. Params are cut at 16 kB. Omitted if nothing is cut. */
            cut?: string[];
        };
        /** @description somebody asked to cancel the run */
        CancelRequestedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "cancel.requested";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        /** @description A run as one document. */
        Capsule: {
            /**
             * @description The version of the document.
             * @constant
             */
            capsule: 1;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            exported_at: string;
            /** @description The release of the server that made it. */
            release: string;
            /** @description The versions of graphs that the run and those inside it use. */
            graphs: components["schemas"]["CapsuleGraph"][];
            run: components["schemas"]["CapsuleOverview"];
            events: components["schemas"]["CapsuleEvent"][];
            children: components["schemas"]["CapsuleRun"][];
            /** @description `sha256:` and hex digits: a chain over all of the document. */
            digest: string;
        };
        CapsuleEvent: {
            seq: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /** @description As in the stream of events. */
            type: string;
            /** @description The event without its type. */
            payload: {
                [key: string]: unknown;
            };
        };
        CapsuleGraph: {
            graph_id: string;
            version: number;
            definition: {
                [key: string]: unknown;
            };
        };
        /** @description The run at a glance: all of it follows from the events. */
        CapsuleOverview: {
            run_id: string;
            graph_id: string;
            graph_version: number;
            status: components["schemas"]["RunStatus"];
            metadata: {
                [key: string]: string;
            };
            started_by: components["schemas"]["StartedBy"];
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            submitted_at: string;
            finished_at: string | null;
            current_node: string | null;
            waiting_for: components["schemas"]["WaitKind"] | null;
            error: components["schemas"]["RunError"] | null;
            step_count: number;
            data: {
                [key: string]: unknown;
            };
        };
        /** @description A run inside another one, with its whole journal. */
        CapsuleRun: {
            run_id: string;
            events: components["schemas"]["CapsuleEvent"][];
            children: components["schemas"]["CapsuleRun"][];
        };
        Case: {
            /** @description A CEL expression that is true or false. */
            when: string;
            to_node: string;
        };
        /** @description How far the children of a run are. The rest has not begun. */
        Children: {
            total: number;
            completed: number;
            /** @description Failed or cancelled. */
            failed: number;
            running: number;
            waiting: number;
        };
        /** @description no more children are made, those that are there are cancelled, and the run fails with this */
        ChildrenRefusedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "children.refused";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /** @enum {string} */
            code: "too_many_descendants";
            message: string;
        };
        Concurrency: {
            /** @description Runs that are under way at a time: that have begun, and not ended. The latest version of the graph counts. */
            limit: number;
            /** @description The limit is for runs with the same key. A text with ${ expressions } over input_data and run, such as "${ input_data.tenant }". It is stored as it is, so it must not be a secret. */
            key?: string;
            /**
             * @description What happens to a run that would be one too many. queue (default): it waits. refuse: it is not started. cancel_oldest: the oldest is cancelled for it.
             * @enum {string}
             */
            on_full?: "queue" | "refuse" | "cancel_oldest";
        };
        Condition: {
            name: string;
            description: string;
            /** @description All that it can return; null if it does not declare them. */
            outcomes: string[] | null;
        };
        ConditionList: {
            conditions: components["schemas"]["Condition"][];
        };
        ConditionalEdge: {
            from_node: string;
            /** @description A registered condition; see GET /graph/conditions. */
            condition_function: string;
            /** @description Outcome -> target, for outcomes that are not themselves names of nodes. */
            routes?: {
                [key: string]: string;
            };
        } | {
            from_node: string;
            /** @description Instead of a condition: the first that is true. */
            cases: components["schemas"]["Case"][];
            /** @description Where it goes when no case is true. */
            otherwise: string;
        };
        DataDifference: {
            /** @description A JSON Pointer (RFC 6901) into `data`. */
            pointer: string;
            /** @description Omitted if the run has no such value. */
            a?: components["schemas"]["JsonValue"];
            b?: components["schemas"]["JsonValue"];
            /** @description The sides whose values are too large to be shown: `type` and `size` stand there instead. */
            cut?: ("a" | "b")[];
        };
        /** @description Why the run went where it went. */
        Decision: {
            /**
             * @description The kind of edge that was taken. `edge`: an edge; `condition`: a conditional edge with a condition function; `case`: a conditional edge with cases; `parallel`: a parallel edge; `for_each`: a for_each edge; `error`: `on_error`.
             * @enum {string}
             */
            kind: "edge" | "condition" | "case" | "parallel" | "for_each" | "error";
            /** @description The condition function, or the case that was true. */
            condition?: string;
            outcome?: string | null;
            /** @description Null if the choice failed, or if branches start. */
            to_node: string | null;
            /** @description The values that the choice read; large ones as type and size. */
            read?: components["schemas"]["Read"][];
        };
        Delivery: {
            /** @description The `webhook-id` of each try. */
            delivery_id: string;
            run_id: string;
            /** @description The event of the run that it tells of. */
            seq: number;
            event: components["schemas"]["NotifyEvent"];
            status: components["schemas"]["DeliveryStatus"];
            url: string;
            /** @description The name of the secret that it is signed with. */
            secret: string;
            /**
             * Format: date-time
             * @description When the event was stored.
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            /** @description When it was delivered or given up. */
            settled_at: string | null;
            /** @description How often it was tried, since somebody last had it tried again. */
            tries: number;
            /** @description When it is tried next; while it is tried, a moment after that. Null if it is not pending, or an earlier one for its target is. */
            next_at: string | null;
            /** @description The latest 30 tries, the oldest first. */
            attempts: components["schemas"]["DeliveryAttempt"][];
            /** @description The body that is sent. */
            payload: {
                [key: string]: unknown;
            };
        };
        /** @description A try of a callback. */
        DeliveryAttempt: {
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            at: string;
            /** @description How long it took. */
            ms: number;
            /** @description What the receiver answered; null if there was no answer. */
            status: number | null;
            /** @description Why there was no answer. */
            error: string | null;
        };
        /** @description Anything, of any type. Expressions see JSON as JSON, and all else as text. */
        DeliveryBody: unknown;
        DeliveryList: {
            deliveries: components["schemas"]["DeliverySummary"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @description What became of a callback. `pending`: it is still to be delivered; `delivered`: the receiver has taken it; `dead`: it was tried for three days in vain; `gone`: the receiver has said that it takes nothing more of this run (410).
         * @enum {string}
         */
        DeliveryStatus: "pending" | "delivered" | "dead" | "gone";
        DeliverySummary: {
            /** @description The `webhook-id` of each try. */
            delivery_id: string;
            run_id: string;
            /** @description The event of the run that it tells of. */
            seq: number;
            event: components["schemas"]["NotifyEvent"];
            status: components["schemas"]["DeliveryStatus"];
            url: string;
            /** @description The name of the secret that it is signed with. */
            secret: string;
            /**
             * Format: date-time
             * @description When the event was stored.
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            /** @description When it was delivered or given up. */
            settled_at: string | null;
            /** @description How often it was tried, since somebody last had it tried again. */
            tries: number;
            /** @description When it is tried next; while it is tried, a moment after that. Null if it is not pending, or an earlier one for its target is. */
            next_at: string | null;
        };
        Divergence: {
            step: number;
            /** @description Null if the run has no such step. */
            a: components["schemas"]["StepPoint"] | null;
            b: components["schemas"]["StepPoint"] | null;
        };
        Edge: {
            from_node: string;
            to_node: string;
        };
        ErrorExit: {
            /** @description Codes of errors. Any code if it is omitted. */
            on?: string[];
            /** @description A CEL expression that must be true as well. It can read error.code, .message, .details and .attempt. */
            when?: string;
            to_node: string;
        };
        ExampleGraph: {
            graph_id: string;
            name: string;
            description: string;
            /** @description For `POST /graph/create`. */
            definition: components["schemas"]["GraphDefinition"];
            /** @description For `POST /graph/run`. */
            start: {
                graph_id: string;
                input_data: components["schemas"]["JsonValue"];
                metadata: {
                    [key: string]: string;
                };
            };
            /** @description An answer to the question that the run asks; null if it asks nothing. */
            answer: components["schemas"]["JsonValue"];
            /** @description A graph has this id already: the example, or what somebody has made of it. */
            is_saved: boolean;
        };
        ExampleGraphList: {
            /** @description The tour is the first. Empty on a server without the demo. */
            graphs: components["schemas"]["ExampleGraph"][];
        };
        ExploreBudget: {
            /** @description Runs that are walked. Default 10,000. */
            runs?: number;
            /** @description Choices that are made. Default 100,000. */
            steps?: number;
            /** @description Time. A slow server explores less in it. Default 10. */
            seconds?: number;
        };
        ExploreInput: {
            /** @description The document to explore. */
            graph?: components["schemas"]["GraphDefinitionInput"];
            /** @description Instead of a document: the graph to explore. */
            graph_id?: string;
            /** @description A version of the graph; the latest one if omitted. */
            version?: number;
            /** @description What runs are started with. */
            inputs?: components["schemas"]["JsonValue"][];
            /** @description The same seed and budget give the same answer. Default 1. */
            seed?: number;
            budget?: components["schemas"]["ExploreBudget"];
        };
        Explored: {
            /** @description Errors first. */
            findings: components["schemas"]["Finding"][];
            coverage: {
                nodes: {
                    visited: number;
                    total: number;
                    missed: string[];
                };
                edges: {
                    visited: number;
                    total: number;
                    missed: {
                        from_node: string;
                        to_node: string;
                    }[];
                };
            };
            bounds: {
                steps: components["schemas"]["Bound"];
                tokens: components["schemas"]["Bound"];
                cost_usd: components["schemas"]["Bound"];
            };
            runs: number;
            seed: number;
            /** @description Every way was walked that the outcomes lead to which were tried. */
            complete: boolean;
        };
        Finding: {
            /**
             * @description What was found. `endless_loop`: No outcome of any call leads out of a loop to an end: a run goes round until a limit stops it.; `expression_fails`: An expression has no value after an outcome that can be: a key is missing, or has another type.; `items_no_list`: The `items` of a for_each edge are no list after an outcome that can be.; `invalid_params`: The params of a node, with the values of its expressions, do not fit the schema of its tool.; `invalid_outcome`: A condition answers something that is neither a node nor has a route.; `condition_fails`: A condition throws, or answers no text.; `join_conflict`: Branches set a key to different values, and no merge rule says what to do.; `branch_failed`: The branches of an edge can fail, or be too few, and the edge has no `on_error` for it.; `unhandled_failure`: A step can fail with an error that no `on_error` is for, and the run fails with it.; `wait_unended`: A step waits for an answer or a signal, and nothing ends the wait if none comes.; `limit_reached`: A run can come to one of its limits.; `unreached_node`: No explored run came to a node.; `unknown_outcomes`: Nothing is known of what a tool returns, so it was guessed from what the graph reads..
             * @enum {string}
             */
            code: "endless_loop" | "expression_fails" | "items_no_list" | "invalid_params" | "invalid_outcome" | "condition_fails" | "join_conflict" | "branch_failed" | "unhandled_failure" | "wait_unended" | "limit_reached" | "unreached_node" | "unknown_outcomes";
            /** @enum {string} */
            severity: "error" | "warning";
            message: string;
            /** @description A JSON Pointer (RFC 6901) into the graph. */
            pointer: string;
            /** @description Where that is in the text of the body. */
            line?: number;
            column?: number;
            node: string | null;
            /** @description The shortest way to it: its last 200 steps. */
            trace: components["schemas"]["TraceStep"][];
            /** @description The run that came to it; null if no run shows it, or the answer would be too large. */
            capsule: components["schemas"]["Capsule"] | null;
        };
        ForEachEdge: {
            from_node: string;
            /** @description A list, as one ${ expression }. */
            items: string;
            /** @description Where the branch of each item begins; run.item and run.index tell it which. */
            to_node: string;
            /** @description Where the run goes on when all branches have ended. */
            join_node: string;
            /** @description The key of data that becomes the list of what each branch set, with null for those that are not joined. */
            collect_as: string;
            /** @description How many branches have to complete: all (default), any (the first), or a number (the first so many). The others are cancelled then. */
            join?: ("all" | "any") | number;
            /** @description Branches that can fail or be cancelled without failing the edge. Default 0. Not together with join. */
            max_failures?: number;
            /** @description The key of data that becomes the list of the errors of branches: { index, node, code, message }. */
            collect_errors_as?: string;
            /** @description Most branches at once. Default 10. */
            max_parallel?: number;
            /** @description Where the run goes when a branch fails; data.error says why. A list: the first entry that is for the error. */
            on_error?: string | components["schemas"]["ErrorExit"][];
        };
        ForkRun: {
            /** @description The first step that runs anew; those before it are copied. */
            from_step: number;
            /** @description Keys of `data` to set before that step. */
            data?: {
                [key: string]: unknown;
            };
            /** @description The version of the graph to go on with; that of the original if omitted. */
            version?: number;
        };
        ForkedFrom: {
            run_id: string;
            /** @description The first step that was not copied. */
            step: number;
        };
        ForkedRun: {
            run_id: string;
            status: components["schemas"]["RunStatus"];
            forked_from: components["schemas"]["ForkedFrom"];
        };
        GivenLimits: {
            max_steps?: number;
            deadline_seconds?: number;
            max_tokens?: number;
            max_cost_usd?: number;
            max_visits?: number;
            no_progress?: number;
            /** @enum {string} */
            on_limit?: "fail" | "wait";
        };
        Graph: {
            graph_id: string;
            version: number;
            name: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            definition: components["schemas"]["GraphDefinition"];
        };
        GraphDefinition: {
            /** @description For editors: where the JSON Schema is. It is not stored. */
            $schema?: string;
            /** @description Unique on the server. */
            name: string;
            /** @description A slug. Made from the name when it is left out. */
            graph_id?: string;
            description?: string;
            /** @description The node where runs begin. */
            entry_point: string;
            nodes: components["schemas"]["Node"][];
            /** @description Default []. */
            edges: components["schemas"]["Edge"][];
            conditional_edges?: components["schemas"]["ConditionalEdge"][];
            parallel_edges?: components["schemas"]["ParallelEdge"][];
            for_each_edges?: components["schemas"]["ForEachEdge"][];
            /** @description What to do with a key that several branches set to different values. */
            merge?: {
                [key: string]: "append" | "sum" | "last";
            };
            /** @description JSON Schema that input_data must fit. Defaults of missing properties are filled in. */
            input_schema?: {
                [key: string]: unknown;
            } | boolean;
            /** @description The MCP server has a tool that runs this graph, with input_schema as the form of its arguments. */
            expose_as_tool?: boolean;
            limits?: components["schemas"]["Limits"];
            notify?: components["schemas"]["Notify"];
            concurrency?: components["schemas"]["Concurrency"];
        };
        GraphDefinitionInput: {
            /** @description For editors: where the JSON Schema is. It is not stored. */
            $schema?: string;
            /** @description Unique on the server. */
            name: string;
            /** @description A slug. Made from the name when it is left out. */
            graph_id?: string;
            description?: string;
            /** @description The node where runs begin. */
            entry_point: string;
            nodes: components["schemas"]["NodeInput"][];
            /** @description Default []. */
            edges?: components["schemas"]["Edge"][];
            conditional_edges?: components["schemas"]["ConditionalEdge"][];
            parallel_edges?: components["schemas"]["ParallelEdge"][];
            for_each_edges?: components["schemas"]["ForEachEdge"][];
            /** @description What to do with a key that several branches set to different values. */
            merge?: {
                [key: string]: "append" | "sum" | "last";
            };
            /** @description JSON Schema that input_data must fit. Defaults of missing properties are filled in. */
            input_schema?: {
                [key: string]: unknown;
            } | boolean;
            /** @description The MCP server has a tool that runs this graph, with input_schema as the form of its arguments. */
            expose_as_tool?: boolean;
            limits?: components["schemas"]["Limits"];
            notify?: components["schemas"]["Notify"];
            concurrency?: components["schemas"]["Concurrency"];
        };
        GraphList: {
            graphs: components["schemas"]["GraphSummary"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        /** @description A JSON Schema, draft 2020-12. */
        GraphSchema: {
            [key: string]: unknown;
        };
        GraphSummary: {
            graph_id: string;
            /** @description The latest one. */
            version: number;
            name: string;
            description: string | null;
            /**
             * Format: date-time
             * @description When that version was saved.
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
        };
        GraphWarning: {
            /** @description Where: a JSON Pointer (RFC 6901) into the body, or into the query as an object. */
            pointer: string;
            /**
             * @description A stable code.
             * @enum {string}
             */
            code: "unreachable_node" | "endless_cycle" | "no_path_to_end" | "unused_route" | "unset_secret" | "unknown_graph" | "unreachable_entry" | "unthrown_code" | "unused_setting" | "double_braces" | "unknown_format" | "undescribed_tool" | "too_many_descendants" | "more_warnings";
            /** @description An explanation. */
            message: string;
            /** @description What was probably meant. */
            hint?: string;
            /** @description Of a graph: a JSON Patch (RFC 6902) of the body that corrects this. Only where that is certain. */
            fix?: components["schemas"]["PatchOperation"][];
            /** @description Where in the text of the body, if it is a graph. Counts from 1. */
            line?: number;
            /** @description Where in the line, in UTF-16 code units. Counts from 1. */
            column?: number;
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "ready" | "unavailable";
        };
        Hook: {
            hook_id: string;
            /**
             * @description What a delivery does: `start` starts a run, `signal` sends a signal, `answer` answers a wait.
             * @enum {string}
             */
            action: "start" | "signal" | "answer";
            /** @description `start`: the graph. */
            graph_id?: string;
            /** @description `start`: a version of the graph; the latest one if omitted. */
            version?: number;
            /** @description `signal` and `answer`: an expression for the run, such as `${ body.run_id }`. */
            run_id?: string;
            /** @description `signal`: its name. */
            signal?: string;
            /** @description `answer`: an expression for the id of the wait, if one is meant. */
            wait_id?: string;
            /** @description JSON with expressions over `body`, `headers` and `query`: the input of the run, the payload of the signal, or the answer. `${ body }` if omitted. */
            input?: unknown;
            /** @description An expression for the id of a delivery: one that comes again gets the first answer. If omitted: the webhook-id of Standard Webhooks, the x-github-delivery of GitHub, else none. */
            dedupe?: string;
            /** @description `start`: strings with expressions, to find the run by. */
            metadata?: {
                [key: string]: string;
            };
            verify: components["schemas"]["HookVerification"];
            enabled: boolean;
            /** @description Where deliveries are sent to, with POST. */
            delivery_path: string;
            /** @description The same as a URL; null if the server has no PUBLIC_URL. */
            delivery_url: string | null;
            refusals: components["schemas"]["HookRefusals"];
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            updated_at: string;
        };
        HookDelivery: {
            /** @description What `dedupe` has given, cut to 500 characters; null if nothing. */
            delivery_id: string | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            received_at: string;
            /**
             * @description What came of it. `accepted`: it has started, signalled or answered a run; `failed`: it could not; if it comes again, it is looked at again; `ignored`: it was a ping of GitHub.
             * @enum {string}
             */
            outcome: "accepted" | "failed" | "ignored";
            run_id: string | null;
            /** @description The status that it was answered with. */
            status: components["schemas"]["RunStatus"] | null;
            /** @description Why it failed: the code of the answer. */
            code: string | null;
            /** @description Why it failed. */
            detail: string | null;
        };
        HookDeliveryList: {
            deliveries: components["schemas"]["HookDelivery"][];
            refusals: components["schemas"]["HookRefusals"];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        HookList: {
            hooks: components["schemas"]["Hook"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        HookRefusals: {
            /** @description Requests without a right signature, ever. Of the last ten seconds, some can be missing. */
            count: number;
            last_at: string | null;
            /** @description What was wrong with the last of them. */
            last_reason: string | null;
        };
        HookVerification: {
            /**
             * @description How senders sign: `standard_webhooks` (standardwebhooks.com), `github`, `hmac_sha256` (of the body, in a header), or `none`, which lets anybody in and is possible only on loopback or with ALLOW_ANONYMOUS.
             * @enum {string}
             */
            scheme: "standard_webhooks" | "github" | "hmac_sha256" | "none";
            /** @description The name of the secret that senders sign with: `ORDERS` for the setting SECRET_ORDERS. */
            secret?: string;
            /** @description The header with the signature. `github`: x-hub-signature-256 if omitted. `hmac_sha256` needs it. */
            header?: string;
        };
        IgnoredDelivery: {
            /** @constant */
            outcome: "ignored";
        };
        ImportRun: {
            /** @description What `GET /graph/runs/{run_id}/capsule` has answered, as it is. */
            capsule: {
                [key: string]: unknown;
            };
            /** @description A run that has not ended goes on here from its step. It is cancelled if this is false or omitted. */
            continue?: boolean;
        };
        /** @description The run that this one is a copy of, on the server that it was exported from. */
        ImportedFrom: {
            run_id: string;
        };
        ImportedRun: {
            run_id: string;
            status: components["schemas"]["RunStatus"];
            imported_from: components["schemas"]["ImportedFrom"];
            graph_id: string;
            graph_version: number;
        };
        /** @description Any JSON value. */
        JsonValue: unknown;
        /** @description The occurrence of a schedule that was looked at last. */
        LastOccurrence: {
            /**
             * Format: date-time
             * @description When the occurrence was due.
             * @example 2026-11-23T09:30:00.000Z
             */
            instant: string;
            /**
             * @description What became of it. `started`: it started the run `run_id`; `skipped`: a run that the schedule had started before was not over; `postponed`: it could not be started yet, because the queue is full, and is tried again; `missed`: it could not be started before `catch_up_seconds` were over; `refused`: no run can be started like this: `message` says why.
             * @enum {string}
             */
            outcome: "started" | "skipped" | "postponed" | "missed" | "refused";
            /**
             * Format: date-time
             * @description When that was decided.
             * @example 2026-11-23T09:30:00.000Z
             */
            at: string;
            /** @description The run that it started. */
            run_id: string | null;
            /** @description Why it started none. */
            message: string | null;
            /** @description Occurrences right before it that came to nothing, because it was later. Counted up to 100. */
            passed_over: number;
        };
        /** @description What a person needs to know to lift a limit, or to cancel the run. */
        LimitEvidence: {
            /** @description How often each node was visited. */
            visits: {
                [key: string]: number;
            } | null;
            /** @description What the run that has the limit, with all runs inside it, had used. */
            usage: components["schemas"]["Usage"] | null;
            /** @description What the last visits to the node that the run is at have changed, the oldest first: at most 10. */
            changes: components["schemas"]["VisitChanges"][];
        };
        /**
         * @description The limit that a run has come to. `max_steps`: its limit of steps; `max_tokens`: the tokens that it, or a run above it, may use with all runs inside; `max_cost_usd`: what it, or a run above it, may cost with all runs inside; `max_visits`: its limit of visits to one node; `no_progress`: visits to a node in a row that found `data` unchanged.
         * @enum {string}
         */
        LimitKind: "max_steps" | "max_tokens" | "max_cost_usd" | "max_visits" | "no_progress";
        /** @description the run came to a limit before this step, and waits until somebody lifts it */
        LimitReachedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "limit.reached";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            limit: components["schemas"]["LimitKind"];
            message: string;
            /** @description The run above that has the limit, if it is not that of the run itself. */
            limit_of?: string;
            /** @description What the run that has the limit, with all runs inside it, had used. */
            used?: components["schemas"]["Usage"];
        };
        Limits: {
            /** @description Most steps a run may take. Default 1000. */
            max_steps?: number;
            /** @description The run fails when it is not finished this long after it was submitted; queueing and downtime count. */
            deadline_seconds?: number;
            /** @description Most tokens, input and output together, that the run and all runs inside it may use. */
            max_tokens?: number;
            /** @description The most that the run and all runs inside it may cost, in US dollars, as far as tools say. */
            max_cost_usd?: number;
            /** @description Most visits to any one node. */
            max_visits?: number;
            /** @description The run stops when it comes to a node this many times in a row with `data` as at the visit before. */
            no_progress?: number;
            /**
             * @description At a limit other than the deadline the run fails, or waits until somebody lifts the limit. Default fail.
             * @enum {string}
             */
            on_limit?: "fail" | "wait";
        };
        /** @description somebody gave the run other limits; those that are omitted stay */
        LimitsLiftedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "limits.lifted";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            limits: components["schemas"]["GivenLimits"];
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        ListedSchedule: {
            schedule_id: string;
            graph_id: string;
            /** @description The version of the graph; null for the latest one at each start. */
            version: number | null;
            cron: string | null;
            every_seconds: number | null;
            time_zone: string;
            metadata: {
                [key: string]: string;
            };
            limits: components["schemas"]["Limits"] | null;
            /**
             * @description What an occurrence does while a run that the schedule has started is not over. `skip`: starts nothing; `allow`: starts a run beside them; `cancel_previous`: starts a run, and cancels them.
             * @enum {string}
             */
            overlap: "skip" | "allow" | "cancel_previous";
            catch_up_seconds: number;
            enabled: boolean;
            /** @description The next five instants. Empty if the schedule is not enabled. */
            next: string[];
            /** @description Null before the first occurrence. */
            last: components["schemas"]["LastOccurrence"] | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When somebody last changed it.
             * @example 2026-11-23T09:30:00.000Z
             */
            updated_at: string;
        };
        /** @description A JSON-RPC message of the Model Context Protocol. */
        McpMessage: {
            [key: string]: unknown;
        };
        MigrateRuns: {
            /** @description The version of the graph that the runs are to go on with. */
            to_version: number;
            /** @description These runs, or those of a `filter`. */
            run_ids?: string[];
            /** @description The filters of GET /graph/runs, for runs of this graph. If it is omitted, or has no `status`, all that can be moved: those that are SUBMITTED, WAITING, FAILED or CANCELLED. */
            filter?: {
                /** @description Any of these: repeated, or separated by commas. */
                status?: ("SUBMITTED" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
                /**
                 * @description Only runs that wait for this, including those inside other runs.
                 * @enum {string}
                 */
                waiting_for?: "input" | "signal" | "timer" | "retry" | "graph" | "branches" | "paused" | "limit";
                /** @description Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match. */
                metadata?: {
                    [key: string]: string;
                };
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted later.
                 */
                submitted_after?: string;
                /**
                 * Format: date-time
                 * @description An RFC 3339 time; runs submitted earlier.
                 */
                submitted_before?: string;
                /** @description Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`. */
                started_by?: string;
                /** @description Only runs that failed with this `code` of their `error`. */
                error_code?: string;
                /** @description Only runs that are at this node, or that failed or were cancelled there. */
                current_node?: string;
                /** @description True: only runs that are paused, whatever they wait for. False: only those that are not. */
                paused?: boolean;
                /** @description Only runs with this text, in whatever case, in their id, the id of their graph, a value of their metadata, or the code, message or node of their error. */
                search?: string;
                /**
                 * @description By when they were submitted. `asc`: the oldest first. Default: `desc`, the newest first.
                 * @enum {string}
                 */
                order?: "asc" | "desc";
            };
            /** @description `next_cursor` of the response before, to go on. */
            cursor?: string;
            /** @description Moves nothing, and says which runs can be moved. Default: true. */
            dry_run?: boolean;
        };
        /** @description The version of the graph that a run had before it was last moved to another. */
        MigratedFrom: {
            version: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            at: string;
            /** @description Who moved it. Null if nobody can tell. */
            by: string | null;
        };
        Migration: {
            /** @description One for each run, in the order of `run_ids` or of the list. */
            results: components["schemas"]["MigrationResult"][];
            /** @description The number of runs that this response is about. */
            matched: number;
            /** @description More runs fit the filter: go on with `next_cursor`. */
            more: boolean;
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
            dry_run: boolean;
        };
        MigrationResult: {
            run_id: string;
            /** @description The version that the run was on. Null if there is no such run. */
            from_version: number | null;
            /** @description Whether the run goes on with `to_version` from here on. Omitted in a dry run. */
            moved?: boolean;
            /** @description In a dry run: whether the run could be moved. */
            can_move?: boolean;
            /** @description Why the run is not moved. */
            error?: {
                code: string;
                message: string;
                /** @description A JSON Pointer (RFC 6901) to what is different, in the document of `to_version`. */
                pointer?: string;
            };
        };
        NewHook: {
            /** @description Made up if omitted. */
            hook_id?: string;
            /**
             * @description What a delivery does: `start` starts a run, `signal` sends a signal, `answer` answers a wait.
             * @enum {string}
             */
            action: "start" | "signal" | "answer";
            /** @description `start`: the graph. */
            graph_id?: string;
            /** @description `start`: a version of the graph; the latest one if omitted. */
            version?: number;
            /** @description `signal` and `answer`: an expression for the run, such as `${ body.run_id }`. */
            run_id?: string;
            /** @description `signal`: its name. */
            signal?: string;
            /** @description `answer`: an expression for the id of the wait, if one is meant. */
            wait_id?: string;
            /** @description JSON with expressions over `body`, `headers` and `query`: the input of the run, the payload of the signal, or the answer. `${ body }` if omitted. */
            input?: unknown;
            /** @description An expression for the id of a delivery: one that comes again gets the first answer. If omitted: the webhook-id of Standard Webhooks, the x-github-delivery of GitHub, else none. */
            dedupe?: string;
            /** @description `start`: strings with expressions, to find the run by. */
            metadata?: {
                [key: string]: string;
            };
            verify: components["schemas"]["HookVerification"];
            /** @description False: new deliveries are refused. Default true. */
            enabled?: boolean;
        };
        Node: {
            /** @description Unique in the graph. END is reserved. */
            name: string;
            /** @description A registered tool; see GET /graph/tools. */
            tool_name: string;
            /** @description Passed to the tool at each call. Strings may hold ${ expressions }. */
            params?: {
                [key: string]: unknown;
            };
            /** @description Longest that an attempt may take. */
            timeout_seconds?: number;
            /** @description One policy for all errors that another try can help with, or a list: the first entry that is for the error. */
            retry?: components["schemas"]["Retry"] | components["schemas"]["RetryEntry"][];
            /** @description Where the run goes when the tries are used up; data.error says why. A list: the first entry that is for the error. */
            on_error?: string | components["schemas"]["ErrorExit"][];
        };
        NodeInput: {
            /** @description Unique in the graph. END is reserved. */
            name: string;
            /** @description A registered tool; see GET /graph/tools. */
            tool_name: string;
            /** @description Passed to the tool at each call. Strings may hold ${ expressions }. */
            params?: {
                [key: string]: unknown;
            };
            /** @description Longest that an attempt may take. */
            timeout_seconds?: number;
            /** @description One policy for all errors that another try can help with, or a list: the first entry that is for the error. */
            retry?: components["schemas"]["RetryInput"] | components["schemas"]["RetryEntryInput"][];
            /** @description Where the run goes when the tries are used up; data.error says why. A list: the first entry that is for the error. */
            on_error?: string | components["schemas"]["ErrorExit"][];
        };
        /** @description Whom to tell what becomes of a run, by signed callbacks. */
        Notify: components["schemas"]["NotifyTarget"][];
        /**
         * @description What it tells. `completed`: the run has completed; `failed`: the run has failed; `cancelled`: the run was cancelled; `waiting_for_input`: the run waits for an answer from a person; `limit`: the run waits for somebody to lift a limit.
         * @enum {string}
         */
        NotifyEvent: "completed" | "failed" | "cancelled" | "waiting_for_input" | "limit";
        NotifyTarget: {
            /** @description Where the callback is posted. The guard of http_request holds for it. */
            url: string;
            /** @description What the target is told of. */
            on: ("completed" | "failed" | "cancelled" | "waiting_for_input" | "limit")[];
            /** @description The name of the secret that callbacks are signed with: NAME for the setting SECRET_NAME. */
            secret: string;
        };
        /** @description A chunk that a step has sent: the `data` of an event `output`. */
        OutputEvent: {
            step: number;
            node: string;
            attempt: number;
            /** @description 0 for the first chunk of a call, and one more for each. One that is not larger says that the step is called again. */
            index: number;
            /** @description Text that continues that of the chunk before, or other JSON. */
            chunk: components["schemas"]["JsonValue"];
        };
        /** @description Chunks were dropped: the `data` of an event `output_gap`. */
        OutputGapEvent: {
            step: number;
            node: string;
            attempt: number;
            /** @description How many chunks are missing here. */
            dropped: number;
        };
        ParallelEdge: {
            from_node: string;
            /** @description Where the branches begin. */
            to_nodes: string[];
            /** @description Where the run goes on when all branches have ended. */
            join_node: string;
            /** @description How many branches have to complete: all (default), any (the first), or a number (the first so many). The others are cancelled then. */
            join?: ("all" | "any") | number;
            /** @description Branches that can fail or be cancelled without failing the edge. Default 0. Not together with join. */
            max_failures?: number;
            /** @description The key of data that becomes the list of the errors of branches: { index, node, code, message }. */
            collect_errors_as?: string;
            /** @description Most branches at once. Default 10. */
            max_parallel?: number;
            /** @description Where the run goes when a branch fails; data.error says why. A list: the first entry that is for the error. */
            on_error?: string | components["schemas"]["ErrorExit"][];
        };
        /** @description Where a run inside another one hangs. */
        ParentLink: {
            run_id: string;
            /** @description The event of the parent that started this run. */
            seq: number;
            /** @description Its index among the children of that event, from 0. */
            index: number;
            /** @enum {string} */
            kind: "branch" | "graph";
            /** @description How many parents are above. */
            depth: number;
        };
        /** @description An operation of a JSON Patch (RFC 6902). */
        PatchOperation: {
            /** @enum {string} */
            op: "add" | "replace";
            /** @description A JSON Pointer (RFC 6901) into the body. */
            path: string;
            value: components["schemas"]["JsonValue"];
        } | {
            /** @constant */
            op: "remove";
            /** @description A JSON Pointer (RFC 6901) into the body. */
            path: string;
        } | {
            /** @constant */
            op: "move";
            /** @description A JSON Pointer (RFC 6901) into the body. */
            from: string;
            /** @description A JSON Pointer (RFC 6901) into the body. */
            path: string;
        };
        /** @description somebody asked to pause the run */
        PauseRequestedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "pause.requested";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        /** @description An error (RFC 9457). */
        Problem: {
            /** @description A URI that identifies the kind of problem. */
            type: string;
            title: string;
            /** @description The HTTP status. */
            status: number;
            /** @description What went wrong with this request. */
            detail: string;
            /** @description The path of the request. */
            instance: string;
            /**
             * @description A stable code for programs.
             * @enum {string}
             */
            code: "malformed_json" | "invalid_header" | "invalid_graph" | "request_refused" | "unauthorized" | "invalid_signature" | "forbidden_host" | "forbidden_origin" | "read_only_key" | "not_found" | "method_not_allowed" | "graph_not_found" | "run_not_found" | "schedule_not_found" | "delivery_not_found" | "hook_not_found" | "answer_link_unknown" | "graph_exists" | "graph_in_use" | "schedule_exists" | "schedule_unreadable" | "concurrency_full" | "hook_exists" | "hook_disabled" | "hook_unreadable" | "too_many_hooks" | "run_finished" | "run_active" | "run_not_waiting" | "run_not_retryable" | "retry_impossible" | "limits_too_low" | "too_many_signals" | "delivery_done" | "run_is_child" | "graph_deleted" | "run_unreadable" | "graph_unreadable" | "fork_impossible" | "move_impossible" | "move_diverged" | "move_unproven" | "answer_link_over" | "body_too_large" | "unsupported_media_type" | "invalid_request" | "invalid_capsule" | "capsule_too_large" | "idempotency_mismatch" | "diagram_too_large" | "invalid_answer" | "invalid_delivery" | "invalid_input" | "too_many_requests" | "internal_error" | "server_busy" | "hook_secret_missing" | "queue_full" | "shutting_down" | "store_unavailable";
            /** @description Everything that is wrong, for codes that can have several causes. */
            errors?: components["schemas"]["ProblemItem"][];
        };
        ProblemItem: {
            /** @description Where: a JSON Pointer (RFC 6901) into the body, or into the query as an object. */
            pointer: string;
            /**
             * @description A stable code.
             * @enum {string}
             */
            code: "required" | "unknown_key" | "invalid_type" | "invalid_value" | "invalid_key" | "invalid_format" | "invalid_union" | "not_multiple_of" | "too_small" | "too_big" | "too_deep" | "invalid_cursor" | "invalid_schema" | "unknown_node" | "unknown_tool" | "unknown_condition" | "unknown_outcome" | "duplicate_node" | "reserved_name" | "conflicting_edges" | "invalid_params" | "invalid_expression" | "empty_branch" | "overlapping_branches" | "crossing_joins" | "unreachable_join" | "impossible_join" | "endless_recursion" | "more_errors" | "unknown_version" | "unreadable_event" | "missing_event" | "duplicate_run" | "wrong_parent" | "missing_node" | "missing_graph" | "wrong_digest";
            /** @description An explanation. */
            message: string;
            /** @description What was probably meant. */
            hint?: string;
            /** @description Of a graph: a JSON Patch (RFC 6902) of the body that corrects this. Only where that is certain. */
            fix?: components["schemas"]["PatchOperation"][];
            /** @description Where in the text of the body, if it is a graph. Counts from 1. */
            line?: number;
            /** @description Where in the line, in UTF-16 code units. Counts from 1. */
            column?: number;
        };
        /** @description Why a run does not begin. */
        QueuedRun: {
            /**
             * @description The `concurrency` of its graph has no free slot.
             * @constant
             */
            reason: "concurrency";
            /** @description The key of its line; null for that of all runs of the graph. */
            key: string | null;
            /** @description Runs that can be under way; null if the limit was removed, so that it begins soon. */
            limit: number | null;
            /**
             * Format: date-time
             * @description When it came to the line: it was submitted, retried, or unpaused.
             * @example 2026-11-23T09:30:00.000Z
             */
            since: string;
        };
        Read: {
            path: string;
            value: components["schemas"]["JsonValue"];
        } | {
            path: string;
            /** @enum {string} */
            type: "string" | "list" | "object";
            size: number;
        };
        Replay: {
            /**
             * @description What it comes to. `same`: it goes the way that it went; `diverged`: it goes another way; `unknown`: what was recorded does not say.
             * @enum {string}
             */
            verdict: "same" | "diverged" | "unknown";
            /** @description Where it first goes another way; null if it does not, as far as that is known. */
            first_divergence: {
                at: components["schemas"]["ReplayPlace"];
                /**
                 * @description What is different. `way`: where the run went next; `result`: what a step came to; `end`: how the run ended.
                 * @enum {string}
                 */
                of: "way" | "result" | "end";
                was: components["schemas"]["ReplayOutcome"];
                would_be: components["schemas"]["ReplayOutcome"];
                /** @description The values that decided; large ones as type and size. */
                read: components["schemas"]["Read"][];
            } | null;
            /** @description The visits of the replay, without those in branches: at most a thousand. */
            path: components["schemas"]["ReplayStep"][];
            /** @description What the replay would have needed, and nobody has recorded. */
            missing: components["schemas"]["ReplayMissing"][];
            end: {
                was: components["schemas"]["ReplayEnd"];
                would_be: components["schemas"]["ReplayEnd"];
            };
            /** @description Steps, runs inside included. */
            steps: {
                was: number;
                would_be: number;
            };
            /** @description What calls used, runs inside included. */
            usage: {
                was: components["schemas"]["Usage"];
                would_be: components["schemas"]["Usage"];
            };
        };
        /** @description How a run ended, or where it is. */
        ReplayEnd: {
            status: components["schemas"]["RunStatus"];
            error_code: string | null;
            node: string | null;
        };
        ReplayMissing: {
            at: components["schemas"]["ReplayPlace"];
            /**
             * @description What is missing. `call`: the result of a call that the run has not made; `params`: the result of a call with other params; `attempt`: the result of one more attempt; `answer`: an answer, or a signal; `child`: what a run inside it would come to; `condition`: what a condition would say that is not registered here; `node`: a node that the graph does not have; `graph`: a graph that is not there.
             * @enum {string}
             */
            what: "call" | "params" | "attempt" | "answer" | "child" | "condition" | "node" | "graph";
            message: string;
        };
        /** @description What became of a visit, or of the run. */
        ReplayOutcome: {
            /** @description In words. */
            text: string;
            /** @description Where the run went from there; null if nowhere. */
            to_node?: string | null;
            /** @description A patch, an error, or an answer, if that tells the two apart. */
            value?: components["schemas"]["JsonValue"];
        };
        /** @description A visit of a node. */
        ReplayPlace: {
            node: string;
            /** @description Of the run that this is in. */
            step: number;
            /** @description Which visit to the node it is, from 1. */
            visit: number;
            /** @description Where the branch is in which this is: its places among its siblings, from the outermost on. */
            branch?: number[];
        };
        ReplayRequestInput: {
            /** @description A run of this server, finished or not. */
            run_id?: string;
            /** @description What `GET /graph/runs/{run_id}/capsule` has answered, as it is. */
            capsule?: {
                [key: string]: unknown;
            };
            /** @description A graph document, which is not saved. */
            graph?: components["schemas"]["GraphDefinitionInput"];
            /** @description A version of the graph that is stored. */
            version?: number;
        };
        ReplayStep: {
            node: string;
            /** @description Of the run that this is in. */
            step: number;
            /** @description Which visit to the node it is, from 1. */
            visit: number;
            /** @description Where the branch is in which this is: its places among its siblings, from the outermost on. */
            branch?: number[];
            /** @enum {string} */
            status: "completed" | "failed" | "waiting" | "open";
            /** @description Where it led; null if it led nowhere, or to branches. */
            to_node: string | null;
        };
        ResumeRun: {
            /** @description The answer: any JSON that fits `waiting.schema`. */
            payload: components["schemas"]["JsonValue"];
            /** @description `waiting.id` of the wait to answer: a late answer then never ends another wait. */
            wait_id?: string;
        };
        Retry: {
            /** @description Tries in all. */
            max_attempts: number;
            /** @description Delay before the second try. Default 1. */
            interval_seconds: number;
            /** @description What each delay is multiplied by for the next. Default 2. */
            backoff_rate: number;
            /** @description No delay is longer. */
            max_delay_seconds?: number;
            /**
             * @description full: anything between nothing and the delay. Default "none".
             * @enum {string}
             */
            jitter: "none" | "full";
        };
        RetryEntry: {
            /** @description Codes of errors. Any code if it is omitted. */
            on?: string[];
            /** @description A CEL expression that must be true as well. It can read error.code, .message, .details and .attempt. */
            when?: string;
            /** @description Tries in all. */
            max_attempts: number;
            /** @description Delay before the second try. Default 1. */
            interval_seconds: number;
            /** @description What each delay is multiplied by for the next. Default 2. */
            backoff_rate: number;
            /** @description No delay is longer. */
            max_delay_seconds?: number;
            /**
             * @description full: anything between nothing and the delay. Default "none".
             * @enum {string}
             */
            jitter: "none" | "full";
        };
        RetryEntryInput: {
            /** @description Codes of errors. Any code if it is omitted. */
            on?: string[];
            /** @description A CEL expression that must be true as well. It can read error.code, .message, .details and .attempt. */
            when?: string;
            /** @description Tries in all. */
            max_attempts: number;
            /** @description Delay before the second try. Default 1. */
            interval_seconds?: number;
            /** @description What each delay is multiplied by for the next. Default 2. */
            backoff_rate?: number;
            /** @description No delay is longer. */
            max_delay_seconds?: number;
            /**
             * @description full: anything between nothing and the delay. Default "none".
             * @enum {string}
             */
            jitter?: "none" | "full";
        };
        RetryInput: {
            /** @description Tries in all. */
            max_attempts: number;
            /** @description Delay before the second try. Default 1. */
            interval_seconds?: number;
            /** @description What each delay is multiplied by for the next. Default 2. */
            backoff_rate?: number;
            /** @description No delay is longer. */
            max_delay_seconds?: number;
            /**
             * @description full: anything between nothing and the delay. Default "none".
             * @enum {string}
             */
            jitter?: "none" | "full";
        };
        RetryRun: {
            /** @description They replace those that the run had. */
            limits?: components["schemas"]["Limits"];
            /** @description Keys of `data` to set before the run goes on. */
            data?: {
                [key: string]: unknown;
            };
            /** @description The patch of the step that the run stopped at. Its tool is not called again; the run goes on by it. */
            result?: {
                [key: string]: unknown;
            };
        };
        /** @description the run was cancelled */
        RunCancelledEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.cancelled";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            logs: string[];
            usage?: components["schemas"]["Usage"];
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        /** @description the run ended well */
        RunCompletedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.completed";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /**
             * @description Why it ended. `end`: it came to END; `no_edge`: no edge leaves its last node; `join`: a branch came to its join.
             * @enum {string}
             */
            reason: "end" | "no_edge" | "join";
        };
        RunCounts: {
            counts: {
                SUBMITTED: number;
                RUNNING: number;
                WAITING: number;
                COMPLETED: number;
                FAILED: number;
                CANCELLED: number;
            };
            /** @description Statuses of which there can be more runs: counting has a bound. Empty if all were counted. */
            at_least: components["schemas"]["RunStatus"][];
        };
        RunDiff: {
            a: string;
            b: string;
            /** @description Null if both took the same path so far. */
            first_divergence: components["schemas"]["Divergence"] | null;
            /** @description The nodes that the run visited from there on, at most a hundred. */
            path_a: string[];
            path_b: string[];
            /** @description The differences of their `data`, at most a hundred. */
            data: components["schemas"]["DataDifference"][];
        };
        /** @description the server stopped in good order while something was under way */
        RunDrainedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.drained";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
        };
        RunError: {
            /** @description A stable code: one of the server, or one of the tool that failed. */
            code: string;
            message: string;
            node: string | null;
            step: number | null;
            /** @description What the tool said of the error, for programs. Omitted if it said nothing, and in lists of runs. */
            details?: components["schemas"]["JsonValue"];
        };
        /** @description An event of the journal of a run: the `data` of a server-sent event. */
        RunEvent: components["schemas"]["RunSubmittedEvent"] | components["schemas"]["RunStartedEvent"] | components["schemas"]["StepCompletedEvent"] | components["schemas"]["StepFailedEvent"] | components["schemas"]["WaitStartedEvent"] | components["schemas"]["WaitEndedEvent"] | components["schemas"]["SignalReceivedEvent"] | components["schemas"]["BranchesStartedEvent"] | components["schemas"]["BranchesJoinedEvent"] | components["schemas"]["ChildrenRefusedEvent"] | components["schemas"]["CancelRequestedEvent"] | components["schemas"]["PauseRequestedEvent"] | components["schemas"]["RunPausedEvent"] | components["schemas"]["RunUnpausedEvent"] | components["schemas"]["LimitReachedEvent"] | components["schemas"]["LimitsLiftedEvent"] | components["schemas"]["RunRecoveredEvent"] | components["schemas"]["RunDrainedEvent"] | components["schemas"]["RunRetriedEvent"] | components["schemas"]["SlotTakenEvent"] | components["schemas"]["RunMigratedEvent"] | components["schemas"]["RunForkedEvent"] | components["schemas"]["RunCompletedEvent"] | components["schemas"]["RunFailedEvent"] | components["schemas"]["RunCancelledEvent"];
        /** @description the run ended with an error */
        RunFailedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.failed";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            error: components["schemas"]["RunError"];
        };
        /** @description the end of the steps that a fork copied */
        RunForkedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.forked";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            forked_from: components["schemas"]["ForkedFrom"];
            patch: {
                [key: string]: unknown;
            };
            step: number;
            node: string;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        /** @description The limits that hold for the run. */
        RunLimits: {
            max_steps: number;
            deadline_seconds: number | null;
            max_tokens: number | null;
            max_cost_usd: number | null;
            max_visits: number | null;
            no_progress: number | null;
            /** @enum {string} */
            on_limit: "fail" | "wait";
        };
        RunList: {
            runs: components["schemas"]["RunSummary"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        /** @description somebody moved the run to another version of its graph */
        RunMigratedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.migrated";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            from_version: number;
            to_version: number;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        /** @description the run rests before this node, until somebody unpauses it */
        RunPausedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.paused";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            node: string;
        };
        /** @description a server took the run up after a crash, or after a stop that is noted before */
        RunRecoveredEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.recovered";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            children_ended?: number;
        };
        /** @description a run that had ended goes on */
        RunRetriedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.retried";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            limits?: components["schemas"]["GivenLimits"];
            /** @description Milliseconds since 1970. */
            deadline_at?: number;
            /** @description Of a child: the runs above it that have a limit of tokens or of cost, from which it takes. */
            budgets_of?: string[];
            /** @description The event of the parent that retried it. */
            parent_seq?: number;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
            /** @description Keys of `data` that were set before it went on. */
            data?: {
                [key: string]: unknown;
            };
            /** @description The patch of the step, whose tool is not called again. */
            result?: {
                [key: string]: unknown;
            };
            step?: number;
            node?: string;
            next?: string;
        };
        /** @description its first step begins */
        RunStartedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.started";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            next: string;
            /** @description 1 if omitted. */
            step?: number;
            /** @description The span in which it began. */
            trace?: components["schemas"]["TraceContext"];
        };
        /** @description What started a run that no request has started. */
        RunStarter: {
            /** @enum {string} */
            kind: "run" | "schedule" | "hook" | "mcp" | "import";
            /** @description The run whose step started it, the schedule, the hook, or the run that this is a copy of. Omitted for `mcp`. */
            id?: string;
            /** @description Of an import: the last event that was copied. */
            seq?: number;
        };
        RunState: {
            run_id: string;
            graph_id: string;
            graph_version: number;
            status: components["schemas"]["RunStatus"];
            /** @description The run that this one is inside of; null for a top-level run. */
            parent_run_id: string | null;
            /** @description Its index among the children of its parent, from 0. */
            child_index: number | null;
            metadata: {
                [key: string]: string;
            };
            started_by: components["schemas"]["StartedBy"];
            /** @description Why the run failed. */
            error: components["schemas"]["RunError"] | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            submitted_at: string;
            started_at: string | null;
            finished_at: string | null;
            /** @description Why the run does not begin. Null if it has begun, or is about to. */
            queued: components["schemas"]["QueuedRun"] | null;
            /** @description What the run waits for while its status is WAITING. */
            waiting: components["schemas"]["Waiting"] | null;
            /** @description The branches, or the graph as a step, that the run waits for. */
            children: components["schemas"]["Children"] | null;
            forked_from: components["schemas"]["ForkedFrom"] | null;
            imported_from: components["schemas"]["ImportedFrom"] | null;
            migrated_from: components["schemas"]["MigratedFrom"] | null;
            logs: string[];
            usage: components["schemas"]["Usage"];
            /** @description `usage` with that of all runs inside this one. Null if it has had such since before they were counted. */
            usage_total: components["schemas"]["Usage"] | null;
            /** @description The number of log lines of the run, including those that `logs_after` skips. */
            logs_total: number;
            /** @description What the finished steps built up. */
            data: {
                [key: string]: unknown;
            };
            input_data: components["schemas"]["JsonValue"];
            /** @description The node in progress; null before the start and at the end. */
            current_node: string | null;
            /** @description The attempt of the step in progress. */
            attempt: number | null;
            /** @description The number of finished steps. */
            step_count: number;
            /** @description How often each node was visited. Null if the run had visits before they were counted. */
            visits: {
                [key: string]: number;
            } | null;
            limits: components["schemas"]["RunLimits"];
            /** @description True from a cancel request until the tool has stopped. */
            cancel_requested: boolean;
            /** @description Who started the run: the name of the API key, if it has one. */
            submitted_by: string | null;
            /** @description Who paused the run, while it is paused. */
            paused_by: string | null;
            /** @description Who asked to cancel the run, if that is asked for, or was done. */
            cancelled_by: string | null;
            /** @description True from a pause request until the run is unpaused or ends. A step in progress, or a wait, goes on. */
            paused: boolean;
        };
        /**
         * @description How far a run is. `SUBMITTED`: stored, and not started yet; `RUNNING`: under way; `WAITING`: parked until something happens; `COMPLETED`: finished; `FAILED`: stopped by an error; can be retried; `CANCELLED`: stopped by a request; can be retried.
         * @enum {string}
         */
        RunStatus: "SUBMITTED" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "CANCELLED";
        /** @description the run is stored */
        RunSubmittedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.submitted";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            graph_id: string;
            graph_version: number;
            /** @description Null for a branch, which has that of its parent. */
            input_data: components["schemas"]["JsonValue"];
            limits: components["schemas"]["GivenLimits"];
            metadata: {
                [key: string]: string;
            };
            parent?: components["schemas"]["ParentLink"];
            /** @description Of a run that a schedule, or a step that did not wait for it, started. */
            started_by?: components["schemas"]["RunStarter"];
            /** @description Where a branch begins. */
            entry_node?: string;
            /** @description The node before which a branch ends. */
            join_node?: string;
            /** @description Of a branch of a for_each: its item as text. */
            name?: string;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
            /** @description Of a child, in milliseconds since 1970: the deadline of its parent, or its own if that is earlier. */
            deadline_at?: number;
            /** @description Of a child: the runs above it that have a limit of tokens or of cost, from which it takes. */
            budgets_of?: string[];
            notify?: components["schemas"]["Notify"];
            /** @description If its graph limits how many runs are under way. */
            concurrency?: {
                /** @description Null: the limit is for all runs of the graph. */
                key: string | null;
                /** @enum {string} */
                on_full: "queue" | "refuse" | "cancel_oldest";
            };
            /** @description What it was started in. */
            trace?: components["schemas"]["TraceContext"];
        };
        RunSummary: {
            run_id: string;
            graph_id: string;
            graph_version: number;
            status: components["schemas"]["RunStatus"];
            /** @description The run that this one is inside of; null for a top-level run. */
            parent_run_id: string | null;
            /** @description Its index among the children of its parent, from 0. */
            child_index: number | null;
            metadata: {
                [key: string]: string;
            };
            started_by: components["schemas"]["StartedBy"];
            /** @description Why the run failed. */
            error: components["schemas"]["RunError"] | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            submitted_at: string;
            started_at: string | null;
            finished_at: string | null;
            /** @description What tells a branch from its siblings: the node that it begins at, or for a for_each its item as text, cut at 200 characters. Null for other runs. */
            branch: string | null;
            /** @description Null if the run does not wait. */
            waiting_for: components["schemas"]["WaitKind"] | null;
            /** @description Somebody has paused the run, whatever it waits for. False if it has ended. */
            paused: boolean;
        };
        /** @description the run is paused no longer */
        RunUnpausedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "run.unpaused";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        SavedGraph: {
            graph_id: string;
            version: number;
            message: string;
            /** @description What is probably a mistake; the graph is accepted all the same. */
            warnings: components["schemas"]["GraphWarning"][];
        };
        Schedule: {
            schedule_id: string;
            graph_id: string;
            /** @description The version of the graph; null for the latest one at each start. */
            version: number | null;
            cron: string | null;
            every_seconds: number | null;
            time_zone: string;
            metadata: {
                [key: string]: string;
            };
            limits: components["schemas"]["Limits"] | null;
            /**
             * @description What an occurrence does while a run that the schedule has started is not over. `skip`: starts nothing; `allow`: starts a run beside them; `cancel_previous`: starts a run, and cancels them.
             * @enum {string}
             */
            overlap: "skip" | "allow" | "cancel_previous";
            catch_up_seconds: number;
            enabled: boolean;
            /** @description The next five instants. Empty if the schedule is not enabled. */
            next: string[];
            /** @description Null before the first occurrence. */
            last: components["schemas"]["LastOccurrence"] | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When somebody last changed it.
             * @example 2026-11-23T09:30:00.000Z
             */
            updated_at: string;
            input_data: components["schemas"]["JsonValue"];
        };
        ScheduleDefinitionInput: {
            /** @description A slug. Made from the id of the graph if it is omitted. */
            schedule_id?: string;
            /** @description The graph that it starts runs of. */
            graph_id: string;
            /** @description A version of the graph; the latest one at each start if omitted. */
            version?: number;
            /** @description When it is due: minute, hour, day of the month, month, weekday; with 6 fields, seconds first. */
            cron?: string;
            /** @description Instead of `cron`: every so many seconds, counted from 1970-01-01T00:00:00Z. */
            every_seconds?: number;
            /** @description The time zone of `cron`, by its name in the IANA database. Default "UTC". */
            time_zone?: string;
            /** @description The input of each run; null if omitted. */
            input_data?: components["schemas"]["JsonValue"];
            /** @description Strings of your own, to find the run by. */
            metadata?: {
                [key: string]: string;
            };
            limits?: components["schemas"]["Limits"];
            /**
             * @description What an occurrence does while a run that the schedule has started is not over. `skip`: starts nothing; `allow`: starts a run beside them; `cancel_previous`: starts a run, and cancels them. Default "skip".
             * @enum {string}
             */
            overlap?: "skip" | "allow" | "cancel_previous";
            /** @description An occurrence that could not be started in time is started up to so many seconds late. Default 60. */
            catch_up_seconds?: number;
            /** @description False: nothing is started until it is true again. Default true. */
            enabled?: boolean;
        };
        ScheduleInstants: {
            /** @description The instants, in order. */
            next: string[];
        };
        ScheduleList: {
            schedules: components["schemas"]["ListedSchedule"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        SchedulePreviewInput: {
            /** @description When it is due: minute, hour, day of the month, month, weekday; with 6 fields, seconds first. */
            cron?: string;
            /** @description Instead of `cron`: every so many seconds, counted from 1970-01-01T00:00:00Z. */
            every_seconds?: number;
            /** @description The time zone of `cron`, by its name in the IANA database. Default "UTC". */
            time_zone?: string;
            /** @description How many instants. Default 5. */
            count?: number;
            /**
             * Format: date-time
             * @description Instants after this RFC 3339 time; after now if omitted.
             */
            after?: string;
        };
        SendSignal: {
            /** @description Any JSON; null if omitted. It becomes a key of `data`. */
            payload?: components["schemas"]["JsonValue"];
        };
        /** @description somebody sent a signal, which is kept until a wait takes it */
        SignalReceivedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "signal.received";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            name: string;
            payload: components["schemas"]["JsonValue"];
            /** @description Of a request with an Idempotency-Key. */
            request?: components["schemas"]["SignalRequest"];
            /** @description Who asked: the name of the API key, if it has one. */
            by?: string;
        };
        SignalRequest: {
            /** @description A digest of the key. */
            key: string;
            /** @description A digest of the request. */
            fingerprint: string;
            /** @description The status that was answered. */
            status: components["schemas"]["RunStatus"];
        };
        /** @description a retried run whose graph limits how many are under way has its turn, and goes on */
        SlotTakenEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "slot.taken";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
        };
        StartRun: {
            graph_id: string;
            /** @description Any JSON; null if omitted. Tools see it as `input_data`. */
            input_data?: components["schemas"]["JsonValue"];
            /** @description A version of the graph; the latest one if omitted. */
            version?: number;
            limits?: components["schemas"]["Limits"];
            /** @description Strings of your own, to find the run by. */
            metadata?: {
                [key: string]: string;
            };
            notify?: components["schemas"]["Notify"];
        };
        /** @description What started the run. */
        StartedBy: {
            /**
             * @description What started the run. `api`: a request; the id is the name of the API key, if it has one; `run`: another run, as a part of it or by a step that did not wait; `schedule`: a schedule; `hook`: a delivery to a hook; `import`: the import of a capsule; the id is that of the run that it is a copy of; `mcp`: a call of a tool of the MCP server; the id is the name of the API key, if it has one.
             * @enum {string}
             */
            kind: "api" | "run" | "schedule" | "hook" | "import" | "mcp";
            /** @description Which one. Null if nobody can tell. */
            id: string | null;
        };
        StartedRun: {
            run_id: string;
            status: components["schemas"]["RunStatus"];
        };
        StartedWait: {
            /** @enum {string} */
            kind: "timer" | "input" | "signal" | "graph";
            until: number | null;
            message?: string;
            /** @description JSON Schema of the answer, or of the payload. */
            schema?: {
                [key: string]: unknown;
            };
            /** @description The name of the signal. */
            signal?: string;
            /** @description The key of `data` that the result becomes. */
            save_as: string;
            graph_id?: string;
            graph_version?: number;
            input_data?: components["schemas"]["JsonValue"];
            /** @description Those that the step gives the run of the graph. */
            limits?: components["schemas"]["GivenLimits"];
            /** @description What the step adds to the metadata. */
            metadata?: {
                [key: string]: string;
            };
        };
        Step: {
            step: number;
            node: string;
            /**
             * @description How far the step is. `RUNNING`: under way; `WAITING`: for a moment, an answer, its next attempt, or the graph that runs as this step; `COMPLETED`: finished; `FAILED`: ended by an error; `CANCELLED`: ended with its run.
             * @enum {string}
             */
            status: "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "CANCELLED";
            attempts: number;
            /** @description What the tool was called with. Secrets are hidden. Null if it cannot be known, because the graph version or the parent of the run cannot be read. */
            params: components["schemas"]["CalledWith"][] | null;
            started_at: string | null;
            finished_at: string | null;
            /** @description The keys of `data` that the step set. */
            patch: {
                [key: string]: unknown;
            } | null;
            logs: string[];
            error: components["schemas"]["RunError"] | null;
            decision: components["schemas"]["StepDecision"] | null;
            usage: components["schemas"]["Usage"];
            /** @description Who answered the question of the step, or gave its `result` with a retry: the name of the API key, if it has one. */
            answered_by: string | null;
        };
        /** @description a step ended, with what it changed and where the run goes next */
        StepCompletedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "step.completed";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            attempt: number;
            logs: string[];
            usage?: components["schemas"]["Usage"];
            /** @description The keys of `data` that the step set. */
            patch: {
                [key: string]: unknown;
            };
            decision: components["schemas"]["Decision"] | null;
            /** @description The node that is executed from here on; null if there is none. */
            next: string | null;
        };
        /** @description Why the run went where it went. */
        StepDecision: {
            /**
             * @description The kind of edge that was taken. `edge`: an edge; `condition`: a conditional edge with a condition function; `case`: a conditional edge with cases; `parallel`: a parallel edge; `for_each`: a for_each edge; `error`: `on_error`.
             * @enum {string}
             */
            kind: "edge" | "condition" | "case" | "parallel" | "for_each" | "error";
            /** @description The condition function, or the case that was true. */
            condition?: string;
            outcome?: string | null;
            /** @description Null if the choice failed, or if branches start. */
            to_node: string | null;
            /** @description The values that the choice read; large ones as type and size. */
            read?: components["schemas"]["Read"][];
            /** @description What became of the branches that it led to, if their edge has join or max_failures. */
            branches?: components["schemas"]["BranchCounts"];
        };
        /** @description an attempt of a step failed */
        StepFailedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "step.failed";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            attempt: number;
            logs: string[];
            usage?: components["schemas"]["Usage"];
            error: components["schemas"]["RunError"];
            /** @description When it is tried again, in milliseconds since 1970. */
            retry_at?: number;
            /** @description By which policy of the list of the node, from 0. */
            retry_policy?: number;
            patch?: {
                [key: string]: unknown;
            };
            /** @description There is no further try, and `on_error` is taken. */
            decision?: components["schemas"]["Decision"];
            /** @description The node that is executed from here on; null if there is none. */
            next?: string | null;
        };
        StepList: {
            steps: components["schemas"]["Step"][];
            /** @description Send it as `cursor` to get the next page; null on the last page. */
            next_cursor: string | null;
        };
        /** @description A step of one of the runs, and where that run went next. */
        StepPoint: {
            node: string;
            status: string;
            to_node: string | null;
        };
        Tool: {
            name: string;
            description: string;
            /** @description JSON Schema (2020-12) of the params; null if the tool does not check them. */
            params: {
                [key: string]: unknown;
            } | null;
            /** @description The codes of its errors, besides those of any step; null if it does not declare them. */
            errors: string[] | null;
        };
        ToolList: {
            tools: components["schemas"]["Tool"][];
        };
        TraceContext: {
            traceparent: string;
            tracestate?: string;
        };
        TraceStep: {
            step: number;
            node: string;
            /** @description The places of the branch among its siblings, from the outermost on. */
            branch?: number[];
            /** @description What the step came to, in short. */
            outcome: string;
            to_node: string | null;
        };
        /** @description Tokens of language models that were used, and what calls cost. */
        Usage: {
            input_tokens: number;
            output_tokens: number;
            /** @description US dollars. Omitted if no tool said what it cost. */
            cost_usd?: number;
        };
        Verdict: {
            valid: boolean;
            /** @description Why the graph would be refused. */
            errors: components["schemas"]["ProblemItem"][];
            /** @description What is probably a mistake; the graph is accepted all the same. */
            warnings: components["schemas"]["GraphWarning"][];
        };
        VisitChanges: {
            step: number;
            node: string;
            /** @description By key: the value before and after. Large ones are shown as type and size. At most 10 keys. */
            data: {
                [key: string]: components["schemas"]["JsonValue"][];
            };
        };
        /** @description the wait is over */
        WaitEndedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "wait.ended";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            wait_id: string;
            /**
             * @description How the wait ended. `answered`: somebody answered; `signalled`: its signal came, then or before; `refused`: a signal that came before does not fit the schema; `elapsed`: its time came; `expired`: nobody answered in time, or no signal came; `joined`: the graph that ran as the step ended; `lifted`: the limit that the run had come to was lifted.
             * @enum {string}
             */
            outcome: "answered" | "signalled" | "refused" | "elapsed" | "expired" | "joined" | "lifted";
            /** @description The answer, or the payload of the signal, with defaults of the schema. */
            answer?: components["schemas"]["JsonValue"];
            /** @description Who answered: the name of the API key, if it has one; `token` stands for an approval link. */
            answered_by?: string;
        };
        /**
         * @description What a run waits for. `input`: an answer from outside; `signal`: a signal from outside; `timer`: a moment; `retry`: the next attempt of a step; `graph`: another graph that runs as a step; `branches`: its branches; `paused`: somebody to unpause it; `limit`: somebody to lift the limit that it has come to.
         * @enum {string}
         */
        WaitKind: "input" | "signal" | "timer" | "retry" | "graph" | "branches" | "paused" | "limit";
        /** @description the run waits */
        WaitStartedEvent: {
            /** @description 1 for the first event of a run. */
            seq: number;
            /** @constant */
            type: "wait.started";
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            time: string;
            step: number;
            node: string;
            attempt: number;
            logs: string[];
            usage?: components["schemas"]["Usage"];
            wait: components["schemas"]["StartedWait"];
        };
        /** @description Why the run does not go on at the moment. */
        Waiting: {
            /** @description The id of this wait: `wait_id` of POST /graph/runs/{run_id}/resume. */
            id: string;
            kind: components["schemas"]["WaitKind"];
            node: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:30:00.000Z
             */
            since: string;
            /** @description When it ends by itself, or can no longer be answered or signalled; null for never. */
            until: string | null;
            /** @description The question. */
            message: string | null;
            /** @description JSON Schema (2020-12) that the answer, or the payload, must fit. */
            schema: {
                [key: string]: unknown;
            } | null;
            /** @description The name of the signal: send it with POST /graph/runs/{run_id}/signals/{name}. */
            signal: string | null;
            /** @description Answers this wait, with POST /answers/{token}, without an API key. Only if the wait is for input, and the server has a PUBLIC_URL. */
            token?: string;
            /** @description The approval link: a page with a form for the answer. It is there if `token` is. */
            answer_url?: string;
            /** @description The limit that the run has come to. */
            limit: components["schemas"]["LimitKind"] | null;
            /** @description The run above that has the limit. Lifted here, it is lifted for all that it holds for. */
            limit_of: string | null;
            /** @description At a limit: how the run came there. */
            evidence: components["schemas"]["LimitEvidence"] | null;
            /** @description Runs inside this one, at any depth, that wait for input, or at a limit. */
            children: components["schemas"]["WaitingChild"][];
        };
        WaitingChild: {
            /** @description The run to answer, with POST /graph/runs/{run_id}/resume. */
            run_id: string;
            graph_id: string;
            /** @description Its index among the children of its parent, from 0. */
            index: number;
            /** @description What tells a branch from its siblings: the node that it begins at, or for a for_each its item as text, cut at 200 characters. Null for other runs. */
            branch: string | null;
            waiting_for: components["schemas"]["WaitKind"] | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    createGraph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphDefinitionInput"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description The path of the graph. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedGraph"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validateGraph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphDefinitionInput"];
            };
        };
        responses: {
            /** @description The verdict. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exploreGraph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "graph_id": "demo-review"
                 *     }
                 */
                "application/json": components["schemas"]["ExploreInput"];
            };
        };
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explored"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGraphs: {
        parameters: {
            query?: {
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
                /** @description Only graphs with this text, in whatever case, in their id or name. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExamples: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All examples. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExampleGraphList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getGraph: {
        parameters: {
            query?: {
                /** @description A version of the graph; the latest one if omitted. */
                version?: number;
            };
            header?: {
                /** @description The `ETag` of an earlier response: if nothing has changed, 304. */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id of a graph.
                 * @example demo-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph. */
            200: {
                headers: {
                    /** @description Send it as `If-None-Match` to get the answer only if it has changed. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Graph"];
                };
            };
            /** @description The answer is the one that `If-None-Match` names. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateGraph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a graph.
                 * @example demo-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Code Review Agent Demo",
                 *       "description": "Reviews Python code in rounds until it is simple enough.",
                 *       "entry_point": "extract",
                 *       "nodes": [
                 *         {
                 *           "name": "extract",
                 *           "tool_name": "extract_code"
                 *         },
                 *         {
                 *           "name": "analyze",
                 *           "tool_name": "check_complexity"
                 *         },
                 *         {
                 *           "name": "improve",
                 *           "tool_name": "generate_improvements"
                 *         }
                 *       ],
                 *       "edges": [
                 *         {
                 *           "from_node": "extract",
                 *           "to_node": "analyze"
                 *         },
                 *         {
                 *           "from_node": "improve",
                 *           "to_node": "analyze"
                 *         }
                 *       ],
                 *       "conditional_edges": [
                 *         {
                 *           "from_node": "analyze",
                 *           "condition_function": "quality_gate"
                 *         }
                 *       ],
                 *       "limits": {
                 *         "max_steps": 100
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["GraphDefinitionInput"];
            };
        };
        responses: {
            /** @description Saved, or unchanged. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedGraph"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteGraph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a graph.
                 * @example my-code-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    migrateRuns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a graph.
                 * @example demo-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to_version": 2,
                 *       "filter": {
                 *         "status": [
                 *           "FAILED"
                 *         ]
                 *       },
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["MigrateRuns"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drawGraph: {
        parameters: {
            query?: {
                /** @description The format. `mermaid`: text for https://mermaid.js.org (the default); `svg`: a picture. */
                format?: "mermaid" | "svg";
                /** @description A version of the graph; the latest one if omitted. */
                version?: number;
            };
            header?: never;
            path: {
                /**
                 * @description The id of a graph.
                 * @example demo-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "image/svg+xml": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drawDocument: {
        parameters: {
            query?: {
                /** @description The format. `mermaid`: text for https://mermaid.js.org (the default); `svg`: a picture. */
                format?: "mermaid" | "svg";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphDefinitionInput"];
            };
        };
        responses: {
            /** @description The graph. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "image/svg+xml": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    backtestGraph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a graph.
                 * @example demo-review
                 */
                graph_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "graph": {
                 *         "name": "Code Review Agent Demo",
                 *         "description": "Reviews Python code in rounds until it is simple enough.",
                 *         "entry_point": "extract",
                 *         "nodes": [
                 *           {
                 *             "name": "extract",
                 *             "tool_name": "extract_code"
                 *           },
                 *           {
                 *             "name": "analyze",
                 *             "tool_name": "check_complexity"
                 *           },
                 *           {
                 *             "name": "improve",
                 *             "tool_name": "generate_improvements"
                 *           }
                 *         ],
                 *         "edges": [
                 *           {
                 *             "from_node": "extract",
                 *             "to_node": "analyze"
                 *           },
                 *           {
                 *             "from_node": "improve",
                 *             "to_node": "analyze"
                 *           }
                 *         ],
                 *         "conditional_edges": [
                 *           {
                 *             "from_node": "analyze",
                 *             "condition_function": "quality_gate"
                 *           }
                 *         ],
                 *         "limits": {
                 *           "max_steps": 5
                 *         }
                 *       },
                 *       "limit": 100
                 *     }
                 */
                "application/json": components["schemas"]["BacktestRequestInput"];
            };
        };
        responses: {
            /** @description What it comes to. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backtest"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getGraphSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The JSON Schema. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/schema+json": components["schemas"]["GraphSchema"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startRun: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the run to finish, or for it or a run inside it to wait for input. */
                wait?: number;
            };
            header?: {
                /** @description 1 to 255 printable ASCII characters. A repeated request with the same key and body starts nothing and gets the first response. */
                "idempotency-key"?: string;
                /** @description The span that the run belongs to (W3C Trace Context). The tools of the run pass it on. Ignored if it is not valid. */
                traceparent?: string;
                /** @description What tracing systems add to `traceparent`. */
                tracestate?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRun"];
            };
        };
        responses: {
            /** @description Finished within `wait`, FAILED included. */
            200: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if an earlier request with this Idempotency-Key has started the run. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description Submitted. */
            202: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if an earlier request with this Idempotency-Key has started the run. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRunState: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the run to finish, or for it or a run inside it to wait for input. */
                wait?: number;
                /** @description Skips this many log lines. */
                logs_after?: number;
                /** @description `false` leaves out what can be large: `data` is empty, and `input_data` null. For readers that follow the events. */
                data?: "true" | "false";
            };
            header?: {
                /** @description The `ETag` of an earlier response: if nothing has changed, 304. */
                "if-none-match"?: string;
            };
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The current state. */
            200: {
                headers: {
                    /** @description Send it as `If-None-Match` to get the answer only if it has changed. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunState"];
                };
            };
            /** @description The answer is the one that `If-None-Match` names. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description Any of these: repeated, or separated by commas. */
                status?: ("SUBMITTED" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED" | "CANCELLED")[];
                graph_id?: string;
                /** @description The runs inside this one. If omitted, only top-level runs. */
                parent_run_id?: string;
                /** @description Only runs that wait for this, including those inside other runs. */
                waiting_for?: "input" | "signal" | "timer" | "retry" | "graph" | "branches" | "paused" | "limit";
                /**
                 * @description Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match.
                 * @example {}
                 */
                metadata?: {
                    [key: string]: string;
                };
                /** @description An RFC 3339 time; runs submitted later. */
                submitted_after?: string;
                /** @description An RFC 3339 time; runs submitted earlier. */
                submitted_before?: string;
                /** @description Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`. */
                started_by?: string;
                /** @description Only runs that failed with this `code` of their `error`. */
                error_code?: string;
                /** @description Only runs that are at this node, or that failed or were cancelled there. */
                current_node?: string;
                /** @description `true`: only runs that are paused, whatever they wait for. `false`: only those that are not. */
                paused?: "true" | "false";
                /** @description Only runs with this text, in whatever case, in their id, the id of their graph, a value of their metadata, or the code, message or node of their error. */
                search?: string;
                /** @description By when they were submitted. `asc`: the oldest first. Default: `desc`, the newest first. */
                order?: "asc" | "desc";
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countRuns: {
        parameters: {
            query?: {
                graph_id?: string;
                /** @description The runs inside this one. If omitted, only top-level runs. */
                parent_run_id?: string;
                /** @description Only runs that wait for this, including those inside other runs. */
                waiting_for?: "input" | "signal" | "timer" | "retry" | "graph" | "branches" | "paused" | "limit";
                /**
                 * @description Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match.
                 * @example {}
                 */
                metadata?: {
                    [key: string]: string;
                };
                /** @description An RFC 3339 time; runs submitted later. */
                submitted_after?: string;
                /** @description An RFC 3339 time; runs submitted earlier. */
                submitted_before?: string;
                /** @description Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`. */
                started_by?: string;
                /** @description Only runs that failed with this `code` of their `error`. */
                error_code?: string;
                /** @description Only runs that are at this node, or that failed or were cancelled there. */
                current_node?: string;
                /** @description `true`: only runs that are paused, whatever they wait for. `false`: only those that are not. */
                paused?: "true" | "false";
                /** @description Only runs with this text, in whatever case, in their id, the id of their graph, a value of their metadata, or the code, message or node of their error. */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunCounts"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSteps: {
        parameters: {
            query?: {
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchRun: {
        parameters: {
            query?: {
                /** @description Only events with a larger `seq`. `Last-Event-ID` has precedence. */
                after?: number;
                /** @description `true`: what the step under way has sent so far, and then what comes. Default: what comes. */
                output?: "true" | "false";
            };
            header?: {
                /** @description The `id` of the last event that was received. Browsers send it. */
                "last-event-id"?: string;
            };
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. Each `data` is a RunEvent, or what a step sends. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The run has ended and has no event after `Last-Event-ID`. Stops browsers from reconnecting. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drawRun: {
        parameters: {
            query?: {
                /** @description The format. `mermaid`: text for https://mermaid.js.org (the default); `svg`: a picture. */
                format?: "mermaid" | "svg";
            };
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "image/svg+xml": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Requested. The status is the current one. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Requested. The status is the current one. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unpauseRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run is paused no longer. The status is the current one. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "wait_id": "w3",
                 *       "payload": {
                 *         "approved": true,
                 *         "comment": "Looks good."
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ResumeRun"];
            };
        };
        responses: {
            /** @description Stored. The run goes on. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendSignal: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. A repeated request with the same key, name and body sends nothing and gets the first response. A run remembers its latest 1,000 keys. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
                /**
                 * @description The name that a wait is for.
                 * @example payment
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "payload": {
                 *         "paid": true,
                 *         "amount": 49.9
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["SendSignal"];
            };
        };
        responses: {
            /** @description Stored. A wait has taken it, or it is kept until one does. */
            202: {
                headers: {
                    /** @description `true` if an earlier request with this Idempotency-Key has sent the signal. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "limits": {
                 *         "max_steps": 2000,
                 *         "deadline_seconds": 3600
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["RetryRun"];
            };
        };
        responses: {
            /** @description The run goes on. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forkRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. A repeated request with the same key and body starts nothing and gets the first response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from_step": 4,
                 *       "data": {
                 *         "review_round": 3
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ForkRun"];
            };
        };
        responses: {
            /** @description Submitted: the new run. */
            202: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if an earlier request with this Idempotency-Key has started the run. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForkedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    diffRuns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                a: string;
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                b: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The differences. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDiff"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The capsule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capsule"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. A repeated request with the same key and body starts nothing and gets the first response. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capsule": {
                 *         "capsule": 1,
                 *         "exported_at": "2026-01-31T09:30:00.000Z",
                 *         "release": "1.0.0",
                 *         "graphs": [
                 *           {
                 *             "graph_id": "greeting",
                 *             "version": 1,
                 *             "definition": {
                 *               "name": "Greeting",
                 *               "entry_point": "greet",
                 *               "nodes": [
                 *                 {
                 *                   "name": "greet",
                 *                   "tool_name": "set_data",
                 *                   "params": {
                 *                     "values": {
                 *                       "greeting": "Hello"
                 *                     }
                 *                   }
                 *                 }
                 *               ],
                 *               "edges": []
                 *             }
                 *           }
                 *         ],
                 *         "run": {
                 *           "run_id": "01a205f7-8f38-775c-952c-00447c059553",
                 *           "graph_id": "greeting",
                 *           "graph_version": 1,
                 *           "status": "COMPLETED",
                 *           "metadata": {},
                 *           "started_by": {
                 *             "kind": "api",
                 *             "id": null
                 *           },
                 *           "submitted_at": "2026-01-01T00:00:00.000Z",
                 *           "finished_at": "2026-01-01T00:00:03.000Z",
                 *           "current_node": "greet",
                 *           "waiting_for": null,
                 *           "error": null,
                 *           "step_count": 1,
                 *           "data": {
                 *             "greeting": "Hello"
                 *           }
                 *         },
                 *         "events": [
                 *           {
                 *             "seq": 1,
                 *             "time": "2026-01-01T00:00:00.000Z",
                 *             "type": "run.submitted",
                 *             "payload": {
                 *               "graph_id": "greeting",
                 *               "graph_version": 1,
                 *               "input_data": null,
                 *               "limits": {
                 *                 "max_steps": 10
                 *               },
                 *               "metadata": {}
                 *             }
                 *           },
                 *           {
                 *             "seq": 2,
                 *             "time": "2026-01-01T00:00:01.000Z",
                 *             "type": "run.started",
                 *             "payload": {
                 *               "next": "greet"
                 *             }
                 *           },
                 *           {
                 *             "seq": 3,
                 *             "time": "2026-01-01T00:00:02.000Z",
                 *             "type": "step.completed",
                 *             "payload": {
                 *               "step": 1,
                 *               "node": "greet",
                 *               "attempt": 1,
                 *               "patch": {
                 *                 "greeting": "Hello"
                 *               },
                 *               "logs": [],
                 *               "decision": null,
                 *               "next": null
                 *             }
                 *           },
                 *           {
                 *             "seq": 4,
                 *             "time": "2026-01-01T00:00:03.000Z",
                 *             "type": "run.completed",
                 *             "payload": {
                 *               "reason": "no_edge"
                 *             }
                 *           }
                 *         ],
                 *         "children": [],
                 *         "digest": "sha256:063812fa3a10b2cf25f98e2efe9b6736fa93f27a3299f02479c35f695ddacf24"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ImportRun"];
            };
        };
        responses: {
            /** @description Taken in: the copy. */
            201: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if an earlier request with this Idempotency-Key has started the run. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayRun: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "capsule": {
                 *         "capsule": 1,
                 *         "exported_at": "2026-01-31T09:30:00.000Z",
                 *         "release": "1.0.0",
                 *         "graphs": [
                 *           {
                 *             "graph_id": "greeting",
                 *             "version": 1,
                 *             "definition": {
                 *               "name": "Greeting",
                 *               "entry_point": "greet",
                 *               "nodes": [
                 *                 {
                 *                   "name": "greet",
                 *                   "tool_name": "set_data",
                 *                   "params": {
                 *                     "values": {
                 *                       "greeting": "Hello"
                 *                     }
                 *                   }
                 *                 }
                 *               ],
                 *               "edges": []
                 *             }
                 *           }
                 *         ],
                 *         "run": {
                 *           "run_id": "01a205f7-8f38-775c-952c-00447c059553",
                 *           "graph_id": "greeting",
                 *           "graph_version": 1,
                 *           "status": "COMPLETED",
                 *           "metadata": {},
                 *           "started_by": {
                 *             "kind": "api",
                 *             "id": null
                 *           },
                 *           "submitted_at": "2026-01-01T00:00:00.000Z",
                 *           "finished_at": "2026-01-01T00:00:03.000Z",
                 *           "current_node": "greet",
                 *           "waiting_for": null,
                 *           "error": null,
                 *           "step_count": 1,
                 *           "data": {
                 *             "greeting": "Hello"
                 *           }
                 *         },
                 *         "events": [
                 *           {
                 *             "seq": 1,
                 *             "time": "2026-01-01T00:00:00.000Z",
                 *             "type": "run.submitted",
                 *             "payload": {
                 *               "graph_id": "greeting",
                 *               "graph_version": 1,
                 *               "input_data": null,
                 *               "limits": {
                 *                 "max_steps": 10
                 *               },
                 *               "metadata": {}
                 *             }
                 *           },
                 *           {
                 *             "seq": 2,
                 *             "time": "2026-01-01T00:00:01.000Z",
                 *             "type": "run.started",
                 *             "payload": {
                 *               "next": "greet"
                 *             }
                 *           },
                 *           {
                 *             "seq": 3,
                 *             "time": "2026-01-01T00:00:02.000Z",
                 *             "type": "step.completed",
                 *             "payload": {
                 *               "step": 1,
                 *               "node": "greet",
                 *               "attempt": 1,
                 *               "patch": {
                 *                 "greeting": "Hello"
                 *               },
                 *               "logs": [],
                 *               "decision": null,
                 *               "next": null
                 *             }
                 *           },
                 *           {
                 *             "seq": 4,
                 *             "time": "2026-01-01T00:00:03.000Z",
                 *             "type": "run.completed",
                 *             "payload": {
                 *               "reason": "no_edge"
                 *             }
                 *           }
                 *         ],
                 *         "children": [],
                 *         "digest": "sha256:063812fa3a10b2cf25f98e2efe9b6736fa93f27a3299f02479c35f695ddacf24"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ReplayRequestInput"];
            };
        };
        responses: {
            /** @description What it comes to. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id that POST /graph/run returned.
                 * @example 019ab0f4-5c00-7000-8000-000000000000
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeRuns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "action": "retry",
                 *       "filter": {
                 *         "status": [
                 *           "FAILED"
                 *         ],
                 *         "metadata": {
                 *           "team": "press"
                 *         }
                 *       },
                 *       "dry_run": true
                 *     }
                 */
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What came of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkOutcome"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description Only schedules of this graph. */
                graph_id?: string;
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "schedule_id": "nightly-review",
                 *       "graph_id": "demo-review",
                 *       "cron": "30 2 * * *",
                 *       "time_zone": "Europe/Berlin",
                 *       "input_data": "def tidy():\n    pass",
                 *       "metadata": {
                 *         "team": "press"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ScheduleDefinitionInput"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description The path of the schedule. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "cron": "30 2 * * *",
                 *       "time_zone": "Europe/Berlin"
                 *     }
                 */
                "application/json": components["schemas"]["SchedulePreviewInput"];
            };
        };
        responses: {
            /** @description When it would be due. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleInstants"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a schedule.
                 * @example nightly-review
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replaceSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a schedule.
                 * @example nightly-review
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "schedule_id": "nightly-review",
                 *       "graph_id": "demo-review",
                 *       "cron": "30 2 * * *",
                 *       "time_zone": "Europe/Berlin",
                 *       "input_data": "def tidy():\n    pass",
                 *       "metadata": {
                 *         "team": "press"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ScheduleDefinitionInput"];
            };
        };
        responses: {
            /** @description Replaced. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a schedule.
                 * @example nightly-review
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    triggerSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters. A repeated request with the same key and body starts nothing and gets the first response. */
                "idempotency-key"?: string;
            };
            path: {
                /**
                 * @description The id of a schedule.
                 * @example nightly-review
                 */
                schedule_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Submitted. */
            202: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if an earlier request with this Idempotency-Key has started the run. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Any of these: repeated, or separated by commas. */
                status?: ("pending" | "delivered" | "dead" | "gone")[];
                /** @description Only those of this run. */
                run_id?: string;
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a delivery, which receivers have as `webhook-id`.
                 * @example msg_019ab0f45c0070008000000000000000_5_0
                 */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The callback. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a delivery, which receivers have as `webhook-id`.
                 * @example msg_019ab0f45c0070008000000000000000_5_0
                 */
                delivery_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is due. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHooks: {
        parameters: {
            query?: {
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createHook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "hook_id": "reviews",
                 *       "action": "start",
                 *       "graph_id": "demo-review",
                 *       "input": "${ body.code }",
                 *       "dedupe": "${ headers[?'x-request-id'].orValue(null) }",
                 *       "verify": {
                 *         "scheme": "none"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewHook"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    /** @description The path of the hook. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a hook.
                 * @example reviews
                 */
                hook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a hook.
                 * @example reviews
                 */
                hook_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "hook_id": "reviews",
                 *       "action": "start",
                 *       "graph_id": "demo-review",
                 *       "input": "${ body.code }",
                 *       "dedupe": "${ headers[?'x-request-id'].orValue(null) }",
                 *       "verify": {
                 *         "scheme": "none"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewHook"];
            };
        };
        responses: {
            /** @description Saved. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteHook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a hook.
                 * @example reviews
                 */
                hook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHookDeliveries: {
        parameters: {
            query?: {
                /** @description The largest number of items in the answer. */
                limit?: number;
                /** @description `next_cursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The id of a hook.
                 * @example reviews
                 */
                hook_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookDeliveryList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The id of a hook.
                 * @example reviews
                 */
                hook_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "code": "def tidy():\n    pass"
                 *     }
                 */
                "application/json": components["schemas"]["DeliveryBody"];
            };
        };
        responses: {
            /** @description A ping of GitHub, which does nothing. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IgnoredDelivery"];
                };
            };
            /** @description Stored. The status is that of the run right after it. */
            202: {
                headers: {
                    /** @description The path of the state of the run. */
                    Location?: string;
                    /** @description `true` if the delivery had come before. */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTools: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All tools. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ToolList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConditions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All conditions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConditionList"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    callMcp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "jsonrpc": "2.0",
                 *       "id": 1,
                 *       "method": "tools/list",
                 *       "params": {}
                 *     }
                 */
                "application/json": components["schemas"]["McpMessage"];
            };
        };
        responses: {
            /** @description The answer to a request: a JSON-RPC message, or a stream of server-sent events with one in it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["McpMessage"];
                    "text/event-stream": components["schemas"]["McpMessage"];
                };
            };
            /** @description A notification was taken. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    isAlive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can: `ready`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    showQuestion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `waiting.token` of the state of a run.
                 * @example AZqw9FwAcACAAAAAAAAAAFv3Yf0c7G1j5r2uQ8m4k1sAAAAAAw
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
        };
    };
    answerByLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description `waiting.token` of the state of a run.
                 * @example AZqw9FwAcACAAAAAAAAAAFv3Yf0c7G1j5r2uQ8m4k1sAAAAAAw
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "payload": {
                 *         "approved": true,
                 *         "comment": "Looks good."
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["AnswerByLink"];
                /**
                 * @example {
                 *       "answer.approved": "true"
                 *     }
                 */
                "application/x-www-form-urlencoded": {
                    [key: string]: string;
                };
            };
        };
        responses: {
            /** @description Stored, and said so with a page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description Stored. The run goes on. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StartedRun"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
        };
    };
}
