CREATE TABLE `concurrency_limits` (
	`graph_id` text PRIMARY KEY NOT NULL,
	`max_runs` integer NOT NULL,
	`on_full` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `workflow_runs` ADD `concurrency_key` text;--> statement-breakpoint
ALTER TABLE `workflow_runs` ADD `concurrency_since` integer;--> statement-breakpoint
ALTER TABLE `workflow_runs` ADD `concurrency_slot` integer;--> statement-breakpoint
CREATE INDEX `workflow_runs_concurrency` ON `workflow_runs` (`graph_id`,`concurrency_key`,`concurrency_since`,`run_id`) WHERE concurrency_key IS NOT NULL AND finished_at IS NULL;