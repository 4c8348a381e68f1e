import { expect, it } from 'vitest';
import { generateApiTypes } from '../helpers/api-types.js';
import { failingEngine } from '../helpers/fake-engine.js';
import { appOf } from '../helpers/server.js';

const HEAD =
  '/** The API as types. Generated from the OpenAPI document by `npm run generate:client-types`; do not edit. */\n';

/** The document without what it says of each error at each route, which is most of it. */
function withoutTextOfErrors(text: string): string {
  const document = JSON.parse(text);
  const routes = Object.values(document.paths).flatMap((route) => Object.values(route as object));
  for (const { responses } of routes) {
    for (const [status, response] of Object.entries<{ description: string; content?: object }>(responses)) {
      if (Number(status) < 400) continue;
      response.description = '';
      for (const media of Object.values(response.content ?? {})) delete media.example;
    }
  }
  return JSON.stringify(document);
}

it('the types of the client are those of the OpenAPI document', async () => {
  const app = await appOf(failingEngine(new Error()));
  const { body } = await app.inject('/docs/json');
  await app.close();
  const types = HEAD + (await generateApiTypes(withoutTextOfErrors(body)));
  await expect(types, 'run `npm run generate:client-types`').toMatchFileSnapshot('../../src/client/api-types.ts');
});
