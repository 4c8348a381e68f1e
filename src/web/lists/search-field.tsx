/** The field of a list in which a text is searched for. */
export function SearchField(props: { id: string; hint: string; text: string | null }) {
  const { id, hint, text } = props;
  return (
    <div class="field wide">
      <label for={id}>Search</label>
      <input id={id} name="search" type="search" maxLength={200} placeholder={hint} defaultValue={text ?? ''} />
    </div>
  );
}
