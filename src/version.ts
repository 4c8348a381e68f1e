import { createRequire } from 'node:module';

/** The version of this package, from its manifest, which the package finds by its own name wherever its files are built to. */
export function readVersion(): string {
  const manifest = createRequire(import.meta.url)('graphrunner/package.json') as { readonly version: string };
  return manifest.version;
}
