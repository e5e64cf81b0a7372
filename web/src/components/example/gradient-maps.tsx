import type { Gradient } from "../../api/types";
import { moment, score } from "../../lib/format";
import { hrefOf, nameOf, nativeSize } from "../../lib/gradient-map";
import { moveTo, onPlainClick } from "../../lib/location";
import "./gradient-maps.css";
import { Pixels } from "../pixels";

interface Props {
  /** In the order of training. */
  maps: Gradient[];
  /** The one that is shown large; none where there are no maps. */
  chosen: Gradient | undefined;
  /** When the audit gave its maps up; null while it keeps them. */
  droppedAt: string | null;
}

/** The gradient maps of all checkpoints, to choose from. */
export function GradientMaps({ maps, chosen, droppedAt }: Props) {
  return (
    <section class="gradient-maps" aria-label="Gradients">
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
                <Pixels src={nativeSize(map)} alt={nameOf(map)} />
                epoch {map.epoch}
              </a>
            ))}
          </nav>
          <Scale maps={maps} />
        </>
      ) : (
        <p class="small quiet">
          {droppedAt
            ? `This audit gave its gradient maps up on ${moment(droppedAt)}; what was scored from them stays.`
            : "This audit has no gradient maps; they come with the signal vog."}
        </p>
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
