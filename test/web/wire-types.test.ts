import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { expect, it } from 'vitest';
import { failingEngine } from '../helpers/fake-engine.js';
import { appOf } from '../helpers/server.js';

/** The schemas of the OpenAPI document that the page reads; those that they refer to come with them. */
const ROOTS = [
  'Graph',
  'GraphList',
  'ExampleGraphList',
  'RunList',
  'RunCounts',
  'BulkOutcome',
  'RunDiff',
  'RunState',
  'StartedRun',
  'StepList',
  'Problem',
  'Schedule',
  'ScheduleList',
  'ScheduleInstants',
  'Hook',
  'HookList',
  'HookDeliveryList',
  'Delivery',
  'DeliveryList',
  'Verdict',
  'SavedGraph',
  'Replay',
  'Backtest',
  'Explored',
  'ToolList',
  'ConditionList',
];

const HEAD =
  '/** Responses of the API. Generated from the OpenAPI document by `npm run generate:web-types`; do not edit. */';

type Schema = Record<string, unknown>;

/** TypeScript types of schemas of an OpenAPI document. */
async function generateTypes(schemas: Record<string, Schema>): Promise<string> {
  const named = Object.entries(schemas).map(([name, schema]) => [name, { ...withoutText(schema), title: name }]);
  const components = { schemas: { ...Object.fromEntries(named), JsonValue: { tsType: 'unknown' } } };
  const properties = Object.fromEntries(ROOTS.map((name) => [name, { $ref: `#/components/schemas/${name}` }]));
  const document = { type: 'object', properties, additionalProperties: false, components } as JSONSchema;
  const types = await compile(document, 'Roots', {
    bannerComment: HEAD,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  // The schema of all roots was needed only to reach them.
  return types.replace(/export interface Roots \{.*?\n\}\n/s, '');
}

/** A schema without the texts for people, which the OpenAPI document shows better. */
function withoutText<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema, (key, value) => (isText(key, value) ? undefined : value)));
}

/** `properties` can have a key `description` too; its value is a schema. */
function isText(key: string, value: unknown): boolean {
  return key === 'description' && typeof value === 'string';
}

it('the wire types of the page are those of the OpenAPI document', async () => {
  const app = await appOf(failingEngine(new Error()));
  const { components } = app.swagger() as object as { components: { schemas: Record<string, Schema> } };
  const types = await generateTypes(components.schemas);
  await app.close();
  await expect(types, 'run `npm run generate:web-types`').toMatchFileSnapshot('../../src/web/wire-types.ts');
});
