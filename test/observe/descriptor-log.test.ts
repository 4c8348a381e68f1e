import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { descriptorLog } from '../../src/observe/descriptor-log.js';
import { createLogger } from '../../src/observe/logger.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

it('a log writes each line at once, also one that is fatal', () => {
  const file = join(temporaryFolder(), 'log');
  const descriptor = openSync(file, 'w');
  const logger = createLogger('info', descriptorLog(descriptor));
  logger.info('ä first');
  logger.fatal('last');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['ä first', 'last']);
  closeSync(descriptor);
});

it('a log on a disk that is full drops its lines, and neither throws nor holds up who logs', () => {
  const descriptor = openSync('/dev/full', 'w');
  const logger = createLogger('info', descriptorLog(descriptor));
  logger.info('lost');
  logger.fatal({ err: new Error('lost too') }, 'lost');
  closeSync(descriptor);
  logger.info('nobody has the file open any more');
});
