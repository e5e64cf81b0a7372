import { useEffect } from "preact/hooks";
import { createStore, useStore } from "./store";

const current = createStore(globalThis.location?.href ?? "http://localhost/");

/** The address the page shows, rendered again whenever it changes. */
export function useLocation(): URL {
  return new URL(useStore(current));
}

/** Goes to a new address; Back returns here. */
export function goTo(href: string): void {
  const before = location.pathname;
  history.pushState({ within: true }, "", href);
  current.set(location.href);
  if (location.pathname === before) return;
  scrollTo(0, 0);
  readOn();
}

/** Lets the keyboard and a screen reader go on at the new content instead of a control that is gone. */
export function readOn(): void {
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Changes the address in place: Back skips it. */
export function moveTo(href: string): void {
  history.replaceState(history.state, "", href);
  current.set(location.href);
}

/** Back to where the reader came from within the page, or to `href` when they came from outside. */
export function leaveTo(href: string): void {
  if (history.state?.within) history.back();
  else moveTo(href);
}

/** A click handler that goes to `href` in its own way; with a modifier the click stays the browser's. */
export function onPlainClick(go: (href: string) => void, href: string) {
  return (event: MouseEvent) => {
    if (hasModifier(event)) return;
    event.preventDefault();
    go(href);
  };
}

/** Keeps the page in step with Back, Forward and plain links. */
export function useLinks(): void {
  useEffect(() => {
    const update = () => current.set(location.href);
    addEventListener("popstate", update);
    document.addEventListener("click", followLink);
    return () => {
      removeEventListener("popstate", update);
      document.removeEventListener("click", followLink);
    };
  }, []);
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || hasModifier(event)) return;
  const link = (event.target as Element).closest?.("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin)
    return;
  if (link.dataset.leaves !== undefined) return;
  event.preventDefault();
  goTo(link.href);
}

function hasModifier(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}
