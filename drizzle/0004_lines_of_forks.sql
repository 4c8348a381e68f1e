-- By hand: release 1.0 stored forks from the first step without a record 2, and counted the log line of the record that it
-- dropped. What it counted too many is in record 3, which has no line. Two look-ups for each top-level run.
CREATE TEMP TABLE `forks_with_gap` AS
SELECT `run`.`run_id`, `forked`.`log_end` AS `dropped`
FROM `workflow_runs` `run` CROSS JOIN `run_events` `forked` ON `forked`.`run_id` = `run`.`run_id` AND `forked`.`seq` = 3
WHERE `run`.`parent_run_id` IS NULL AND `forked`.`type` = 'run.forked' AND `forked`.`log_end` > 0
	AND NOT EXISTS (SELECT 1 FROM `run_events` `second` WHERE `second`.`run_id` = `run`.`run_id` AND `second`.`seq` = 2);--> statement-breakpoint
-- Snapshots count it too; the journal says the same as they.
DELETE FROM `run_snapshots` WHERE `run_id` IN (SELECT `run_id` FROM `forks_with_gap`);--> statement-breakpoint
UPDATE `run_events` SET `log_end` = `run_events`.`log_end` - `fork`.`dropped`
FROM `forks_with_gap` `fork`
WHERE `run_events`.`run_id` = `fork`.`run_id` AND `run_events`.`seq` >= 3;--> statement-breakpoint
DROP TABLE `forks_with_gap`;
