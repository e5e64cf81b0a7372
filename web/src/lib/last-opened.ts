let opened: { audit: string; index: number } | null = null;

/** Which example was open last, so that the grid can put the reader back there. */
export const lastOpened = {
  set(audit: string, index: number): void {
    opened = { audit, index };
  },
  /** Its index if it belongs to this audit; told once. */
  take(audit: string): number | null {
    const index = opened?.audit === audit ? opened.index : null;
    opened = null;
    return index;
  },
};
