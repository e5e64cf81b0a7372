/** The items whose name holds every typed word, in any case and order. */
export function matching<T>(items: readonly T[], typed: string, nameOf: (item: T) => string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => {
    const lower = nameOf(item).toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}
