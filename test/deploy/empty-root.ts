/**
 * Does what the Dockerfile says without Docker: each stage in an empty root, to which the programs of this system are
 * bound, and the server in a root that it cannot write to, as a user who can do nothing else. For Debian, as root, with
 * Node: `npm run test:deploy`. Takes minutes.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../docs/document.js';
import { commandOf, copyOf, environmentOf, readDockerfile, type Stage } from './dockerfile.js';

const SYSTEM = ['usr', 'bin', 'sbin', 'lib', 'lib64', 'proc', 'dev'];
const ETC = ['resolv.conf', 'hosts', 'nsswitch.conf', 'ssl', 'alternatives', 'ld.so.cache', 'localtime'];
/** As in the images of Node. */
const USER = { name: 'node', id: 1000 };
const PORT = '18471';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** An empty root with the users of an image, and mount points for the system. */
function makeRoot(folder: string, name: string): string {
  const root = join(folder, name);
  for (const each of [...SYSTEM, 'etc', 'tmp', 'root']) mkdirSync(join(root, each), { recursive: true });
  for (const each of ETC.filter((one) => existsSync(join('/etc', one)))) {
    cpSync(join('/etc', each), join(root, 'etc', each), { recursive: true, verbatimSymlinks: true });
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    `root:x:0:0::/root:/bin/sh\n${USER.name}:x:${USER.id}:${USER.id}::/tmp:/bin/sh\n`,
  );
  writeFileSync(join(root, 'etc/group'), `root:x:0:\n${USER.name}:x:${USER.id}:\n`);
  return root;
}

/** A shell command that enters a root, with the system bound to it, and runs what follows there. */
function enter(root: string, isReadOnly: boolean): string {
  const binds = SYSTEM.filter((each) => existsSync(join('/', each))).map(
    (each) => `mount --rbind /${each} ${root}/${each}`,
  );
  const npmrc = join(homedir(), '.npmrc');
  if (existsSync(npmrc) && !isReadOnly)
    binds.push(`touch ${root}/root/.npmrc`, `mount --bind ${npmrc} ${root}/root/.npmrc`);
  const seal = [
    `mount --bind ${root}/data ${root}/data`,
    `mount -t tmpfs tmpfs ${root}/tmp`,
    `mount -o remount,bind,ro ${root}`,
  ];
  return [`mount --bind ${root} ${root}`, ...binds, ...(isReadOnly ? seal : [])].join(' && ');
}

function inRoot(root: string, isReadOnly: boolean, command: string): readonly string[] {
  return ['--mount', 'sh', '-euc', `${enter(root, isReadOnly)} && ${command}`];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function build(stage: Stage, root: string, roots: ReadonlyMap<string, string>): void {
  let workdir = '/';
  for (const { name, text } of stage.instructions) {
    if (name === 'WORKDIR') {
      workdir = text;
      mkdirSync(join(root, workdir), { recursive: true });
    } else if (name === 'COPY') {
      copy(text, root, workdir, roots);
    } else if (name === 'RUN') {
      say(`${workdir}: ${text}`);
      const command = `cd ${workdir} && ${text}`;
      execFileSync('unshare', [...inRoot(root, false, `exec chroot ${root} /bin/sh -euc ${quote(command)}`)], {
        env: { ...process.env, HOME: '/root', npm_config_cache: '/tmp/npm' },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    }
  }
}

function copy(text: string, root: string, workdir: string, roots: ReadonlyMap<string, string>): void {
  const { from, sources, target } = copyOf(text);
  const base = from === undefined ? ROOT : (roots.get(from) ?? '');
  for (const source of sources) {
    const path = target.startsWith('/') ? target : join(workdir, target);
    const isInto = sources.length > 1 || target.endsWith('/') || target === '.';
    cpSync(join(base, source), join(root, isInto ? join(path, basename(source)) : path), { recursive: true });
  }
}

/** What a server needs is there, with what is optional, and nothing of what only the build needs. */
function checkPackages(root: string): void {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const isThere = (name: string): boolean => existsSync(join(root, 'app/node_modules', name));
  const missing = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !isThere(name));
  const needless = ['typescript', 'vitest', 'esbuild'].filter(isThere);
  if (missing.length + needless.length > 0) throw new Error(`Missing: ${missing}; needless: ${needless}.`);
  say('all packages are there');
}

/** Starts the server of the last stage, probes it as a container runtime does, has it run a graph, and stops it. */
async function tryOut(stage: Stage, root: string): Promise<void> {
  const env = { PATH: process.env.PATH ?? '', ...environmentOf(stage), PORT, API_KEYS: 'key' };
  const as = (command: readonly string[]) =>
    inRoot(
      root,
      true,
      `cd ${root} && exec chroot --userspec=${USER.id}:${USER.id} ${root} setpriv --no-new-privs sh -c ${quote(`cd /data && exec ${command.map(quote).join(' ')}`)}`,
    );
  const entry = commandOf(stage, 'ENTRYPOINT') ?? [];
  const probe = commandOf(stage, 'HEALTHCHECK') ?? [];
  chownSync(join(root, 'data'), USER.id, USER.id);
  const server = spawn('unshare', as(entry), { env, stdio: 'inherit' });
  try {
    for (let tries = 0; !succeeds(as(probe), env); tries++) {
      if (tries === 60) throw new Error('The server is not healthy.');
      await sleep(500);
    }
    say('healthy');
    const headers = { authorization: 'Bearer key', 'content-type': 'application/json' };
    const body = JSON.stringify({ graph_id: 'demo-review', input_data: 'def f(): pass' });
    const answer = await fetch(`http://127.0.0.1:${PORT}/graph/run?wait=10`, { method: 'POST', headers, body });
    const { status } = (await answer.json()) as { status: string };
    if (status !== 'COMPLETED') throw new Error(`The run is ${status}.`);
    say('a run has completed');
    if (succeeds(inRoot(root, true, `chroot ${root} sh -c 'echo > /app/written'`), env)) {
      throw new Error('The root can be written to.');
    }
    say('the root cannot be written to, not even by root');
  } finally {
    server.kill('SIGTERM');
  }
  const [code] = await once(server, 'exit');
  if (code !== 0) throw new Error(`The server has ended with code ${code}.`);
  if (succeeds(as(probe), env)) throw new Error('The health check succeeds without a server.');
  if (!existsSync(join(root, 'data/workflow.db'))) throw new Error('There is no database in /data.');
  say('stopped in good order');
}

function succeeds(args: readonly string[], env: Record<string, string>): boolean {
  try {
    execFileSync('unshare', [...args], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'graphrunner-image-'));
try {
  const stages = readDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  const roots = new Map<string, string>();
  for (const [index, stage] of stages.entries()) {
    const root = makeRoot(folder, stage.name ?? String(index));
    roots.set(stage.name ?? String(index), root);
    build(stage, root, roots);
  }
  const [last, root] = [stages.at(-1), [...roots.values()].at(-1)];
  if (last === undefined || root === undefined) throw new Error('The Dockerfile has no stage.');
  checkPackages(root);
  await tryOut(last, root);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
