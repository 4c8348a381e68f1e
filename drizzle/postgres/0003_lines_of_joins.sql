DROP VIEW "run_logs";--> statement-breakpoint
CREATE VIEW "run_logs" AS (
SELECT e.run_id, e.log_end - cardinality(e.lines) + l.number::integer AS line_no, l.line
FROM (
  SELECT run_id, log_end, CASE type
    WHEN 'run.started' THEN ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')]
    WHEN 'run.retried' THEN array_remove(ARRAY['Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.completed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      CASE WHEN stored_json(payload) #>> '{decision,kind}' IN ('condition', 'case')
        THEN 'Condition met. Routing to: ' || (stored_json(payload) #>> '{decision,to_node}') END,
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'step.failed' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) || array_remove(ARRAY[
      'Error in node ' || (stored_json(payload) ->> 'node') || ': ' ||
        replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'wait.started' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs'))
    WHEN 'branches.started' THEN ARRAY['Started ' || (stored_json(payload) ->> 'count') ||
      CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END]
    WHEN 'branches.joined' THEN array_remove(ARRAY[coalesce('Join failed: ' ||
          replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' '),
        CASE WHEN (stored_json(payload) ->> 'joined')::integer < (stored_json(payload) ->> 'count')::integer THEN
          'Joined ' || (stored_json(payload) ->> 'joined') || ' of ' || (stored_json(payload) ->> 'count') || ' branches' ||
          CASE WHEN stored_json(payload) ->> 'failed' <> '0'
            THEN '; ' || (stored_json(payload) ->> 'failed') || ' failed' ELSE '' END ||
          CASE WHEN stored_json(payload) ->> 'cancelled' <> '0'
            THEN CASE WHEN stored_json(payload) ->> 'failed' <> '0' THEN ', ' ELSE '; ' END ||
              (stored_json(payload) ->> 'cancelled') ||
              CASE stored_json(payload) ->> 'cancelled' WHEN '1' THEN ' was' ELSE ' were' END || ' cancelled'
            ELSE '' END || '.' END,
        'Joined ' || (stored_json(payload) ->> 'count') ||
          CASE stored_json(payload) ->> 'count' WHEN '1' THEN ' branch.' ELSE ' branches.' END),
      'Executing Node: ' || (stored_json(payload) ->> 'next')], NULL)
    WHEN 'run.completed' THEN ARRAY[CASE stored_json(payload) ->> 'reason' WHEN 'end' THEN 'Workflow reached END.'
      WHEN 'join' THEN 'Branch reached its join.' ELSE 'No outgoing edge found. Stopping.' END]
    WHEN 'run.failed' THEN ARRAY['Run failed: ' ||
      replace(replace(stored_json(payload) #>> '{error,message}', chr(13), ''), chr(10), ' ')]
    WHEN 'run.cancelled' THEN ARRAY(SELECT json_array_elements_text(stored_json(payload) -> 'logs')) ||
      ARRAY['Run cancelled.']
  END AS lines
  FROM run_events
) e, unnest(e.lines) WITH ORDINALITY AS l(line, number));