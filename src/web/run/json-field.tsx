/** A field for JSON, with what it is for. */
export function JsonField(props: {
  id: string;
  label: string;
  value: string;
  set: (text: string) => void;
  rows?: number;
  help?: string;
}) {
  const { id, label, value, set, rows = 5, help } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        spellcheck={false}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
        {...(help === undefined ? {} : { 'aria-describedby': `${id}-help` })}
      />
      {help === undefined ? null : (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

/**
 * The JSON of a field; `undefined` if it is empty.
 * @throws Error that says which field is no JSON
 */
export function jsonOf(text: string, what: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON. Texts need double quotes.`);
  }
}

/**
 * The object of a field; `undefined` if it is empty.
 * @throws Error that says which field is no JSON object
 */
export function objectOf(text: string, what: string): Record<string, unknown> | undefined {
  const value = jsonOf(text, what);
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what} must be a JSON object, such as {"key": "value"}.`);
  }
  return value as Record<string, unknown>;
}
