import { useState } from "preact/hooks";
import { problemOf, refusal } from "../../api/client";
import type { Audit, Problem } from "../../api/types";
import { apiQuery, fileUrl, type View } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import "./ranking-files.css";

interface Props {
  audit: Audit;
  view: View;
}

/** The ranking as a file, and the labels as decisions leave them. */
export function RankingFiles({ audit, view }: Props) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const { self } = audit.urls;
  const formats: [name: string, address: string][] = [
    ["CSV", audit.urls.ranking_csv],
    ["JSON Lines", audit.urls.ranking_jsonl],
    ["Parquet", audit.urls.ranking_parquet],
  ];
  return (
    <div class="ranking-files small">
      <span class="quiet">Download</span>
      {formats.map(([name, address]) => (
        <a key={name} href={fileUrl(address, view)} download data-leaves>
          <span class="unseen">Download as </span>
          {name}
        </a>
      ))}
      <details class="ranking-files__others">
        <summary>Labels and other tools</summary>
        <ul>
          <Entry name="Cleaned labels" href={`${self}/labels.csv`}>
            the whole dataset with the decisions applied
          </Entry>
          <li>
            <button
              type="button"
              class="ranking-files__moves"
              onClick={() => save(`${self}/moves.sh`, "moves.sh").then(setProblem)}
            >
              Folder moves
            </button>{" "}
            <span class="quiet">the same as a script that moves files between class folders</span>
          </li>
          <Entry name="cleanlab" href={cleanlabUrl(`${self}/cleanlab.csv`, view)}>
            label issues in its columns, where a low score is worse
          </Entry>
          <Entry name="Label Studio" href={fileUrl(`${self}/label-studio.json`, view)}>
            this ranking as tasks, with suggestions and decisions
          </Entry>
        </ul>
        {problem && <ProblemNote problem={problem} />}
      </details>
    </div>
  );
}

function Entry({ name, href, children }: { name: string; href: string; children: string }) {
  return (
    <li>
      <a href={href} download data-leaves>
        {name}
      </a>{" "}
      <span class="quiet">{children}</span>
    </li>
  );
}

/** The filters alone: it is always of label issues. */
function cleanlabUrl(address: string, view: View): string {
  const { signal: _, window, variant, level, order, ...filters } = apiQuery(view);
  const pairs = Object.entries(filters).map(([name, value]) => [name, String(value)]);
  return pairs.length > 0 ? `${address}?${new URLSearchParams(pairs)}` : address;
}

/** Fetches what the server may refuse, so that its words can be shown here; null where it was saved. */
async function save(address: string, name: string): Promise<Problem | null> {
  try {
    const response = await fetch(address);
    if (!response.ok) {
      const body: unknown = await response.json().catch(() => null);
      throw refusal(response.status, body, response.headers.get("x-request-id"));
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
    return null;
  } catch (thrown) {
    return problemOf(thrown);
  }
}
