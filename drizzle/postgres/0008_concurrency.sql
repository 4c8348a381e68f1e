CREATE TABLE "concurrency_limits" (
	"graph_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"max_runs" integer NOT NULL,
	"on_full" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "concurrency_key" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "concurrency_since" bigint;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "concurrency_slot" boolean;--> statement-breakpoint
CREATE INDEX "workflow_runs_concurrency" ON "workflow_runs" USING btree ("graph_id","concurrency_key","concurrency_since","run_id") WHERE concurrency_key IS NOT NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "workflow_runs_in_line" ON "workflow_runs" USING btree ("graph_id","concurrency_key","concurrency_since","run_id") WHERE status = 'SUBMITTED' AND NOT concurrency_slot;--> statement-breakpoint
CREATE INDEX "workflow_runs_with_slot" ON "workflow_runs" USING btree ("graph_id","concurrency_key","status") WHERE concurrency_slot;