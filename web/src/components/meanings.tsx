import "./meanings.css";

/** What the columns of a table mean, on demand. */
export function Meanings({ of }: { of: (readonly [title: string, meaning: string])[] }) {
  return (
    <details class="meanings small">
      <summary>What these numbers mean</summary>
      <dl>
        {of.map(([title, meaning]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
