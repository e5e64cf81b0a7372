/** Nobody waits longer than this, in milliseconds, also where the browser draws nothing. */
const PATIENCE = 100;

/** Once the screen shows what was just changed: what can wait comes after what the reader waits for. */
export function drawn(): Promise<void> {
  if (globalThis.document?.hidden ?? true) return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, PATIENCE);
  });
}
