import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from '../core/base/errors.js';
import { isTool, type Registrable, whyNotRegistrable } from '../core/tool/registry.js';

const EXTENSIONS: readonly string[] = ['.js', '.mjs', '.cjs'];

/** Why modules of tools cannot be used: a line for each module. */
export class ToolModuleError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(['These tool modules cannot be used:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.name = 'ToolModuleError';
  }
}

/**
 * Imports modules and collects the tools and conditions that they export, singly or in arrays.
 * @param names Paths from `directory` on, absolute paths, `file:` URLs, or packages as `directory` sees them.
 * @param taken Definitions that are registered already, so that a name taken twice is reported with its module.
 * @throws ToolModuleError that names module, export and reason, for the first thing wrong in each module.
 */
export async function loadToolModules(
  names: readonly string[],
  directory: string,
  taken: Iterable<Registrable>,
): Promise<Registrable[]> {
  const owners = new Map<string, string>();
  for (const definition of taken) owners.set(keyOf(definition), 'graphrunner itself');
  const found = new Set<Registrable>();
  const problems: string[] = [];
  for (const name of names) {
    try {
      for (const definition of definitionsIn(await importModule(name, directory))) {
        if (!found.has(definition)) claim(owners, definition, name);
        found.add(definition);
      }
    } catch (error) {
      problems.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new ToolModuleError(problems);
  return [...found];
}

/** Tools and conditions have names of their own each, as in the registry. */
function keyOf(definition: Registrable): string {
  return `${isTool(definition) ? 'tool' : 'condition'} "${definition.name}"`;
}

function claim(owners: Map<string, string>, definition: Registrable, module: string): void {
  const key = keyOf(definition);
  const owner = owners.get(key);
  if (owner !== undefined) throw new Error(`the ${key} is defined already, by ${owner === module ? 'itself' : owner}`);
  owners.set(key, module);
}

async function importModule(name: string, directory: string): Promise<object> {
  const url = locate(name, directory);
  try {
    return await import(url);
  } catch (error) {
    throw new Error(`it cannot be imported: ${messageOf(error)}`, { cause: error });
  }
}

/** What to import for a name. A file goes before a package of the same name. */
function locate(name: string, directory: string): string {
  const path = name.startsWith('file:') ? fileURLToPath(name) : resolve(directory, name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) {
    if (EXTENSIONS.includes(extname(path))) return pathToFileURL(path).href;
    throw new Error(`the file is not one of ${EXTENSIONS.join(', ')}`);
  }
  if (/^(\.|\/|[a-z]:\\|file:)/i.test(name)) throw new Error(`there is no file ${path}`);
  try {
    return pathToFileURL(createRequire(join(directory, 'package.json')).resolve(name)).href;
  } catch {
    throw new Error(`there is neither a file ${path} nor a package of this name`);
  }
}

/** @throws Error that names the first export that is no definition. */
function definitionsIn(module: object): Registrable[] {
  const definitions: Registrable[] = [];
  for (const [name, value] of exportsOf(module)) {
    const items = Array.isArray(value)
      ? value.map((item, index) => checked(item, `${name}[${index}]`))
      : [checked(value, name)];
    definitions.push(...items);
  }
  if (definitions.length === 0) throw new Error('it exports no tool and no condition');
  return definitions;
}

/**
 * The exports by name. Node shows `module.exports` of a CommonJS module as the default export and its keys once more
 * as named ones: there only the default counts, or its keys if it is not itself a definition.
 */
function exportsOf(module: object): [string, unknown][] {
  const { default: whole, 'module.exports': _, ...named } = module as Record<string, unknown>;
  const names = Object.keys(named);
  const isCommonJs =
    names.length > 0 && isRecord(whole) && names.every((name) => name in whole && whole[name] === named[name]);
  if (!isCommonJs) return Object.entries(whole === undefined ? named : { default: whole, ...named });
  if ('run' in whole || 'choose' in whole) return [['default', whole]];
  return Object.entries(whole).filter(([name]) => name !== '__esModule');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function checked(value: unknown, name: string): Registrable {
  const why = whyNotRegistrable(value);
  if (why !== undefined) throw new Error(`its export ${name}: ${why}`);
  return value as Registrable;
}
