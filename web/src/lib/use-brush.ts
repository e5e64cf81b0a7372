import { useRef, useState } from "preact/hooks";

/** A part of a picture, in shares of its width and height from the upper left. */
export interface Part {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Narrower than this is a click, not a part. */
const LEAST = 0.01;

/** A part of a picture that is drawn by dragging over it, and told once the pointer is let go. */
export function useBrush(onPart: (part: Part) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const [part, setPart] = useState<Part | null>(null);

  function reached(event: PointerEvent): Part | null {
    if (!start.current) return null;
    const { x, y } = place(event);
    return {
      left: Math.min(start.current.x, x),
      right: Math.max(start.current.x, x),
      top: Math.min(start.current.y, y),
      bottom: Math.max(start.current.y, y),
    };
  }

  const handlers = {
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      start.current = place(event);
    },
    onPointerMove(event: PointerEvent) {
      setPart(reached(event));
    },
    onPointerUp(event: PointerEvent) {
      const drawn = reached(event);
      start.current = null;
      setPart(null);
      if (drawn && drawn.right - drawn.left > LEAST) onPart(drawn);
    },
    onPointerCancel() {
      start.current = null;
      setPart(null);
    },
  };
  return { part, handlers };
}

function place(event: PointerEvent): { x: number; y: number } {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  const share = (at: number, from: number, size: number) =>
    Math.min(Math.max((at - from) / size, 0), 1);
  return {
    x: share(event.clientX, box.left, box.width),
    y: share(event.clientY, box.top, box.height),
  };
}
