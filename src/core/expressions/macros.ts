import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { boundList } from './function.js';
import { type CompileContext, type Compiled, type Frame, positionOf, typed } from './parts.js';
import { isRoot } from './paths.js';
import { ExpressionError, isList, JSON_KINDS, type StaticType, type Value } from './values.js';

type MethodNode = Extract<ASTNode, { op: 'rcall' }>;
type Part = (frame: Frame) => Value;

/** Goes over the items. A macro that has its answer early stops early. */
interface Macro {
  readonly result: StaticType;
  /** How many parts follow the variable. */
  readonly bodies: readonly number[];
  run(items: Iterable<Json>, parts: readonly Part[], frame: Frame): Json;
}

const MACROS: ReadonlyMap<string, Macro> = new Map(
  Object.entries<Macro>({
    all: {
      result: 'boolean',
      bodies: [1],
      run(items, [test], frame) {
        for (const _ of items) if (test?.(frame) === false) return false;
        return true;
      },
    },
    exists: {
      result: 'boolean',
      bodies: [1],
      run(items, [test], frame) {
        for (const _ of items) if (test?.(frame) === true) return true;
        return false;
      },
    },
    exists_one: {
      result: 'boolean',
      bodies: [1],
      run(items, [test], frame) {
        let count = 0;
        for (const _ of items) if (test?.(frame) === true) count++;
        return count === 1;
      },
    },
    filter: {
      result: 'list',
      bodies: [1],
      run(items, [test], frame) {
        const kept: Json[] = [];
        for (const item of items) if (test?.(frame) === true) kept.push(item);
        return kept;
      },
    },
    map: {
      result: 'list',
      bodies: [1, 2],
      run(items, parts, frame) {
        const [value, test] = [...parts].reverse();
        const made: Json[] = [];
        for (const _ of items) if (test === undefined || test(frame) === true) made.push(value?.(frame) as Json);
        return made;
      },
    },
  }),
);

export function isMacro(name: string): boolean {
  return MACROS.has(name);
}

/** Compiles `list.all(x, ...)` and the like. Their bodies hold no other macro: the cost would multiply. */
export function compileMacro(node: MethodNode, context: CompileContext): Compiled {
  const [name, receiver, [variableNode, ...bodyNodes]] = node.args;
  const macro = MACROS.get(name) as Macro;
  const at = positionOf(node);
  if (context.variable !== undefined) {
    throw new ExpressionError(`${name}() cannot stand inside another macro. Use a tool for loops in loops.`, at);
  }
  if (variableNode?.op !== 'id' || !macro.bodies.includes(bodyNodes.length)) {
    throw new ExpressionError(`${name}() takes a variable and what to do with it: ${name}(x, ...).`, at);
  }
  const variable = variableNode.args;
  if (isRoot(variable, context)) {
    throw new ExpressionError(`Name the variable otherwise: "${variable}" is taken.`, positionOf(variableNode));
  }
  const source = typed(context.compile(receiver), ['list', 'map'], `${name}()`, at);
  const before = context.parts;
  context.variable = variable;
  const parts = bodyNodes.map((body, index) => {
    const isValue = name === 'map' && index === bodyNodes.length - 1;
    return typed(context.compile(body), isValue ? JSON_KINDS : ['boolean'], `${name}()`, positionOf(body));
  });
  context.variable = undefined;
  const cost = 1 + context.parts - before;
  const run = (frame: Frame): Json => {
    const items = itemsOf(source(frame) as Json, frame, at);
    return macro.run(each(items, cost, frame, at), parts, frame);
  };
  return { type: macro.result, run };
}

/** The items of a list, or the keys of a map. */
function itemsOf(source: Json, { meter }: Frame, at: number): readonly Json[] {
  const items = isList(source) ? source : Object.keys(source as object);
  boundList(items.length, { meter, at });
  return items;
}

function* each(items: readonly Json[], cost: number, frame: Frame, at: number): Iterable<Json> {
  for (const item of items) {
    frame.meter.spend(cost, at);
    frame.item = item;
    yield item;
  }
}
