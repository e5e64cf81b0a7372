import { useState } from "preact/hooks";
import "./pixels.css";

interface Props {
  src: string;
  alt: string;
  lazy?: true;
}

/**
 * An image in a square of `--box` pixels. Small images are shown at the largest whole multiple that
 * fits, with crisp pixels; large ones are scaled down. The square keeps its size while it loads.
 */
export function Pixels({ src, alt, lazy }: Props) {
  const [state, setState] = useState<"loading" | "shown" | "missing">("loading");
  return (
    <span class="pixels" data-state={state}>
      {state === "missing" && <span class="pixels__missing small">no image</span>}
      <img
        key={src}
        src={src}
        alt={alt}
        title={alt}
        class="pixels__image"
        loading={lazy ? "lazy" : "eager"}
        decoding="async"
        onLoad={(event) => {
          measure(event.currentTarget);
          setState("shown");
        }}
        onError={() => setState("missing")}
      />
    </span>
  );
}

/** Tells the style sheet the native size; the arithmetic of the multiple is done there. */
function measure(image: HTMLImageElement): void {
  const longer = Math.max(image.naturalWidth, image.naturalHeight);
  image.style.setProperty("--native-width", String(image.naturalWidth));
  image.style.setProperty("--native-longer", String(longer));
  const box = image.parentElement?.clientWidth ?? 0;
  image.classList.toggle("pixels__image--crisp", longer <= box);
}
