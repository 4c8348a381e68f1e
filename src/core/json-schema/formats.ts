import { fullFormats } from 'ajv-formats/dist/formats.js';

type Fits = (text: string) => boolean;

/** Longer text fits no format. No name, address or time is as long. */
const MAX_LENGTH = 8192;

/** An offset as RFC 3339 has it; ajv-formats takes `+01` and `+0130` too, and a space for the T. */
const OFFSET = /(?:z|[+-]\d\d:\d\d)$/i;

/** Every format that is checked. All others say nothing, as the specification has it. */
export const FORMATS: ReadonlyMap<string, Fits> = new Map(
  Object.entries<Fits>({
    date: fitsOf('date'),
    time: (text) => fitsOf('time')(text) && OFFSET.test(text),
    'date-time': (text) => fitsOf('date-time')(text) && OFFSET.test(text) && /t/i.test(text),
    email: fitsOf('email'),
    uri: fitsOf('uri'),
    uuid: (text) => text.length === 36 && fitsOf('uuid')(text),
    ipv4: fitsOf('ipv4'),
    ipv6: fitsOf('ipv6'),
    hostname: fitsOf('hostname'),
  }),
);

export function isKnownFormat(format: unknown): boolean {
  return typeof format === 'string' && FORMATS.has(format);
}

type Name = 'date' | 'time' | 'date-time' | 'email' | 'uri' | 'uuid' | 'ipv4' | 'ipv6' | 'hostname';

/** A format of ajv-formats is a regular expression, a function, or an object with one of them. */
function fitsOf(name: Name): Fits {
  const format: unknown = fullFormats[name];
  const check = typeof format === 'object' && format !== null && 'validate' in format ? format.validate : format;
  const fits = check instanceof RegExp ? (text: string) => check.test(text) : (check as Fits);
  return (text) => text.length <= MAX_LENGTH && fits(text);
}
