/** What cannot be told is no zero. */
export function Untold({ why }: { why?: string }) {
  return (
    <span class="quiet" title={why}>
      –
    </span>
  );
}
