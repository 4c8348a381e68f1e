import { type GraphDefinition, graphDefinitionSchema } from '../../src/core/graph/definition.js';
import type { Behaviour } from './script.js';

/** Where a run goes when something fails. */
export type Exit = 'next' | 'handler' | 'END';

/** An entry of a list of `on_error`. */
export interface ExitEntry {
  readonly on: readonly string[] | null;
  readonly when: string | null;
  readonly to: Exit;
}

/** All of an `on_error`: one way, or a list. */
export type Exits = Exit | readonly ExitEntry[];

/** Which branches of an edge have to complete. */
export interface Join {
  readonly join?: 'any' | number;
  readonly max_failures?: number;
  readonly collect_errors_as?: string | undefined;
}

/** A visit of the scripted tool. */
export interface Step {
  readonly kind: 'step';
  readonly does: readonly Behaviour[];
  readonly retry: object | null;
  readonly onError: Exits | null;
  readonly timeoutMs: number | null;
  readonly param: string | null;
  readonly leads: 'on' | 'nowhere' | 'END';
}

/** A piece of a graph that is entered at one node and left to one node. */
export type Block =
  | Step
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'ask';
      readonly isAnswered: boolean;
      readonly expiresMs: number | null;
      readonly retry: object | null;
      readonly onError: Exits | null;
    }
  | {
      readonly kind: 'signal';
      readonly name: string;
      /** Of a run inside the run: it is sent one. */
      readonly isSent: boolean;
      readonly expiresMs: number | null;
      readonly retry: object | null;
      readonly onError: Exits | null;
    }
  | {
      readonly kind: 'call';
      readonly body: readonly Block[];
      readonly retry: object | null;
      readonly onError: Exits | null;
    }
  | { readonly kind: 'choice'; readonly when: string; readonly yes: readonly Block[]; readonly no: readonly Block[] }
  | { readonly kind: 'loop'; readonly body: readonly Block[]; readonly when: string }
  | {
      readonly kind: 'parallel';
      readonly branches: readonly (readonly Block[])[];
      readonly maxParallel: number | null;
      readonly join: Join;
      readonly onError: Exits | null;
    }
  | {
      readonly kind: 'each';
      readonly body: readonly Block[];
      readonly items: string;
      readonly maxParallel: number | null;
      readonly join: Join;
      readonly onError: Exits | null;
    };

interface Wait {
  readonly tool: string;
  readonly params: object;
  readonly isAnswered: boolean;
  readonly expiresMs: number | null;
  readonly retry: object | null;
  readonly onError: Exits | null;
}

/** The registered conditions; anything else is an expression. */
export const conditions = ['many', 'broken', 'lost', 'numeric'];

const CALM: Behaviour = { does: 'nothing', value: 0, isSync: false, isStubborn: false, logs: false };

/** Builds documents out of blocks, from their ends to their beginnings. */
export class Builder {
  #count = 0;
  #graphCount = 0;
  readonly graphs: GraphDefinition[] = [];
  readonly script: Record<string, readonly Behaviour[]> = {};
  readonly answered: string[] = [];

  constructor(private readonly merge: object) {}

  graph(program: readonly Block[], id: string): string {
    const parts = new Parts();
    const entry_point = this.#sequence(program, null, parts) ?? this.#node(parts, {});
    const { nodes, edges, conditional_edges, parallel_edges, for_each_edges } = parts;
    const links = { edges, conditional_edges, parallel_edges, for_each_edges };
    const document = { name: id, graph_id: id, entry_point, nodes, ...links, merge: this.merge };
    this.graphs.unshift(graphDefinitionSchema.parse(document));
    return id;
  }

  #sequence(program: readonly Block[], next: string | null, parts: Parts): string | null {
    return program.reduceRight<string | null>((after, block) => this.#block(block, after, parts), next);
  }

