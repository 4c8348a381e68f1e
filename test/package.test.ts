import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS, ROOT } from './docs/document.js';

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const locked = Object.entries(lock.packages as Record<string, LockedPackage>).filter(([path]) => path !== '');

let packed: string[] | undefined;

/** Files of the package, as `npm pack` lists them. Those of `dist/` are there after a build only. */
function packedFiles(): string[] {
  packed ??= listPackedFiles();
  return packed;
}

function listPackedFiles(): string[] {
  const command = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const printed = execFileSync('npm', command, { cwd: ROOT, encoding: 'utf8' });
  const [{ files }] = JSON.parse(printed) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

describe('the package', () => {
  it('installs on the oldest Node that it asks for: no dependency asks for a newer one', () => {
    const oldest = semver.minVersion(manifest.engines.node)!;
    const shipped = locked.filter(([, { dev }]) => dev !== true);
    expect(shipped.length).toBeGreaterThan(100);
    const tooNew = shipped.filter(([, { engines }]) => !semver.satisfies(oldest, engines?.node ?? '*'));
    expect(tooNew.map(([path, { version, engines }]) => `${path} ${version} needs ${engines?.node}`)).toEqual([]);
  });

  it('needs no overrides, which do not hold where it is a dependency', () => {
    const development = new Set(Object.keys(manifest.devDependencies));
    expect(Object.keys(manifest.overrides).filter((name) => !development.has(name))).toEqual([]);
  });

  it('says where its source and its issues are', () => {
    const { repository, homepage, bugs } = manifest;
    expect([repository.url, homepage, bugs]).toEqual([
      'git+https://github.com/graphrunner/graphrunner.git',
      'https://github.com/graphrunner/graphrunner#readme',
      'https://github.com/graphrunner/graphrunner/issues',
    ]);
  });

  it('has the JSON Schema of graphs, by the name that documents give', () => {
    expect(packedFiles()).toContain('schemas/graph.json');
    expect(manifest.exports['./schemas/graph.json']).toBe('./schemas/graph.json');
    expect(DOCUMENTS.some(({ text }) => text.includes('graphrunner/schemas/graph.json'))).toBe(true);
  });

  it('has the examples that its documents name, and the scripts that run them', () => {
    const files = packedFiles();
    const shipped = DOCUMENTS.filter(({ path }) => files.includes(path));
    const named = shipped.flatMap(({ text }) =>
      Array.from(text.matchAll(/(?<!-)\bexamples\/[\w./-]*\w/g), ([path]) => path),
    );
    expect(named).toEqual(expect.arrayContaining(['examples/own-tools/text-tools.mjs', 'examples/approval/run.sh']));
    const isPacked = (path: string) => files.some((file) => file === path || file.startsWith(`${path}/`));
    expect(named.filter((path) => !isPacked(path))).toEqual([]);
    const inFolder = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' });
    const runnable = inFolder.filter((name) => /\.(json|sh|mjs)$/.test(name)).map((name) => `examples/${name}`);
    expect(runnable.filter((path) => !files.includes(path))).toEqual([]);
  });
});
