import { expect, it } from 'vitest';
import { withPostgresPackages, withTracingPackages } from '../src/optional-packages.js';

const notFound = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /srv/dist/x.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });

it.each(['pg', 'pg-boss'])('says how to install the packages for Postgres where there is no %s', async (name) => {
  const loading = withPostgresPackages(() => Promise.reject(notFound(name)));
  await expect(loading).rejects.toThrow(/npm install pg@\d+\.\d+\.\d+ pg-boss@\d+\.\d+\.\d+$/);
});

it('says how to install the packages that send spans', async () => {
  const loading = withTracingPackages(() => Promise.reject(notFound('@opentelemetry/resources')));
  await expect(loading).rejects.toThrow(
    /^OTEL_EXPORTER_OTLP_ENDPOINT needs three more packages.* npm install (@opentelemetry\/[a-z-]+@\d+\.\d+\.\d+ ?){3}$/,
  );
});

it('passes on what else can go wrong, and what was loaded', async () => {
  await expect(withPostgresPackages(() => Promise.reject(notFound('lodash')))).rejects.toThrow("'lodash'");
  await expect(withPostgresPackages(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
  expect(await withPostgresPackages(async () => 1)).toBe(1);
});
