import { readFileSync } from 'node:fs';
import { OpenDatabaseError } from './store/errors.js';

/** Packages that people install who want something. */
interface OptionalPackages {
  /** Who needs how many, as the beginning of a sentence. */
  readonly need: string;
  readonly names: readonly string[];
}

const POSTGRES: OptionalPackages = { need: 'Postgres needs two more packages', names: ['pg', 'pg-boss'] };
const TRACING: OptionalPackages = {
  need: 'OTEL_EXPORTER_OTLP_ENDPOINT needs three more packages',
  names: ['@opentelemetry/sdk-trace-node', '@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/resources'],
};

/**
 * Loads what needs the packages for Postgres.
 * @throws OpenDatabaseError that says how to install them
 */
export function withPostgresPackages<T>(load: () => Promise<T>): Promise<T> {
  return withPackages(POSTGRES, load, OpenDatabaseError);
}

/**
 * Loads what needs the packages that send spans.
 * @throws Error that says how to install them
 */
export function withTracingPackages<T>(load: () => Promise<T>): Promise<T> {
  return withPackages(TRACING, load, Error);
}

async function withPackages<T>(
  { need, names }: OptionalPackages,
  load: () => Promise<T>,
  Failure: new (message: string, options: ErrorOptions) => Error,
): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing || !names.some((name) => thrown.message.includes(`'${name}'`))) throw thrown;
    const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const packages = names.map((name) => `${name}@${peerDependencies[name]}`);
    throw new Failure(`${need}. Install them: npm install ${packages.join(' ')}`, { cause: thrown });
  }
}
