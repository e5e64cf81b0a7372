import type { AuditedExample, Gradient } from "../api/types";
import { score } from "../lib/format";
import { moveTo, onPlainClick } from "../lib/location";
import "./gradient-maps.css";
import { Pixels } from "./pixels";

interface Props {
  example: AuditedExample;
  /** Position of the checkpoint to show large; the last one where it is not a position. */
  checkpoint: number;
}

/** The image or text beside its gradient map, and the maps of all checkpoints to choose from. */
export function GradientMaps({ example, checkpoint }: Props) {
  const maps = example.gradients;
  const chosen = maps.find((map) => map.checkpoint === checkpoint) ?? maps.at(-1);
  return (
    <section class="gradient-maps" aria-label="Example and gradients">
      <div class="gradient-maps__pair">
        {example.image_url && (
          <figure>
            <Pixels key={example.image_url} src={example.image_url} alt={example.key} />
            <figcaption class="small quiet">Image</figcaption>
          </figure>
        )}
        {example.text != null && (
          <figure class="gradient-maps__text">
            <blockquote dir="auto">{example.text}</blockquote>
            <figcaption class="small quiet">Text</figcaption>
          </figure>
        )}
        {chosen && (
          <figure>
            <Pixels src={nativeSize(chosen)} alt={name(chosen)} />
            <figcaption class="small quiet">{name(chosen)}</figcaption>
          </figure>
        )}
      </div>
      {chosen ? (
        <>
          {maps.length > 1 && <Slider maps={maps} chosen={chosen} />}
          <nav class="gradient-maps__strip" aria-label="Checkpoints">
            {maps.map((map) => (
              <a
                key={map.url}
                href={hrefOf(map)}
                onClick={onPlainClick(moveTo, hrefOf(map))}
                aria-current={map === chosen ? "true" : undefined}
                class="gradient-maps__choice small"
              >
                <Pixels src={nativeSize(map)} alt={name(map)} />
                epoch {map.epoch}
              </a>
            ))}
          </nav>
          <Scale maps={maps} />
        </>
      ) : (
        <p class="small quiet">This audit has no gradient maps; they come with the signal vog.</p>
      )}
    </section>
  );
}

/** Goes through the maps in the order of training. */
function Slider({ maps, chosen }: { maps: Gradient[]; chosen: Gradient }) {
  return (
    <label class="gradient-maps__slider small">
      Checkpoint
      <input
        type="range"
        min={0}
        max={maps.length - 1}
        value={maps.indexOf(chosen)}
        aria-valuetext={`after epoch ${chosen.epoch}`}
        onInput={(event) => {
          const map = maps[event.currentTarget.valueAsNumber];
          if (map) moveTo(hrefOf(map));
        }}
      />
      <span aria-hidden="true">epoch {chosen.epoch}</span>
    </label>
  );
}

function Scale({ maps }: { maps: Gradient[] }) {
  const most = Math.max(...maps.map((map) => map.max_abs));
  return (
    <div class="gradient-maps__scale small">
      <span>−{score(most)}</span>
      <span class="gradient-maps__ramp" aria-hidden="true" />
      <span>+{score(most)}</span>
      <p class="quiet">
        How the label's logit changes with each pixel: red where a brighter pixel raises it, blue
        where it lowers it, white where it does nothing. One scale for all checkpoints.
      </p>
    </div>
  );
}

function name(map: Gradient): string {
  return `Gradient after epoch ${map.epoch}`;
}

/** One pixel of the picture per pixel of the map, so that it lines up with the image. */
function nativeSize(map: Gradient): string {
  return `${map.url}?scale=1`;
}

function hrefOf(map: Gradient): string {
  const url = new URL(location.href);
  url.searchParams.set("checkpoint", String(map.checkpoint));
  return url.pathname + url.search;
}
