import { describe, expect, it, vi } from 'vitest';
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/errors.js';
import { CommitUnansweredError, type Refusals } from '../../src/store/postgres/batch-writer.js';
import { GroupCommit } from '../../src/store/postgres/group-commit.js';
import type { UnitRows } from '../../src/store/postgres/unit-rows.js';
import type { RunAppend, Unit } from '../../src/store/store.js';
import { CANCELLED, follow, newRun, STARTED, step, unit } from './runs.js';

/** A batch that is being written, to be answered by the test. */
interface Write {
  readonly units: readonly Unit[];
  readonly finish: (refusals?: Refusals) => void;
  readonly fail: (reason: unknown) => void;
}

function setUp({ writers = 2 } = {}) {
  const writes: Write[] = [];
  const committed: (readonly Unit[])[] = [];
  const health = { fail: vi.fn(), succeed: vi.fn() };
  const isStored = vi.fn<(units: readonly UnitRows[], id: string | undefined) => Promise<boolean | undefined>>();
  let time = 1000;
  const commits = new GroupCommit({
    writers,
    write: (batch) =>
      new Promise((resolve, fail) => {
        const units = batch.map((rows) => rows.unit);
        writes.push({ units, fail, finish: (refusals = units.map(() => undefined)) => resolve(refusals) });
      }),
    isStored,
    health,
    committed: (units) => void committed.push(units),
    now: () => time,
  });
  return {
    ...{ commits, writes, committed, health, isStored },
    pass: (ms: number) => {
      time += ms;
    },
  };
}

/** Lets what is due in this turn of the event loop, and in the next ones, happen. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

/** A turn after the longest time that units wait for others. */
async function afterLinger(pass: (ms: number) => void): Promise<void> {
  pass(6);
  await new Promise((resolve) => void setTimeout(resolve, 10));
  await turns();
}

const append = (): RunAppend => newRun();

