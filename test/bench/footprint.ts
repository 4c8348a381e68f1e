import { statSync } from 'node:fs';
import { DEMO_RUN, startBuiltServer } from './http/built-server.js';
import { loadAmount } from './http/load.js';
import { benchFolder, type Line, shown } from './measure.js';

const RUNS = 10_000;
const MAX_MEGABYTES = 180;
const MAX_KILOBYTES = 10;

/** Peak memory of the built server over demo runs, 50 in flight over HTTP, and how much its file grows for each. */
export async function benchFootprint(): Promise<Line[]> {
  const folder = benchFolder();
  const path = folder.path('footprint.db');
  const server = await startBuiltServer(path);
  await loadAmount(server, { path: '/graph/run?wait=60', connections: 50, amount: RUNS, body: DEMO_RUN });
  const megabytes = server.peakMegabytes();
  await server.end();
  const kilobytes = statSync(path).size / RUNS / 1000;
  folder.remove();
  return [
    {
      what: `peak memory of the server, 50 demo runs in flight, ${shown(RUNS)} runs`,
      ours: `${shown(megabytes)} MB`,
      against: `${MAX_MEGABYTES} MB`,
      ratio: megabytes / MAX_MEGABYTES,
      aim: `<= ${MAX_MEGABYTES} MB`,
      met: megabytes <= MAX_MEGABYTES,
    },
    {
      what: 'growth of the file per demo run',
      ours: `${shown(kilobytes)} kB`,
      against: `${MAX_KILOBYTES} kB`,
      ratio: kilobytes / MAX_KILOBYTES,
      aim: `<= ${MAX_KILOBYTES} kB`,
      met: kilobytes <= MAX_KILOBYTES,
    },
  ];
}
