ALTER TABLE `workflow_runs` ADD `slot_seq` integer;--> statement-breakpoint
CREATE INDEX `workflow_runs_children_at_work` ON `workflow_runs` (`parent_run_id`,`parent_seq`,`child_index`) WHERE slot_seq IS NOT NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_children_to_start` ON `workflow_runs` (`parent_run_id`,`parent_seq`,`child_index`) WHERE parent_run_id IS NOT NULL AND slot_seq IS NULL AND finished_at IS NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_children_lost` ON `workflow_runs` (`parent_run_id`,`parent_seq`,`status`,`child_index`,`slot_seq`) WHERE parent_run_id IS NOT NULL AND status IN ('FAILED', 'CANCELLED');--> statement-breakpoint
-- By hand: children that have begun had their slot in the memory of the process that drove them.
UPDATE `workflow_runs` SET `slot_seq` = `parent_seq`
WHERE `parent_run_id` IS NOT NULL AND `started_at` IS NOT NULL AND `status` <> 'COMPLETED';
