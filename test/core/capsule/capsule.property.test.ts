import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../helpers/fast-check.js';
import { journals } from '../../helpers/journal-arbitrary.js';
import { capsuleOf, reading } from './capsules.js';

const topLevel = journals.filter(
  ([first]) => first?.event.type === 'run.submitted' && first.event.parent === undefined,
);

/** Names that objects have by themselves, and values of every kind. */
const strange = fc.oneof(fc.constantFrom('constructor', 'toString', '', -1, 1e308, null, 'END'), fc.jsonValue());

describe('capsules of any runs', () => {
  it('are read back, event by event, as they were', () => {
    fc.assert(
      fc.property(topLevel, (records) => {
        const { capsule, problems } = reading(capsuleOf({ runId: 'r', records, children: [] }));
        expect(problems).toBeUndefined();
        expect(capsule?.recording.records).toEqual(records);
      }),
      { numRuns: 60 },
    );
  });

  it('that somebody has shuffled, cut or overwritten are refused with problems that say where, and never throw', () => {
    const mutations = fc.array(fc.record({ at: fc.nat(), key: fc.nat(), value: strange }), { maxLength: 3 });
    fc.assert(
      fc.property(topLevel, fc.nat(), mutations, (records, swap, changes) => {
        const document = capsuleOf({ runId: 'r', records, children: [] });
        const events = document.events.map((event) => ({ ...event }));
        const [one, other] = [events[1 + (swap % events.length)], events[1 + ((swap * 7) % events.length)]];
        // Any order: the numbers stay where they are.
        if (one !== undefined && other !== undefined) {
          const { payload, type } = one;
          Object.assign(one, { payload: other.payload, type: other.type });
          Object.assign(other, { payload, type });
        }
        for (const { at, key, value } of changes) {
          const event = events[at % events.length];
          const keys = Object.keys(event?.payload ?? {});
          Object.assign(event?.payload ?? {}, { [keys[key % keys.length] ?? 'x']: value });
        }
        const { problems } = reading({ ...document, events });
        for (const { pointer, message } of problems ?? []) {
          expect(pointer).toMatch(/^(\/|$)/);
          expect(message).not.toMatch(/undefined|TypeError|is not a function/);
        }
      }),
      { numRuns: 150 },
    );
  });
});
