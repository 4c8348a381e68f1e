-- By hand, because drizzle-kit cannot say them: functions, storage parameters, and a view without the name of a schema.
--
-- JSON as it is stored, for people with a SQL shell. What a text of Postgres cannot hold, NUL and half of a surrogate pair,
-- becomes U+FFFD: a single such key would make `->>` fail, whatever it looks for.
CREATE FUNCTION "stored_json"(value text) RETURNS json LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT (CASE WHEN strpos(value, '\u') = 0 THEN value
		ELSE regexp_replace(value, '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g') END)::json
$$;
--> statement-breakpoint
-- Postgres has IS JSON from version 16 on only.
CREATE FUNCTION "is_stored_json"(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
	PERFORM value::json;
	RETURN true;
EXCEPTION WHEN invalid_text_representation THEN
	RETURN false;
END
$$;
--> statement-breakpoint
CREATE TABLE "child_usage" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"input_tokens" bigint,
	"output_tokens" bigint
);
--> statement-breakpoint
CREATE TABLE "graph_definitions" (
	"graph_id" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"deleted_at" bigint,
	"definition" text NOT NULL,
	CONSTRAINT "graph_definitions_graph_id_version_pk" PRIMARY KEY("graph_id","version")
);
--> statement-breakpoint
CREATE TABLE "run_events" (
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"time" bigint NOT NULL,
	"log_end" integer NOT NULL,
	"payload" text NOT NULL,
	CONSTRAINT "run_events_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);
--> statement-breakpoint
CREATE TABLE "run_metadata" (
	"key" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"run_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_snapshots" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"state" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow_runs" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"graph_id" text COLLATE "C" NOT NULL,
	"graph_version" integer NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"submitted_at" bigint NOT NULL,
	"started_at" bigint,
	"finished_at" bigint,
	"idempotency_key" text COLLATE "C",
	"idempotency_fingerprint" text COLLATE "C",
	"parent_run_id" uuid,
	"parent_seq" integer,
	"child_index" integer,
	"wake_at" bigint,
	"waiting_for" text COLLATE "C",
	"metadata" text NOT NULL,
	"error" text,
	"data" text,
	"slot_seq" integer,
	"descendants" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "graph_definitions_name" ON "graph_definitions" USING btree ("name") WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX "run_metadata_entry" ON "run_metadata" USING btree ("key",hashtextextended("value", 0),"run_id");--> statement-breakpoint
CREATE INDEX "workflow_runs_status" ON "workflow_runs" USING btree ("status","run_id") WHERE parent_run_id IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_graph" ON "workflow_runs" USING btree ("graph_id","run_id") WHERE parent_run_id IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_children" ON "workflow_runs" USING btree ("parent_run_id","run_id") WHERE parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_waiting_for" ON "workflow_runs" USING btree ("waiting_for","run_id") WHERE waiting_for IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "workflow_runs_idempotency_key" ON "workflow_runs" USING btree ("idempotency_key") WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_finished_at" ON "workflow_runs" USING btree ("finished_at") WHERE finished_at IS NOT NULL AND parent_run_id IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_wake_at" ON "workflow_runs" USING btree ("wake_at") WHERE wake_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "workflow_runs_child" ON "workflow_runs" USING btree ("parent_run_id","parent_seq","child_index") WHERE parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_children_at_work" ON "workflow_runs" USING btree ("parent_run_id","parent_seq","child_index") WHERE slot_seq IS NOT NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_children_to_start" ON "workflow_runs" USING btree ("parent_run_id","parent_seq","child_index") WHERE parent_run_id IS NOT NULL AND slot_seq IS NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_children_lost" ON "workflow_runs" USING btree ("parent_run_id","parent_seq","status","child_index","slot_seq") WHERE parent_run_id IS NOT NULL AND status IN ('FAILED', 'CANCELLED');--> statement-breakpoint
CREATE INDEX "workflow_runs_active_children" ON "workflow_runs" USING btree ("parent_run_id","waiting_for","run_id") WHERE finished_at IS NULL AND parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE VIEW "run_logs" AS (
SELECT e.run_id, e.log_end - cardinality(e.lines) + l.number::integer AS line_no, l.line
FROM (
  SELECT run_id, log_end, CASE type
    WHEN 'run.started' THEN ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')]
    WHEN 'run.retried' THEN array_remove(ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.completed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      CASE WHEN stored_json(payload) #>> '{decision,kind}' IN ('condition', 'case')
        THEN 'Condition met. Routing to: ' || (stored_json(payload) #>> '{decision,to_node}') END,
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.failed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      'Error in node ' || (stored_json(payload) ->> 'node') || ': ' ||
        replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'wait.started' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs'))
    WHEN 'branches.started' THEN ARRAY['Started ' || (stored_json(payload) ->> 'count') ||
      CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END]
    WHEN 'branches.joined' THEN array_remove(ARRAY[coalesce('Join failed: ' ||
          replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
        'Joined ' || (stored_json(payload) ->> 'count') ||
          CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'run.completed' THEN ARRAY[CASE stored_json(payload) ->> 'reason' WHEN 'end' THEN 'Workflow reached END.'
      WHEN 'join' THEN 'Branch reached its join.' ELSE 'No outgoing edge found. Stopping.' END]
    WHEN 'run.failed' THEN ARRAY['Run failed: ' ||
      replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' ')]
    WHEN 'run.cancelled' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) ||
      ARRAY['Run cancelled.']
  END AS lines
  FROM run_events
) e, unnest(e.lines) WITH ORDINALITY AS l(line, number));--> statement-breakpoint
-- Rows of runs are updated in their page; a journal is only added to, and nothing but this has its new pages looked after.
ALTER TABLE "workflow_runs" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "run_events" SET (autovacuum_vacuum_insert_scale_factor = 0.05);--> statement-breakpoint
-- Quicker than Postgres' own compression; a server can be built without it.
DO $$
BEGIN
	ALTER TABLE "run_events" ALTER COLUMN "payload" SET COMPRESSION lz4;
	ALTER TABLE "run_snapshots" ALTER COLUMN "state" SET COMPRESSION lz4;
	ALTER TABLE "workflow_runs" ALTER COLUMN "data" SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END
$$;
