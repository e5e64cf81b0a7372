import type { AuditedExample, Gradient } from "../../api/types";
import { nameOf, nativeSize } from "../../lib/gradient-map";
import "./example-picture.css";
import { Pixels } from "../pixels";
import { WholeText } from "../whole-text";

interface Props {
  example: Pick<AuditedExample, "image_url" | "text" | "key">;
  /** What lies beside it. */
  map: Gradient | undefined;
}

/** The image or text, and a gradient map that lines up with it. */
export function ExamplePicture({ example: { image_url, text, key }, map }: Props) {
  return (
    <section class="example-picture" aria-label="Example">
      {image_url && (
        <figure>
          <Pixels key={image_url} src={image_url} alt={key} />
          <figcaption class="small quiet">Image</figcaption>
        </figure>
      )}
      {text != null && (
        <figure class="example-picture__text">
          <WholeText text={text} />
          <figcaption class="small quiet">Text</figcaption>
        </figure>
      )}
      {map && (
        <figure>
          <Pixels src={nativeSize(map)} alt={nameOf(map)} />
          <figcaption class="small quiet">{nameOf(map)}</figcaption>
        </figure>
      )}
    </section>
  );
}
