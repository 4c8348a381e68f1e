/** Loads the editor of graphs, which is a bundle of its own. */
export function loadGraphEditor(): Promise<typeof import('./graph-editor.js')> {
  return import('./graph-editor.js');
}
