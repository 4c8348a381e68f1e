/** A span that has arrived at a collector. Ids are hex digits. */
export interface ArrivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** Those that are text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** Fields of a message of Protocol Buffers whose values have a length: text, bytes and messages. */
type Fields = ReadonlyMap<number, readonly Buffer[]>;

/** Reads what exporters send to `/v1/traces` of a collector: an ExportTraceServiceRequest of OTLP 1. */
export function readSpans(request: Buffer): ArrivedSpan[] {
  return messages(read(request), 1).flatMap((resourceSpans) => {
    const [resource = new Map()] = messages(resourceSpans, 1);
    const service = attributesOf(resource, 1)['service.name'] ?? '';
    const spans = messages(resourceSpans, 2).flatMap((scopeSpans) => messages(scopeSpans, 2));
    return spans.map((span) => ({
      service,
      name: text(span, 5),
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentSpanId: hex(span, 4),
      attributes: attributesOf(span, 9),
      links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
    }));
  });
}

function read(message: Buffer): Fields {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const skip: Readonly<Record<number, () => void>> = {
    0: varint,
    1: () => {
      at += 8;
    },
    5: () => {
      at += 4;
    },
  };
  while (at < message.length) {
    const key = varint();
    const [field, wireType] = [Math.floor(key / 8), key % 8];
    if (wireType !== 2) {
      skip[wireType]!();
      continue;
    }
    const length = varint();
    fields.set(field, [...(fields.get(field) ?? []), message.subarray(at, at + length)]);
    at += length;
  }
  return fields;
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map(read);
}

function text(fields: Fields, field: number): string {
  return fields.get(field)?.[0]?.toString('utf8') ?? '';
}

function hex(fields: Fields, field: number): string {
  return fields.get(field)?.[0]?.toString('hex') ?? '';
}

/** Pairs of a key and a value, which is one of several kinds: text is the first. */
function attributesOf(fields: Fields, field: number): Record<string, string> {
  const pairs = messages(fields, field).map((pair) => [text(pair, 1), text(messages(pair, 2)[0] ?? new Map(), 1)]);
  return Object.fromEntries(pairs);
}
