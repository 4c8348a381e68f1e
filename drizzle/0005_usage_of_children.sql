CREATE TABLE `child_usage` (
	`run_id` text PRIMARY KEY NOT NULL,
	`input_tokens` integer,
	`output_tokens` integer
);
--> statement-breakpoint
-- By hand: what runs have used that were inside others before is not counted, so their totals are not known.
INSERT INTO `child_usage` SELECT DISTINCT `parent_run_id`, NULL, NULL FROM `workflow_runs` WHERE `parent_run_id` IS NOT NULL;
