import { useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { pretty } from '../format.js';
import { useAction, useLoaded } from '../hooks.js';
import { Failure, Heading } from '../parts.js';
import type { Schema } from '../types.js';
import type { ConditionList, ToolList } from '../wire-types.js';

type Tool = ToolList['tools'][number];

/** All tools and conditions of the server, for those who write graphs. */
export function CatalogueView() {
  const [wanted, setWanted] = useState('');
  const tools = useLoaded((signal) => getJson<ToolList>('graph/tools', signal), []);
  const conditions = useLoaded((signal) => getJson<ConditionList>('graph/conditions', signal), []);
  const fits = ({ name, description }: { name: string; description: string }): boolean =>
    `${name} ${description}`.toLowerCase().includes(wanted.trim().toLowerCase());
  const foundTools = tools.value?.tools.filter(fits) ?? [];
  const foundConditions = conditions.value?.conditions.filter(fits) ?? [];
  return (
    <>
      <Heading>Tools and conditions</Heading>
      <div class="field">
        <label for="catalogue-search">Search</label>
        <input
          id="catalogue-search"
          type="search"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      </div>
      <p class="quiet" role="status">
        {tools.value === undefined || conditions.value === undefined
          ? ''
          : `Tools: ${foundTools.length}. Conditions: ${foundConditions.length}.`}
      </p>
      <Failure message={tools.error ?? conditions.error} />
      <ul class="items" aria-label="Tools">
        {foundTools.map((tool) => (
          <ToolItem key={tool.name} tool={tool} />
        ))}
      </ul>
      <ul class="items" aria-label="Conditions">
        {foundConditions.map(({ name, description, outcomes }) => (
          <li key={name} class="panel item">
            <h2>
              {name} <span class="tag">condition</span>
            </h2>
            <p>{description}</p>
            <p class="quiet">
              {outcomes === null ? 'It does not say its outcomes.' : `Outcomes: ${outcomes.join(', ')}`}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function ToolItem({ tool }: { tool: Tool }) {
  const params = tool.params as Schema | null;
  const [isCopied, setIsCopied] = useState(false);
  const copy = useAction(async () => {
    await navigator.clipboard.writeText(pretty(nodeOf(tool)));
    setIsCopied(true);
  });
  return (
    <li class="panel item">
      <div class="item-head">
        <h2>{tool.name}</h2>
        <div class="item-aside">
          <span role="status">{isCopied ? '✓ Copied' : ''}</span>
          <button type="button" aria-label={`Copy a node with ${tool.name}`} onClick={copy.run}>
            Copy a node
          </button>
        </div>
      </div>
      <Failure message={copy.error} />
      <p>{tool.description}</p>
      {tool.errors === null || tool.errors.length === 0 ? null : (
        <p class="quiet">Codes of its errors: {tool.errors.join(', ')}</p>
      )}
      {params?.properties === undefined ? (
        <p class="quiet">It does not say its params.</p>
      ) : (
        <Params name={tool.name} params={params} />
      )}
    </li>
  );
}

function Params({ name, params }: { name: string; params: Schema }) {
  const all = Object.entries(params.properties ?? {});
  if (all.length === 0) return <p class="quiet">It has no params.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll params" tabIndex={0} aria-label={`Params of ${name}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Required</th>
            <th scope="col">Default</th>
            <th scope="col">Description</th>
          </tr>
        </thead>
        <tbody>
          {all.map(([key, schema]) => (
            <tr key={key}>
              <td>
                <code>{key}</code>
              </td>
              <td>{typeOf(schema)}</td>
              <td>{isRequired(params, key) ? 'yes' : 'no'}</td>
              <td>{schema.default === undefined ? '–' : <code>{JSON.stringify(schema.default)}</code>}</td>
              <td>{schema.description ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What has a default can be left out, whatever the schema of the checked value says. */
function isRequired(params: Schema, key: string): boolean {
  return params.required?.includes(key) === true && params.properties?.[key]?.default === undefined;
}

function typeOf({ type, enum: words }: Schema): string {
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(' | ');
  return type === undefined ? 'any' : [type].flat().join(' | ');
}

/** A node that uses a tool, with a place for each param that it needs. */
function nodeOf({ name, params }: Tool): unknown {
  const schema = params as Schema | null;
  const needed = Object.entries(schema?.properties ?? {}).filter(([key]) => schema !== null && isRequired(schema, key));
  const filled = Object.fromEntries(needed.map(([key, each]) => [key, exampleOf(each)]));
  return { name: `${name}_1`, tool_name: name, ...(needed.length === 0 ? {} : { params: filled }) };
}

function exampleOf({ type, enum: words, examples }: Schema): unknown {
  const given = examples?.[0] ?? words?.[0];
  if (given !== undefined) return given;
  switch ([type].flat()[0]) {
    case 'object':
      return {};
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return '';
  }
}
