CREATE TABLE `schedules` (
	`schedule_id` text PRIMARY KEY NOT NULL,
	`graph_id` text NOT NULL,
	`seq` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`next_at` integer,
	`wake_at` integer,
	`last` text,
	`settings` text NOT NULL,
	`input` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `schedules_wake_at` ON `schedules` (`wake_at`) WHERE wake_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `schedules_graph` ON `schedules` (`graph_id`,`schedule_id`);--> statement-breakpoint
ALTER TABLE `workflow_runs` ADD `started_by_kind` text;--> statement-breakpoint
ALTER TABLE `workflow_runs` ADD `started_by_id` text;--> statement-breakpoint
-- By hand: what has started the top-level runs that are there, as far as their first events say so.
UPDATE `workflow_runs` SET
	`started_by_kind` = `first`.`payload` ->> '$.started_by.kind',
	`started_by_id` = coalesce(`first`.`payload` ->> '$.started_by.id', `first`.`payload` ->> '$.by')
FROM `run_events` `first`
WHERE `first`.`run_id` = `workflow_runs`.`run_id` AND `first`.`seq` = 1 AND `parent_run_id` IS NULL
	AND (instr(`first`.`payload`, '"started_by":') > 0 OR instr(`first`.`payload`, '"by":') > 0)
	AND json_valid(`first`.`payload`);--> statement-breakpoint
CREATE INDEX `workflow_runs_started_by` ON `workflow_runs` (`started_by_kind`,`started_by_id`,`status`,`run_id`) WHERE started_by_kind IS NOT NULL;