import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds `dist/` once for all end-to-end tests, unless it is newer than everything that it is made of. */
export default function build(): void {
  if (isFresh()) return;
  execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'inherit' });
}

function isFresh(): boolean {
  // What the build makes last.
  const built = modifiedAt('dist/web/app.js');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join('src', name),
  );
  return ['tsconfig.json', 'tsconfig.build.json', ...sources].every((name) => modifiedAt(name) < built);
}

/** Milliseconds since 1970; 0 for what does not exist. */
function modifiedAt(name: string): number {
  return statSync(join(ROOT, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
