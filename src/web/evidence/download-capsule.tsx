import { getText } from '../api.js';
import { useAction } from '../hooks.js';
import { Failure } from '../parts.js';
import { saveAs } from '../save-as.js';

/** Saves a run as a file. It is fetched, since a link could not send the key. */
export function DownloadCapsule({ runId }: { runId: string }) {
  const download = useAction(async () => {
    const text = await getText(`graph/runs/${encodeURIComponent(runId)}/capsule`);
    saveAs(`${runId}.capsule.json`, text);
  });
  return (
    <>
      <button type="button" onClick={download.run} disabled={download.busy}>
        Download capsule
      </button>
      <Failure message={download.error} />
    </>
  );
}
