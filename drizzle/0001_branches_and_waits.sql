-- By hand: the table is made anew, where drizzle-kit would add columns at its end. `data` has to stay last, or reading a
-- column behind it walks through its overflow pages, whenever a run has had large data. It is copied once: 100,000 runs
-- with 2 kB of data each take some 5 seconds. The journal, which is most of the file, is left as it is.
CREATE TABLE `new_workflow_runs` (
	`run_id` text PRIMARY KEY NOT NULL,
	`graph_id` text NOT NULL,
	`graph_version` integer NOT NULL,
	`status` text NOT NULL,
	`submitted_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`idempotency_key` text,
	`idempotency_fingerprint` text,
	`parent_run_id` text,
	`parent_seq` integer,
	`child_index` integer,
	`wake_at` integer,
	`waiting_for` text,
	`metadata` text NOT NULL,
	`error` text,
	`data` text
);
--> statement-breakpoint
INSERT INTO `new_workflow_runs` (`run_id`, `graph_id`, `graph_version`, `status`, `submitted_at`, `started_at`, `finished_at`,
	`idempotency_key`, `idempotency_fingerprint`, `metadata`, `error`, `data`)
SELECT `run_id`, `graph_id`, `graph_version`, `status`, `submitted_at`, `started_at`, `finished_at`,
	`idempotency_key`, `idempotency_fingerprint`, `metadata`, `error`, `data` FROM `workflow_runs` ORDER BY `rowid`;
--> statement-breakpoint
DROP TABLE `workflow_runs`;
--> statement-breakpoint
ALTER TABLE `new_workflow_runs` RENAME TO `workflow_runs`;
--> statement-breakpoint
CREATE INDEX `workflow_runs_children` ON `workflow_runs` (`parent_run_id`,`run_id`) WHERE parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_waiting_for` ON `workflow_runs` (`waiting_for`,`run_id`) WHERE waiting_for IS NOT NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_wake_at` ON `workflow_runs` (`wake_at`) WHERE wake_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `workflow_runs_idempotency_key` ON `workflow_runs` (`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `workflow_runs_child` ON `workflow_runs` (`parent_run_id`,`parent_seq`,`child_index`) WHERE parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_active_children` ON `workflow_runs` (`finished_at`,`parent_run_id`,`waiting_for`,`run_id`) WHERE finished_at IS NULL AND parent_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_status` ON `workflow_runs` (`status`,`run_id`) WHERE parent_run_id IS NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_graph` ON `workflow_runs` (`graph_id`,`run_id`) WHERE parent_run_id IS NULL;--> statement-breakpoint
CREATE INDEX `workflow_runs_finished_at` ON `workflow_runs` (`finished_at`) WHERE finished_at IS NOT NULL AND parent_run_id IS NULL;--> statement-breakpoint
DROP VIEW `run_logs`;--> statement-breakpoint
CREATE VIEW `run_logs` AS 
SELECT e.run_id, e.log_end - json_array_length(e.lines) + l.key + 1 AS line_no, l.value AS line
FROM (
  SELECT run_id, log_end, CASE type
    WHEN 'run.started' THEN json_array('Executing Node: ' || (payload ->> '$.next'))
    WHEN 'run.retried' THEN json_insert('[]', CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'step.completed' THEN json_insert(payload -> '$.logs',
      CASE WHEN payload ->> '$.decision.kind' IN ('condition', 'case') AND payload ->> '$.decision.to_node' IS NOT NULL
        THEN '$[#]' ELSE '$.none' END,
      'Condition met. Routing to: ' || (payload ->> '$.decision.to_node'),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'step.failed' THEN json_insert(payload -> '$.logs', '$[#]', 'Error in node ' || (payload ->> '$.node') || ': ' ||
        replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'wait.started' THEN payload -> '$.logs'
    WHEN 'branches.started' THEN json_array('Started ' || (payload ->> '$.count') ||
      CASE payload ->> '$.count' WHEN 1 THEN ' branch.' ELSE ' branches.' END)
    WHEN 'branches.joined' THEN json_insert(json_array(coalesce('Join failed: ' ||
          replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '),
        'Joined ' || (payload ->> '$.count') || CASE payload ->> '$.count' WHEN 1 THEN ' branch.' ELSE ' branches.' END)),
      CASE WHEN payload ->> '$.next' IS NOT NULL THEN '$[#]' ELSE '$.none' END,
      'Executing Node: ' || (payload ->> '$.next'))
    WHEN 'run.completed' THEN json_array(CASE payload ->> '$.reason' WHEN 'end' THEN 'Workflow reached END.'
      WHEN 'join' THEN 'Branch reached its join.' ELSE 'No outgoing edge found. Stopping.' END)
    WHEN 'run.failed' THEN json_array('Run failed: ' ||
      replace(replace(payload ->> '$.error.message', char(13), ''), char(10), ' '))
    WHEN 'run.cancelled' THEN json_insert(payload -> '$.logs', '$[#]', 'Run cancelled.')
  END AS lines
  FROM run_events
) e, json_each(e.lines) l;
