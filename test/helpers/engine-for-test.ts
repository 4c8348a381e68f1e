import { onTestFinished } from 'vitest';
import { startEngine, type TestEngine, type TestEngineOptions } from './engine.js';

/** Starts an engine for one test: it is stopped when the test ends, without waiting for runs. */
export async function startEngineForTest(options: TestEngineOptions = {}): Promise<TestEngine> {
  const test = await startEngine(options);
  onTestFinished(() => test.stop(0));
  return test;
}
