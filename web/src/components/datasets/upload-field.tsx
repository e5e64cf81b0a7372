import { useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../../api/client";
import type { Dataset, Problem } from "../../api/types";
import { NO_UPLOAD_OPTIONS, type UploadOptions, upload } from "../../api/upload";
import { errorAt } from "../../lib/field-errors";
import { bytes, percent } from "../../lib/format";
import "../button.css";
import { TextField } from "../form-field";
import { ProblemNote } from "../problem-note";
import { Tick } from "../tick";
import "./upload-field.css";

interface Props {
  onUploaded: (dataset: Dataset) => void;
}

/** A place to drop or pick a file, and how far it is sent. */
export function UploadField({ onUploaded }: Props) {
  const [options, setOptions] = useState(NO_UPLOAD_OPTIONS);
  const [sending, setSending] = useState<{ file: File; sent: number } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  async function send(file: File | undefined) {
    if (!file) return;
    const controller = new AbortController();
    stop.current = controller;
    setProblem(null);
    setSending({ file, sent: 0 });
    try {
      const told = (sent: number) => setSending({ file, sent });
      onUploaded(await upload(file, options, told, controller.signal));
    } catch (thrown) {
      if (controller.signal.aborted) return;
      setProblem(problemOf(thrown));
    } finally {
      setSending(null);
    }
  }

  return (
    <div class="upload-field">
      {sending ? (
        <Sending {...sending} onCancel={() => stop.current?.abort()} />
      ) : (
        <Drop onFile={send} />
      )}
      {problem && <ProblemNote problem={problem} />}
      <details>
        <summary>How to read it</summary>
        <ReadingOptions options={options} problem={problem} onChange={setOptions} />
      </details>
    </div>
  );
}

function Drop({ onFile }: { onFile: (file: File | undefined) => void }) {
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for the file input within.
    <div
      class="upload-field__drop"
      data-over={over ? "" : undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer?.files[0]);
      }}
    >
      <label class="button button--main upload-field__pick">
        Choose a file
        <input
          class="unseen"
          type="file"
          accept=".zip,.tar,.tar.gz,.tgz,.npz,.gz"
          onChange={(event) => onFile(event.currentTarget.files?.[0])}
        />
      </label>
      <p>or drop it here</p>
      <p class="quiet small">
        zip, tar, tar.gz or npz: a folder per class, images with a CSV of labels, or IDX files
      </p>
    </div>
  );
}

function Sending({ file, sent, onCancel }: { file: File; sent: number; onCancel: () => void }) {
  // The request's own bytes are counted too.
  const share = file.size === 0 ? 1 : Math.min(1, sent / file.size);
  return (
    <div class="upload-field__progress">
      <p>
        {share === 1 ? "Sent, waiting for the server" : `Sending ${file.name}`}
        <span class="quiet">
          {" "}
          {bytes(Math.min(sent, file.size))} of {bytes(file.size)}, {percent(share)}
        </span>
      </p>
      <button type="button" class="button" onClick={onCancel}>
        Cancel upload
      </button>
      <progress aria-label={`Upload of ${file.name}`} max={1} value={share} />
    </div>
  );
}

interface OptionsProps {
  options: UploadOptions;
  problem: Problem | null;
  onChange: (options: UploadOptions) => void;
}

function ReadingOptions({ options, problem, onChange }: OptionsProps) {
  const errors = problem?.errors ?? [];
  return (
    <div class="upload-field__options">
      <Tick
        label="Leave out examples that cannot be used"
        hint="Otherwise one of them refuses the whole file. What is left out is listed."
        checked={options.skipsBad}
        onChange={(skipsBad) => onChange({ ...options, skipsBad })}
      />
      <div class="form-field__grid">
        <TextField
          label="Image size, px"
          hint="Side of the packed images, 8 to 1024. Empty: chosen from the data."
          numeric
          value={options.imageSize}
          error={errorAt(errors, "image_size")}
          onChange={(imageSize) => onChange({ ...options, imageSize })}
        />
        <TextField
          label="Manifest"
          hint="Path of the CSV inside the file. Empty: found by its columns."
          value={options.manifest}
          error={errorAt(errors, "manifest")}
          onChange={(manifest) => onChange({ ...options, manifest })}
        />
        <TextField
          label="Label column"
          hint="Its column with the label."
          placeholder="label"
          value={options.labelColumn}
          error={errorAt(errors, "label_column")}
          onChange={(labelColumn) => onChange({ ...options, labelColumn })}
        />
      </div>
    </div>
  );
}
