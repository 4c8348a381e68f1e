import { postForText } from '../api.js';
import { readGraphText } from '../evidence/graph-text.js';
import { useLoaded } from '../hooks.js';
import { Panel } from '../parts.js';
import { LargePicture } from '../picture.js';

/** The graph that is written, as a picture. While the text is none that can be drawn, the picture before stays. */
export function LivePicture(props: { text: string; graphId: string | undefined; onGoTo: (pointer: string) => void }) {
  const { text, graphId, onGoTo } = props;
  const picture = useLoaded(
    async (signal) => {
      const read = readGraphText(text, graphId);
      if ('problem' in read) throw new Error(read.problem);
      return { text, svg: await postForText('graph/diagram?format=svg', read.document, signal) };
    },
    [text],
  );
  const drawn = picture.value;
  const isOld = picture.error !== undefined;
  const goTo = (node: string): void => {
    const at = nodesOf(text, graphId).indexOf(node);
    if (at !== -1) onGoTo(`/nodes/${at}/name`);
  };
  return (
    <Panel title="Picture">
      {drawn === undefined && isOld ? (
        <p class="quiet">There is a picture once the text is a graph with nodes.</p>
      ) : (
        <LargePicture svg={drawn?.svg} onNode={goTo} />
      )}
      {drawn !== undefined && isOld ? (
        <p class="quiet" role="status">
          This is the text as it was when it could last be drawn.
        </p>
      ) : null}
    </Panel>
  );
}

/** The names of the nodes in a text, in their order. */
function nodesOf(text: string, graphId: string | undefined): readonly unknown[] {
  const read = readGraphText(text, graphId);
  const nodes = 'document' in read ? (read.document as { nodes?: unknown }).nodes : [];
  return Array.isArray(nodes) ? nodes.map((node: { name?: unknown } | null) => node?.name) : [];
}
