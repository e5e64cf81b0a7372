import { useEffect, useState } from "preact/hooks";
import { api, problemOf, unwrap } from "../api/client";
import type { EstimatedAudit, Problem, StartAudit } from "../api/types";
import { useDebounced } from "./debounced";

const SETTLED_MS = 300;

/** What an audit would cost; what was foreseen before stays while choices change. */
export interface Foreseen {
  data: EstimatedAudit | null;
  problem: Problem | null;
  /** Whether it is not yet that of the present choices. */
  stale: boolean;
}

/** The estimate of a request, asked for again once its fields rest; null asks for nothing. */
export function useEstimate(body: StartAudit | null): Foreseen {
  const wanted = JSON.stringify(body);
  const settled = useDebounced(wanted, SETTLED_MS);
  const [held, setHeld] = useState({
    of: "",
    data: null as EstimatedAudit | null,
    problem: null as Problem | null,
  });

  useEffect(() => {
    if (settled === "null") return;
    const stop = new AbortController();
    const request = { body: JSON.parse(settled), signal: stop.signal };
    unwrap(api.POST("/v1/audits/estimate", request)).then(
      (data) => setHeld({ of: settled, data, problem: null }),
      (thrown) => {
        if (stop.signal.aborted) return;
        setHeld(({ data }) => ({ of: settled, data, problem: problemOf(thrown) }));
      },
    );
    return () => stop.abort();
  }, [settled]);

  return { data: held.data, problem: held.problem, stale: held.of !== wanted };
}
