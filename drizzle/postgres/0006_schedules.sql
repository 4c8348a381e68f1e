CREATE TABLE "schedules" (
	"schedule_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"graph_id" text COLLATE "C" NOT NULL,
	"seq" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"next_at" bigint,
	"wake_at" bigint,
	"last" text,
	"settings" text NOT NULL,
	"input" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "started_by_kind" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "started_by_id" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "schedules_wake_at" ON "schedules" USING btree ("wake_at") WHERE wake_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "schedules_graph" ON "schedules" USING btree ("graph_id","schedule_id");--> statement-breakpoint
-- By hand: what has started the top-level runs that are there, as far as their first events say so.
UPDATE "workflow_runs" run SET
	"started_by_kind" = stored_json(first.payload) #>> '{started_by,kind}',
	"started_by_id" = coalesce(stored_json(first.payload) #>> '{started_by,id}', stored_json(first.payload) ->> 'by')
FROM "run_events" first
WHERE first.run_id = run.run_id AND first.seq = 1 AND run.parent_run_id IS NULL
	AND (strpos(first.payload, '"started_by":') > 0 OR strpos(first.payload, '"by":') > 0)
	AND is_stored_json(first.payload);--> statement-breakpoint
CREATE INDEX "workflow_runs_started_by" ON "workflow_runs" USING btree ("started_by_kind","started_by_id","status","run_id") WHERE started_by_kind IS NOT NULL;