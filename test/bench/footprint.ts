import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { MESSY_CODE } from '../helpers/demo.js';
import { MAIN } from '../helpers/server-process.js';
import { benchFolder, type Line, shown } from './measure.js';

const RUNS = 10_000;

/** Peak memory of the built server over demo runs, 50 in flight over HTTP, and how much its file grows for each. */
export async function benchFootprint(): Promise<Line[]> {
  const folder = benchFolder();
  const path = folder.path('footprint.db');
  const env = { PATH: process.env.PATH, DATABASE_URL: path, PORT: '0', LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url = /listening on (http:\/\/\S+?);/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  const result = await autocannon({
    url: `${url}/graph/run?wait=60`,
    connections: 50,
    amount: RUNS,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ graph_id: 'demo-review', input_data: MESSY_CODE }),
  });
  if (result['2xx'] !== RUNS) throw new Error(`${result['2xx']} of ${RUNS} runs were answered`);
  const megabytes = peakMegabytes(child.pid);
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  const bytesPerRun = statSync(path).size / RUNS;
  folder.remove();
  return [
    {
      what: `peak memory of the server, 50 demo runs in flight, ${shown(RUNS)} runs`,
      ours: `${shown(megabytes)} MB`,
      against: '150 MB',
      ratio: megabytes / 150,
      aim: '<= 150 MB',
      met: megabytes <= 150,
    },
    {
      what: 'growth of the file per demo run',
      ours: `${shown(bytesPerRun / 1000)} kB`,
      against: '150 kB',
      ratio: bytesPerRun / 150_000,
      aim: '<= 150 kB',
      met: bytesPerRun <= 150_000,
    },
  ];
}

/** The kernel's own record of a process (proc_pid_status(5), VmHWM), which no sampling misses. */
function peakMegabytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
}