describe('the group commit of Postgres', () => {
  it('commits a run that is alone at once', async () => {
    const { commits, writes } = setUp();
    const run = append();
    const stored = commits.commit(unit(run));
    await turns();
    expect(writes).toHaveLength(1);
    writes[0]!.finish();
    await stored;
    void commits.commit(unit(follow(run.state, [STARTED])));
    await turns();
    expect(writes).toHaveLength(2);
  });

  it('takes runs that follow each other for one that is alone', async () => {
    const { commits, writes } = setUp();
    for (let number = 0; number < 4; number++) {
      const run = append();
      const ended = { ...follow(run.state, [CANCELLED]), create: {} };
      const stored = commits.commit(unit(ended));
      await turns();
      expect(writes).toHaveLength(number + 1);
      writes[number]!.finish();
      await stored;
    }
  });

  it('has the units of several runs wait for each other for some milliseconds, and not longer', async () => {
    const { commits, writes, pass } = setUp();
    const first = unit(append());
    const second = unit(append());
    void commits.commit(first);
    void commits.commit(second);
    await turns();
    expect(writes).toHaveLength(0);
    pass(3);
    const third = unit(append());
    void commits.commit(third);
    await turns();
    expect(writes).toHaveLength(0);
    await afterLinger(pass);
    expect(writes.map(({ units }) => units)).toEqual([[first, second, third]]);
  });

  it('waits for nobody any more when the others have been quiet for a while', async () => {
    const { commits, writes, pass } = setUp();
    const run = append();
    void commits.commit(unit(append()));
    void commits.commit(unit(run));
    await afterLinger(pass);
    writes[0]!.finish();
    await turns();
    pass(200);
    void commits.commit(unit(follow(run.state, [STARTED])));
    await turns();
    expect(writes).toHaveLength(2);
  });

  it('commits at once what fills a batch, and the rest after it', async () => {
    const { commits, writes } = setUp();
    const units = Array.from({ length: 200 }, () => unit(append()));
    for (const one of units) void commits.commit(one);
    await turns();
    expect(writes.map((write) => write.units.length)).toEqual([150]);
    expect(writes[0]!.units).toEqual(units.slice(0, 150));
  });

  it('writes one unit of a run at a time, in order, and lets others pass', async () => {
    const { commits, writes, pass } = setUp();
    const run = append();
    const started = follow(run.state, [STARTED]);
    const stepped = follow(started.state, [step(1)]);
    const other = unit(append());
    const [one, two, three] = [run, started, stepped].map((each) => unit(each));
    const answered: string[] = [];
    void commits.commit(one!).then(() => answered.push('one'));
    void commits.commit(two!).then(() => answered.push('two'));
    void commits.commit(other).then(() => answered.push('other'));
    void commits.commit(three!).then(() => answered.push('three'));
    await afterLinger(pass);
    expect(writes.map(({ units }) => units)).toEqual([[one, other]]);
    writes[0]!.finish();
    await afterLinger(pass);
    expect(writes.map(({ units }) => units)).toEqual([[one, other], [two]]);
    writes[1]!.finish();
    await afterLinger(pass);
    writes[2]!.finish();
    await turns();
    expect(answered).toEqual(['one', 'other', 'two', 'three']);
  });

  it('writes one run with an idempotency key at a time, so that the second finds the first', async () => {
    const { commits, writes, pass } = setUp();
    const idempotency = { key: 'k', fingerprint: 'f' };
    const [first, twin] = [unit(newRun({ idempotency })), unit(newRun({ idempotency }))];
    void commits.commit(first);
    void commits.commit(twin);
    await afterLinger(pass);
    expect(writes.map(({ units }) => units)).toEqual([[first]]);
  });

  it('writes as many batches at a time as there are connections', async () => {
    const { commits, writes, pass } = setUp();
    const units = Array.from({ length: 3 }, () => unit(append()));
    for (const one of units) {
      void commits.commit(one);
      await afterLinger(pass);
    }
    expect(writes.map((write) => write.units)).toEqual([[units[0]], [units[1]]]);
    writes[0]!.finish();
    await afterLinger(pass);
    expect(writes).toHaveLength(3);
  });

  it('tells each caller what its unit came to, and then who watches what was stored', async () => {
    const { commits, writes, committed, health, pass } = setUp();
    const [good, bad] = [unit(append()), unit(append())];
    const results = Promise.allSettled([commits.commit(good), commits.commit(bad)]);
    await afterLinger(pass);
    const refusal = new Error('refused');
    writes[0]!.finish([undefined, refusal]);
    expect(await results).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: refusal },
    ]);
    expect(committed).toEqual([[good]]);
    expect(health.succeed).toHaveBeenCalledTimes(1);
    expect(health.fail).not.toHaveBeenCalled();
  });

  it('says that the database failed', async () => {
    const { commits, writes, health, committed } = setUp();
    const failed = commits.commit(unit(append()));
    await turns();
    const failure = new StoreUnavailableError(new Error('gone'));
    writes[0]!.fail(failure);
    await expect(failed).rejects.toBe(failure);
    expect(health.fail).toHaveBeenCalledWith(failure);
    expect(committed).toEqual([]);
  });

  it('refuses a unit whose data is no JSON, and writes nothing of it', async () => {
    const { commits, writes } = setUp();
    const run = append();
    const ended = follow(run.state, [CANCELLED]);
    const data = { huge: 1n } as unknown as typeof ended.state.data;
    await expect(commits.commit(unit({ ...ended, state: { ...ended.state, data } }))).rejects.toThrow(TypeError);
    await turns();
    expect(writes).toEqual([]);
  });

  describe('when COMMIT is not answered', () => {
    async function commitUnanswered() {
      const parts = setUp();
      const run = append();
      const stored = parts.commits.commit(unit(run));
      await turns();
      parts.writes[0]!.fail(new CommitUnansweredError(new Error('cut'), [undefined], undefined));
      return { ...parts, run, stored };
    }

    it('answers as if it had been, once it is found to be stored', async () => {
      const { stored, isStored, committed, health } = await commitUnanswered();
      isStored.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(true);
      await stored;
      expect(committed).toHaveLength(1);
      expect(health.fail).toHaveBeenCalledTimes(2);
      expect(health.succeed).toHaveBeenCalledTimes(1);
    });

    it('says that nothing is stored, once it is found not to be', async () => {
      const { stored, isStored } = await commitUnanswered();
      isStored.mockResolvedValueOnce(false);
      await expect(stored).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    });

    it('keeps later units of the run back meanwhile', async () => {
      const { commits, writes, run, isStored, stored } = await commitUnanswered();
      let tell: (isIt: boolean) => void = () => undefined;
      isStored.mockReturnValueOnce(
        new Promise((resolve) => {
          tell = resolve;
        }),
      );
      const next = unit(follow(run.state, [STARTED]));
      void commits.commit(next);
      await turns();
      expect(writes).toHaveLength(1);
      tell(true);
      await stored;
      await turns();
      expect(writes[1]?.units).toEqual([next]);
    });

    it('leaves the outcome unknown when the store closes first', async () => {
      const { commits, stored, isStored } = await commitUnanswered();
      isStored.mockRejectedValue(new Error('away'));
      const closed = commits.close();
      await expect(stored).rejects.toBeInstanceOf(OutcomeUnknownError);
      await closed;
    });
  });

  it('commits what is pending before it closes, and refuses what comes later', async () => {
    const { commits, writes } = setUp({ writers: 1 });
    const units = Array.from({ length: 160 }, () => unit(append()));
    const stored = Promise.all(units.map((one) => commits.commit(one)));
    let isClosed = false;
    const closed = commits.close().then(() => {
      isClosed = true;
    });
    await turns();
    writes[0]!.finish();
    await turns();
    expect(isClosed).toBe(false);
    writes[1]!.finish();
    await stored;
    await closed;
    await expect(commits.commit(unit(append()))).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
