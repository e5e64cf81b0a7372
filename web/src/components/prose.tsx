/** The server's words, with what stands between backticks set as code. */
export function Prose({ text }: { text: string }) {
  const parts = text.split("`");
  // An odd backtick is not markup; then the text is shown as it came.
  if (parts.length % 2 === 0) return <>{text}</>;
  return (
    <>
      {parts.map((part, at) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have no other name.
        at % 2 === 0 ? part : <code key={at}>{part}</code>,
      )}
    </>
  );
}
