import { type Recording, submittedOf } from '../replay/recording.js';

/**
 * The seq of the event of a parent whose slot a child runs with: what started the children, or the last retry of the parent
 * after which the child went on. Null for a child that has not begun. No journal says it, but it follows from the times.
 */
export function slotOf(child: Recording, { records }: Recording): number | null {
  const started = submittedOf(child).parent?.seq ?? 0;
  let slot: number | null = null;
  for (const { event, time } of child.records) {
    if (event.type === 'run.retried') slot = event.parent_seq ?? slot;
    if (event.type !== 'run.started' || slot !== null) continue;
    slot = started;
    for (const record of records) {
      if (record.seq > started && record.event.type === 'run.retried' && record.time <= time) slot = record.seq;
    }
  }
  return slot;
}
