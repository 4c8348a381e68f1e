/** Units that names of metrics should not have, and the ones that they should. @see https://prometheus.io/docs/practices/naming/ */
const UNITS: Readonly<Record<string, string>> = {
  milliseconds: 'seconds',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  kilobytes: 'bytes',
  megabytes: 'bytes',
  bits: 'bytes',
  percent: 'ratio',
};

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly string[];
}

/**
 * What is wrong with a text of metrics, by the rules that `promtool check metrics` has: each has a help; counters, and
 * they alone, end in `_total`; names are in snake_case, hold no type and no unit but the base one; `_count`, `_sum` and
 * `_bucket`, and the label `le`, belong to histograms and summaries. And that no sample is there twice.
 */
export function lintMetrics(text: string): string[] {
  const metrics = metricsIn(text);
  const samples = metrics.flatMap((metric) => metric.samples.map((line) => line.slice(0, line.lastIndexOf(' '))));
  const twice = samples.filter((sample, index) => samples.indexOf(sample) !== index);
  return [...metrics.flatMap(problemsOf), ...twice.map((sample) => `${sample} is there twice`)];
}

function metricsIn(text: string): Metric[] {
  return text.split(/^(?=# HELP )/m).flatMap((block): Metric[] => {
    const [, name = '', help = ''] = /^# HELP (\S+) ?(.*)$/m.exec(block) ?? [];
    const [, type = 'untyped'] = /^# TYPE \S+ (\S+)$/m.exec(block) ?? [];
    const samples = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return name === '' ? [] : [{ name, type, help, samples }];
  });
}

function problemsOf({ name, type, help, samples }: Metric): string[] {
  const words = name.split('_');
  const isDistribution = type === 'histogram' || type === 'summary';
  const found: [boolean, string][] = [
    [help.trim() === '', 'has no help'],
    [type === 'untyped', 'has no type'],
    [type === 'counter' && !name.endsWith('_total'), 'is a counter without _total'],
    [type !== 'counter' && name.endsWith('_total'), 'ends in _total, and is no counter'],
    [!isDistribution && /_(count|sum|bucket)$/.test(name), 'has a suffix of histograms'],
    [type !== 'histogram' && samples.some((line) => /[{,]le="/.test(line)), 'has the label of histograms'],
    [/[A-Z:]/.test(name), 'is not in snake_case'],
    [words.some((word) => ['counter', 'gauge', 'histogram', 'summary'].includes(word)), 'has its type in its name'],
    [words.some((word) => word in UNITS), 'has a unit that is not a base unit'],
    [samples.some((line) => !line.startsWith(name)), 'has samples of another name'],
  ];
  return found.flatMap(([isWrong, problem]) => (isWrong ? [`${name} ${problem}`] : []));
}
