import { useEffect } from 'preact/hooks';

/** Asks before somebody leaves something unsaved, by a link of the page or by closing it. */
export function useLeaving(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return;
    const unloading = (event: Event): void => event.preventDefault();
    const clicked = (event: Event): void => {
      const link = event.target instanceof Element ? event.target.closest('a[href^="#/"]') : null;
      if (link !== null && !confirm('Leave with unsaved changes? This tab keeps them as a draft.'))
        event.preventDefault();
    };
    addEventListener('beforeunload', unloading);
    document.addEventListener('click', clicked, true);
    return () => {
      removeEventListener('beforeunload', unloading);
      document.removeEventListener('click', clicked, true);
    };
  }, [isUnsaved]);
}
