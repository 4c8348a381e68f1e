ALTER TABLE `workflow_runs` ADD `descendants` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- By hand: what top-level runs have made so far that can still make more. One that failed or was cancelled can be retried.
UPDATE `workflow_runs` SET `descendants` = (
	WITH RECURSIVE `below` (`run_id`) AS (
		SELECT `child`.`run_id` FROM `workflow_runs` `child` WHERE `child`.`parent_run_id` = `workflow_runs`.`run_id`
		UNION ALL
		SELECT `child`.`run_id` FROM `below` CROSS JOIN `workflow_runs` `child`
		WHERE `child`.`parent_run_id` = `below`.`run_id`
	) SELECT count(*) FROM `below`
)
WHERE `parent_run_id` IS NULL AND `status` <> 'COMPLETED'
	AND `run_id` IN (SELECT `parent_run_id` FROM `workflow_runs` WHERE `parent_run_id` IS NOT NULL);
