/** Text as `application/x-www-form-urlencoded` has it: https://url.spec.whatwg.org/#urlencoded-serializing */
export function encodeForForm(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice('v='.length);
}
