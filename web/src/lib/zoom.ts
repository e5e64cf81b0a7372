/** A part of the epochs, both ends included. */
export interface Span {
  from: number;
  to: number;
}

/** All epochs there are to come; two at least, since one makes no axis. */
export function allEpochs(lastEpoch: number): Span {
  return { from: 1, to: Math.max(lastEpoch, 2) };
}

/** The epochs between two places on the axis; null, which means all, where it is everything or nothing. */
export function between(one: number, other: number, lastEpoch: number): Span | null {
  const from = Math.round(Math.min(one, other));
  const to = Math.round(Math.max(one, other));
  return fitted(from, to - from, lastEpoch);
}

/** Half as many epochs, the one that is read staying where it is. */
export function closer(span: Span | null, about: number, lastEpoch: number): Span | null {
  return scaled(span, about, lastEpoch, 0.5);
}

/** Twice as many epochs. */
export function wider(span: Span | null, about: number, lastEpoch: number): Span | null {
  return scaled(span, about, lastEpoch, 2);
}

/** The same number of epochs, moved just as far as it takes to hold one. */
export function holding(span: Span | null, epoch: number, lastEpoch: number): Span | null {
  if (span === null) return null;
  const width = span.to - span.from;
  if (epoch < span.from) return fitted(epoch, width, lastEpoch);
  if (epoch > span.to) return fitted(epoch - width, width, lastEpoch);
  return span;
}

function scaled(span: Span | null, about: number, lastEpoch: number, by: number): Span | null {
  const { from, to } = span ?? allEpochs(lastEpoch);
  const width = Math.max(Math.round((to - from) * by), 1);
  const before = to > from ? (about - from) / (to - from) : 0;
  return fitted(Math.round(about - width * before), width, lastEpoch);
}

function fitted(from: number, width: number, lastEpoch: number): Span | null {
  const all = allEpochs(lastEpoch);
  const steps = Math.max(width, 1);
  if (steps >= all.to - all.from) return null;
  const start = Math.min(Math.max(from, all.from), all.to - steps);
  return { from: start, to: start + steps };
}
