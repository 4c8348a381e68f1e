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
        CASE WHEN payload ->> '$.joined' < payload ->> '$.count' THEN
          'Joined ' || (payload ->> '$.joined') || ' of ' || (payload ->> '$.count') || ' branches' ||
          CASE WHEN payload ->> '$.failed' > 0 THEN '; ' || (payload ->> '$.failed') || ' failed' ELSE '' END ||
          CASE WHEN payload ->> '$.cancelled' > 0 THEN CASE WHEN payload ->> '$.failed' > 0 THEN ', ' ELSE '; ' END ||
            (payload ->> '$.cancelled') || CASE payload ->> '$.cancelled' WHEN 1 THEN ' was' ELSE ' were' END ||
            ' cancelled' ELSE '' END || '.' END,
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