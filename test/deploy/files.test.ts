import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { SETTING_NAMES } from '../../src/setting-names.js';
import { ROOT } from '../docs/document.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { commandOf, copyOf, environmentOf, readDockerfile, textsOf } from './dockerfile.js';

const NAMES: readonly string[] = SETTING_NAMES;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const compose = read('compose.yaml');
const unit = read('examples/deploy/graphrunner.service');
const UNIT_CHECKER = '/usr/bin/systemd-analyze';

describe('the Dockerfile', () => {
  const stages = readDockerfile(read('Dockerfile'));
  const [build, image] = [stages[0]!, stages.at(-1)!];

  it('takes a Node that the package runs on, and that the tests run on', () => {
    expect(stages.map((stage) => stage.image)).toEqual(['node:20-bookworm', 'node:20-bookworm-slim']);
    expect(manifest.engines.node).toMatch(/^>=20\./);
  });

  it('copies what is there, and what .dockerignore lets in', () => {
    const [all, ...lets] = read('.dockerignore').trim().split('\n').slice(1);
    expect(all).toBe('*');
    const allowed = lets.map((line) => line.replace(/^!/, ''));
    const copies = stages.flatMap((stage) => textsOf(stage, 'COPY').map(copyOf));
    const sources = copies.filter(({ from }) => from === undefined).flatMap((one) => one.sources);
    for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true);
    expect([...new Set(sources)].sort()).toEqual(allowed.sort());
  });

  it('has what the package needs to run, beside its page: what it is published with, but documents and examples', () => {
    const copied = textsOf(image, 'COPY').flatMap((text) => copyOf(text).sources.map((path) => path.split('/').at(-1)));
    const published = manifest.files.filter((name: string) => !/^!|\.md$|^docs$|^examples$/.test(name));
    expect(copied.sort()).toEqual([...published, 'node_modules', 'package.json'].sort());
    expect(textsOf(build, 'RUN').slice(0, 2)).toEqual(['npm ci', 'npm run build']);
  });

  it('has settings that there are, and keeps the database in the one folder that is written', () => {
    const { NODE_ENV, ...settings } = environmentOf(image);
    expect(NODE_ENV).toBe('production');
    expect(Object.keys(settings).filter((name) => !NAMES.includes(name))).toEqual([]);
    const config = readConfig({ ...settings, API_KEYS: 'key' });
    expect(config).toMatchObject({ host: '0.0.0.0', databaseUrl: '/data/workflow.db' });
    expect(textsOf(image, 'VOLUME')).toEqual(['/data']);
    expect(textsOf(image, 'EXPOSE')).toEqual([String(config.port)]);
    // Without keys it must not start where others can reach it.
    expect(() => readConfig(settings)).toThrow('set API_KEYS');
  });

  it('runs as a user without rights, with commands that get signals themselves', () => {
    expect(textsOf(image, 'USER')).toEqual(['node']);
    expect(commandOf(image, 'ENTRYPOINT')).toEqual(['node', `/app/${manifest.bin.graphrunner}`]);
    expect(commandOf(image, 'HEALTHCHECK')?.[0]).toBe('node');
    expect(commandOf(image, 'HEALTHCHECK')?.at(-1)).toContain('/health/live');
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });
});

describe('compose.yaml', () => {
  it('builds this version, and lets its servers write and do as little as possible', () => {
    expect(compose).toContain(`image: graphrunner:${manifest.version}\n`);
    for (const line of ['build: .', 'read_only: true', '- ALL', '- no-new-privileges:true', 'init: true']) {
      expect(compose).toContain(`${line}\n`);
    }
  });

  it('gives its servers settings that there are', () => {
    const [, environment = ''] = /^ {2}environment:\n((?: {4}.*\n)+)/m.exec(compose) ?? [];
    const names = Array.from(environment.matchAll(/^ {4}(\w+):/gm), ([, name]) => name);
    expect(names).toEqual(['DATABASE_URL', 'API_KEYS']);
    expect(names.filter((name) => !NAMES.includes(name!))).toEqual([]);
  });
});

describe('the unit for systemd', () => {
  it('starts the command of the package, and gives it longer to stop than it takes', () => {
    expect(unit).toContain(
      `ExecStart=/usr/bin/node /opt/graphrunner/node_modules/graphrunner/${manifest.bin.graphrunner}\n`,
    );
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
    expect(Number(seconds)).toBeGreaterThan(readConfig({}).shutdownGraceSeconds + 15);
    expect(readConfig({ DATABASE_URL: /DATABASE_URL=(\S+)/.exec(unit)?.[1] }).databaseUrl).toBe('workflow.db');
  });

  it.skipIf(!existsSync(UNIT_CHECKER))('has no mistakes, and exposes little, as systemd sees it', () => {
    const path = join(temporaryFolder(), 'graphrunner.service');
    // What the unit starts must be there.
    writeFileSync(path, unit.replace(/^ExecStart=.*$/m, `ExecStart=${process.execPath} ${join(ROOT, 'package.json')}`));
    expect(execFileSync(UNIT_CHECKER, ['verify', path], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
    // From 0, safe, to 10; in tenths.
    execFileSync(UNIT_CHECKER, ['security', '--offline=yes', '--threshold=20', path], { stdio: 'pipe' });
  });
});

it('a Pod for Kubernetes has one server to a file, and probes that there are', () => {
  const { spec } = JSON.parse(read('examples/deploy/kubernetes.json'));
  const [container] = spec.template.spec.containers;
  expect(spec.replicas).toBe(1);
  expect(container.image).toMatch(new RegExp(`/graphrunner:${manifest.version}$`));
  expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  expect(container.livenessProbe.httpGet.path).toBe('/health/live');
  expect(container.readinessProbe.httpGet.path).toBe('/health/ready');
});
