/** A UUID that nobody else has. (`crypto.randomUUID` is missing where the page comes over plain HTTP.) */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The id of a request. While the same is asked for and not answered it stays, so that it is carried out once. */
export class RequestId {
  private sent = { body: "", id: "" };

  of(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.sent.body !== text) this.sent = { body: text, id: freshId() };
    return this.sent.id;
  }

  /** It was carried out or refused: the next one is another request. */
  answered(): void {
    this.sent.body = "";
  }
}
