import { refusal, unreachable } from "./client";
import type { Dataset } from "./types";

/** What may be said of an upload; empty fields are left to the server. */
export interface UploadOptions {
  /** Whether examples that cannot be used are left out instead of the whole being refused. */
  skipsBad: boolean;
  /** Side of the packed images in pixels. */
  imageSize: string;
  /** Path of the CSV manifest inside the archive. */
  manifest: string;
  /** Its column with the label. */
  labelColumn: string;
}

export const NO_UPLOAD_OPTIONS: UploadOptions = {
  skipsBad: false,
  imageSize: "",
  manifest: "",
  labelColumn: "",
};

/** Where a file of this name is posted to. */
export function uploadPath(name: string, options: UploadOptions): string {
  const { skipsBad, imageSize, manifest, labelColumn } = options;
  const query = new URLSearchParams({ name });
  if (skipsBad) query.set("on_bad_example", "skip");
  if (imageSize.trim()) query.set("image_size", imageSize.trim());
  if (manifest.trim()) query.set("manifest", manifest.trim());
  if (labelColumn.trim()) query.set("label_column", labelColumn.trim());
  return `/v1/datasets?${query}`;
}

/**
 * Posts a file and tells how many bytes are sent. Rejects with a `ProblemError`, or with an
 * `AbortError` once `signal` says stop. (`fetch` would not tell how far it is.)
 */
export function upload(
  file: File,
  options: UploadOptions,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Dataset> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as Dataset);
      else reject(refusal(request.status, body, request.getResponseHeader("x-request-id")));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", uploadPath(file.name, options));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
