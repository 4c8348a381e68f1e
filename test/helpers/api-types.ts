import { register } from 'node:module';

const RESOLVER = `
  let typescript;
  export const initialize = (data) => { typescript = data.typescript; };
  export const resolve = (name, context, next) => next(name === 'typescript' ? typescript : name, context);
`;

/** What openapi-typescript makes of an OpenAPI document, with its defaults. */
export async function generateApiTypes(openapi: string): Promise<string> {
  // It needs the JavaScript API of TypeScript, which version 7 does not have.
  const data = { typescript: import.meta.resolve('typescript-5') };
  register(`data:text/javascript,${encodeURIComponent(RESOLVER)}`, { parentURL: import.meta.url, data });
  const { default: generate, astToString } = await import('openapi-typescript');
  return astToString(await generate(openapi));
}
