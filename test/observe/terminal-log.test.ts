import { describe, expect, it } from 'vitest';
import { openLogger } from '../../src/observe/logger.js';

/** A terminal, and what was written to it. */
function terminal({ colors = false } = {}) {
  const texts: string[] = [];
  return { texts, output: { isTTY: true, hasColors: () => colors, write: (text: string) => texts.push(text) } };
}

describe('the log on a terminal', () => {
  it('has a line for people: time, level, message, and the fields', async () => {
    const { texts, output } = terminal();
    const logger = await openLogger('info', output);
    logger.info({ run_id: 'r1', api_key: 'hush' }, 'run ended');
    logger.debug('not shown');
    expect(texts.join('')).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO: run ended \{"run_id":"r1","api_key":"\[redacted\]"\}\n$/,
    );
  });

  it('shows errors with where they come from', async () => {
    const { texts, output } = terminal();
    (await openLogger('info', output)).error({ err: new Error('no disk') }, 'it failed');
    expect(texts.join('')).toMatch(/ERROR: it failed *\n[\s\S]*no disk\n +at /);
  });

  it('is in colours only where the terminal has them', async () => {
    const { texts, output } = terminal({ colors: true });
    (await openLogger('info', output)).info('hello');
    expect(texts.join('')).toContain('\u001b[32mINFO\u001b[39m');
  });

  it('cannot be told by what others send to move the cursor', async () => {
    const { texts, output } = terminal();
    const logger = await openLogger('info', output);
    logger.info({ node: 'a\u001b[2Jb\u009b' }, 'c\u001b]0;title\u0007d\r\b\u0000 kept: \\u001b é\ttab');
    expect(texts.join('')).not.toMatch(/(?![\n\t])\p{Cc}/u);
    expect(texts.join('')).toContain('kept: \\u001b é\ttab');
  });
});
