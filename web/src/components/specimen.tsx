import "./pixels.css";
import { Pixels } from "./pixels";
import "./specimen.css";

interface Props {
  imageUrl: string | null | undefined;
  /** Text, or its beginning; null where the example is none. */
  text: string | null | undefined;
  name: string;
  lazy?: true;
}

/** What an example is, in a square of `--box` pixels: its image, the words of a text, or else its key. */
export function Specimen({ imageUrl, text, name, lazy }: Props) {
  if (imageUrl) return <Pixels src={imageUrl} alt={name} {...(lazy && { lazy })} />;
  return (
    <span class="pixels specimen small" title={name}>
      <span class="specimen__words" dir="auto">
        {text ?? name}
      </span>
    </span>
  );
}
