import { openKeyList } from "./key-list";
import "./top-bar.css";

export function TopBar() {
  return (
    <header class="top-bar">
      <a class="top-bar__name" href="/">
        Unearth
      </a>
      <nav class="top-bar__links small" aria-label="Site">
        <a href="/">Audits</a>
        <a href="/docs" data-leaves>
          API
        </a>
        <button type="button" class="top-bar__keys" onClick={openKeyList}>
          Keys <kbd>?</kbd>
        </button>
      </nav>
    </header>
  );
}
