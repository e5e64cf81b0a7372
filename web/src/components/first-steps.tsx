import { newAuditPath } from "../lib/route";
import "./button.css";
import "./first-steps.css";

/** What to do when there is nothing yet. */
export function FirstSteps() {
  const origin = location.origin;
  return (
    <section class="first-steps" aria-labelledby="first-steps">
      <h1 id="first-steps" class="first-steps__title">
        Nothing here yet
      </h1>
      <p>
        Give Unearth a labelled set of images: a folder with one subfolder per class, zipped or not,
        images with a CSV of labels, IDX files, or an npz.
      </p>
      <p>
        <a class="button button--main" href={newAuditPath()}>
          New audit
        </a>
      </p>
      <p>Or from a terminal:</p>
      <pre class="first-steps__command">
        <code>unearth audit path/to/images</code>
      </pre>
      <p>Or post an archive, then open it here and start an audit:</p>
      <pre class="first-steps__command">
        <code>
          {`curl -H "Authorization: Bearer $TOKEN" -T images.zip -X POST \\\n  "${origin}/v1/datasets?name=images.zip"`}
        </code>
      </pre>
    </section>
  );
}