  #block(block: Block, next: string | null, parts: Parts): string {
    const on = next ?? 'END';
    const exits = (to: Exits | null) => this.#exit(to, next, parts);
    switch (block.kind) {
      case 'step':
        return this.#step(block, next, parts);
      case 'delay': {
        const seconds = `\${ ${block.ms / 1000} + 0.017 * (has(run.index) ? run.index : 0) }`;
        return parts.link(this.#node(parts, { tool_name: 'delay', params: { seconds } }), next);
      }
      case 'ask': {
        const params = { message: 'Well?', schema: { type: 'string' } };
        return this.#wait({ ...block, tool: 'wait_for_input', params }, next, parts);
      }
      case 'signal': {
        const params = { name: block.name, schema: { type: 'integer' } };
        return this.#wait({ ...block, isAnswered: block.isSent, tool: 'wait_for_signal', params }, next, parts);
      }
      case 'call': {
        const params = { graph_id: this.graph(block.body, `sub-${++this.#graphCount}`), input: '${ run.step }' };
        const { retry } = block;
        return parts.link(this.#node(parts, { ...exits(block.onError), retry, tool_name: 'run_graph', params }), next);
      }
      case 'choice': {
        const [yes, no] = [block.yes, block.no].map((way) => this.#sequence(way, next, parts) ?? 'END');
        return this.#choice(block.when, yes!, no!, parts);
      }
      case 'loop': {
        const name = this.#node(parts, {});
        const to_node = this.#sequence(block.body, name, parts);
        parts.conditional_edges.push({ from_node: name, cases: [{ when: block.when, to_node }], otherwise: on });
        return to_node ?? name;
      }
      case 'parallel': {
        const from_node = this.#node(parts, {});
        const to_nodes = block.branches.map((branch) => this.#sequence(branch, on, parts));
        const most = to_nodes.length;
        parts.parallel_edges.push({ from_node, to_nodes, join_node: on, ...this.#edge(block, exits, most) });
        return from_node;
      }
      case 'each': {
        const from_node = this.#node(parts, {});
        const to_node = this.#sequence(block.body, on, parts);
        const items = `\${ ${block.items} }`;
        const edge = { from_node, items, to_node, join_node: on, collect_as: 'got' };
        parts.for_each_edges.push({ ...edge, ...this.#edge(block, exits) });
        return from_node;
      }
    }
  }

  #step({ retry, timeoutMs, param, does, leads, onError }: Step, next: string | null, parts: Parts): string {
    const limits = { retry, timeout_seconds: timeoutMs && timeoutMs / 1000 };
    const params = param && { value: param };
    const name = this.#node(parts, { ...this.#exit(onError, next, parts), ...limits, params }, does);
    if (leads !== 'nowhere') parts.link(name, leads === 'END' ? 'END' : next);
    return name;
  }

  #wait({ tool, params, retry, expiresMs, onError, isAnswered }: Wait, next: string | null, parts: Parts): string {
    const expires = expiresMs === null ? {} : { expires_in_seconds: expiresMs / 1000 };
    const exits = this.#exit(onError, next, parts);
    const name = this.#node(parts, { ...exits, retry, tool_name: tool, params: { ...params, ...expires } });
    if (isAnswered) this.answered.push(name);
    return parts.link(name, next);
  }

  #edge(
    { maxParallel, join, onError }: { maxParallel: number | null; join: Join; onError: Exits | null },
    exits: (to: Exits | null) => object,
    most = Number.POSITIVE_INFINITY,
  ) {
    const needed = typeof join.join === 'number' ? { join: Math.min(join.join, most) } : {};
    return { ...(maxParallel !== null && { max_parallel: maxParallel }), ...join, ...needed, ...exits(onError) };
  }

  #choice(when: string, yes: string, no: string, parts: Parts): string {
    const from_node = this.#node(parts, {});
    const byFunction = { condition_function: when, ...(when === 'many' && { routes: { yes, no } }) };
    const byCases = { cases: [{ when, to_node: yes }], otherwise: no };
    parts.conditional_edges.push({ from_node, ...(conditions.includes(when) ? byFunction : byCases) });
    return from_node;
  }

  #exit(to: Exits | null, next: string | null, parts: Parts): { on_error?: string | object[] } {
    if (to === null) return {};
    if (typeof to === 'string') return { on_error: this.#target(to, next, parts) };
    return {
      on_error: to.map(({ to: exit, ...filter }) => {
        return { ...withoutNulls(filter), to_node: this.#target(exit, next, parts) };
      }),
    };
  }

  #target(to: Exit, next: string | null, parts: Parts): string {
    if (to === 'handler') return parts.link(this.#node(parts, {}), next);
    return to === 'END' ? 'END' : (next ?? 'END');
  }

  #node(parts: Parts, details: Record<string, unknown>, does: readonly Behaviour[] = [CALM]): string {
    const name = `n${++this.#count}`;
    const given = withoutNulls(details);
    parts.nodes.push({ name, tool_name: 'scripted', ...given });
    if (!('tool_name' in given)) this.script[name] = does;
    return name;
  }
}

class Parts {
  readonly nodes: object[] = [];
  readonly edges: object[] = [];
  readonly conditional_edges: object[] = [];
  readonly parallel_edges: object[] = [];
  readonly for_each_edges: object[] = [];

  link(from_node: string, to_node: string | null): string {
    if (to_node !== null) this.edges.push({ from_node, to_node });
    return from_node;
  }
}

/** Without the keys that are null, in the objects of a list too. */
function withoutNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, key === 'retry' && Array.isArray(one) ? one.map(withoutNulls) : one]),
  );
}
