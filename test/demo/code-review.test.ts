import { describe, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import type { ToolContext } from '../../src/core/tool/tool.js';
import { checkComplexity } from '../../src/demo/check-complexity.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { extractCode } from '../../src/demo/extract-code.js';
import { generateImprovements } from '../../src/demo/generate-improvements.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { cyclomaticNumber, functionNames } from '../../src/demo/python-source.js';
import { qualityGate } from '../../src/demo/quality-gate.js';
import { DEMO_DATA, DEMO_LOGS, MESSY_CODE } from '../helpers/demo.js';

function context(logs: string[] = []): ToolContext {
  return {
    params: {},
    log: (message) => logs.push(message),
    signal: new AbortController().signal,
    idempotencyKey: 'run/1',
    runId: 'run',
    node: 'node',
    attempt: 1,
    emit: () => undefined,
    usage: () => undefined,
  };
}

describe('the demo', () => {
  it('reviews the messy function in three rounds', () => {
    const logs: string[] = [];
    const data: Record<string, unknown> = {};
    const state = { input_data: MESSY_CODE, data };
    const visits: string[] = [];
    Object.assign(data, extractCode.run(state, context(logs)));
    for (let target = 'analyze'; target !== 'END'; target = qualityGate.choose(state)) {
      if (target === 'improve') Object.assign(data, generateImprovements.run(state, context(logs)));
      visits.push(target);
      Object.assign(data, checkComplexity.run(state, context(logs)));
    }
    expect(visits).toEqual(['analyze', 'improve', 'improve', 'improve']);
    expect(data).toEqual(DEMO_DATA);
    expect(logs).toEqual(DEMO_LOGS.filter((line) => line.startsWith('Calculated')));
  });

  it('has a graph that fits the schema and names only what is registered', () => {
    const registry = createRegistry(codeReviewDefinitions);
    expect(graphDefinitionSchema.parse(codeReviewGraph)).toEqual(codeReviewGraph);
    for (const node of codeReviewGraph.nodes) expect(registry.tools.has(node.tool_name)).toBe(true);
    for (const edge of codeReviewGraph.conditional_edges ?? []) {
      expect(registry.conditions.has(edge.condition_function ?? '')).toBe(true);
    }
    expect(codeReviewGraph).toMatchObject({ graph_id: 'demo-review', name: 'Code Review Agent Demo' });
  });

  it('takes code in an object, and refuses any other input in words', () => {
    expect(extractCode.run({ input_data: { code: MESSY_CODE }, data: {} }, context())).toEqual({
      functions: ['messy_function'],
      review_round: 0,
    });
    for (const input_data of [null, 7, true, [MESSY_CODE], {}, { code: 7 }]) {
      expect(() => extractCode.run({ input_data, data: {} }, context())).toThrow('input_data must be Python source');
      expect(() => checkComplexity.run({ input_data, data: {} }, context())).toThrow(
        'input_data must be Python source',
      );
    }
  });

  it('never scores below 0, and begins at round 0', () => {
    expect(checkComplexity.run({ input_data: '', data: { review_round: 9 } }, context())).toEqual({
      complexity_score: 0,
    });
    expect(checkComplexity.run({ input_data: '', data: {} }, context())).toEqual({ complexity_score: 5 });
    expect(generateImprovements.run({ input_data: '', data: {} }, context())).toEqual({ review_round: 1 });
  });

  it('ends below 10 and improves from 10 on; without a score it says so', () => {
    const choose = (data: Record<string, unknown>) => qualityGate.choose({ input_data: '', data });
    expect(choose({ complexity_score: 9 })).toBe('END');
    expect(choose({ complexity_score: 10 })).toBe('improve');
    expect(() => choose({})).toThrow('complexity_score is not set');
    expect(qualityGate.outcomes).toEqual(['END', 'improve']);
  });
});

describe('cyclomaticNumber', () => {
  it.each([
    ['', 1],
    ['x = 1', 1],
    ['if a and b or c:\n  pass\nelif d:\n  pass\nelse:\n  pass', 5],
    ['try:\n  f()\nexcept E:\n  pass\nfinally:\n  pass', 2],
    ['match x:\n  case 1:\n    pass\n  case _:\n    pass', 3],
    ['[a for a in b if a]', 3],
    ['x = 1 if y else 2', 2],
    ['while(True):pass', 2],
    ['notify(); format(); before_if = iffy; whiles = elifs; order = android', 1],
    ['_if = if_ = if1 = 1', 1],
    ['éif = ifé = 1', 1],
    ['IF = For = 1', 1],
  ])('of %j is %i', (source, number) => {
    expect(cyclomaticNumber(source)).toBe(number);
  });

  it.each([
    ['a comment', '# if for while\nx = 1'],
    ['a comment at the end', 'x = 1 # if it is so'],
    ['a comment with a quote', "# don't\nx = 1"],
    ['a string', `x = "if" + 'while'`],
    ['a string with a hash', `x = "# " # if`],
    ['an escaped quote', String.raw`x = "a \" if b"`],
    ['an escaped backslash before the end', String.raw`x = "\\"; y = " if "`],
    ['a line that is continued inside a string', 'x = "a \\\n if b"'],
    ['one continued with a carriage return', 'x = "a \\\r\n if b"'],
    ['a docstring', 'def f():\n  """If so, for each\n  and every \'one\' "or" two."""\n  return 1'],
    ['three single quotes', "x = '''\nif \"\"\" while\n'''"],
    ['an escaped quote in three', String.raw`x = """ \""" if """`],
    ['an empty string before a word in a string', `x = "" "if"`],
    ['a raw string', String.raw`x = r"\" if "`],
    ['bytes', `x = b'if' + Rb"for"`],
    ['an f-string', `x = f"{a if b else c} and {d}"`],
    ['an open string of three quotes', 'x = """ if'],
    ['one that ends in a backslash', 'x = """ if \\'],
    ['an open string in one line', 'x = "if'],
  ])('skips %s', (_, source) => {
    expect(cyclomaticNumber(source)).toBe(1);
  });

  it.each([
    ['after a comment', '# note\nif x: pass'],
    ['after a comment that ends in a carriage return', '# note\rif x: pass'],
    ['after an open string', "x = don't\nif x: pass"],
    ['right beside strings', `x = "a"or"b"`],
    ['after an empty string', `x = "" or y`],
    ['after a string of three quotes', `x = """a""" if b else c`],
    ['between strings with the other quote', `x = "'" if y else '"'`],
  ])('counts a word %s', (_, source) => {
    expect(cyclomaticNumber(source)).toBe(2);
  });

  it('takes very long strings', () => {
    expect(cyclomaticNumber(`x = """${'if "a" \\" '.repeat(500_000)}""" if y else z`)).toBe(2);
  });
});

describe('functionNames', () => {
  it.each([
    ['x = 1', []],
    ['def a(): pass\nasync def b(): pass\nclass C:\n\tdef  c_1(self): pass', ['a', 'b', 'c_1']],
    ['def outer():\n  def inner(): pass', ['outer', 'inner']],
    ['def é(): pass', ['é']],
    ['def generic[T](x: T): pass', ['generic']],
    ['# def no(): pass\nx = "def no(): pass"\n"""\ndef no(): pass\n"""', []],
    ['undef x; define(y); predef z', []],
    ['def', []],
  ])('of %j are %j', (source, names) => {
    expect(functionNames(source)).toEqual(names);
  });
});
