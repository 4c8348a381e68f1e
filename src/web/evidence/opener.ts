import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type CapsuleReading, readCapsule } from './capsule-document.js';

/** The file that is open. It is in the memory of this tab alone, and goes with it. */
export interface Opened {
  readonly name: string;
  readonly reading: CapsuleReading;
}

/** Larger files are not read: a server exports nothing near this. */
const MAX_BYTES = 268_435_456;

export async function readFile(file: File): Promise<Opened> {
  const { name } = file;
  const mebibytes = MAX_BYTES / 1_048_576;
  if (file.size > MAX_BYTES) return { name, reading: { problem: `This file is larger than ${mebibytes} MiB.` } };
  try {
    return { name, reading: readCapsule(await file.text()) };
  } catch {
    return { name, reading: { problem: 'This file cannot be read.' } };
  }
}

/** Shows a capsule, wherever it comes from. */
export type OpenCapsule = (opened: Opened) => void;

export const CapsuleOpener = createContext<OpenCapsule>(() => {});

export function useOpenCapsule(): OpenCapsule {
  return useContext(CapsuleOpener);
}

/** Takes files that are dropped anywhere on the page. True while one is held over it. */
export function useDroppedFile(onFile: (file: File) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const over = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      // Without this the browser opens the file in place of the page.
      event.preventDefault();
      setIsOver(true);
    };
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const dropped = (event: DragEvent): void => {
      setIsOver(false);
      if (!holdsFiles(event)) return;
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) latest.current(file);
    };
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', left, { signal });
    addEventListener('drop', dropped, { signal });
    return () => controller.abort();
  }, []);
  return isOver;
}

function holdsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}
