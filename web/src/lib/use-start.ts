import { useRef, useState } from "preact/hooks";
import { isAnswer, problemOf } from "../api/client";
import { RequestId } from "../api/fresh-id";
import { startAudit } from "../api/start";
import type { Problem } from "../api/types";
import { goTo } from "./location";
import { auditPath } from "./route";

/** Begins an audit once, also when it is asked for twice, and goes to it. */
export function useStart() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const request = useRef(new RequestId());

  async function start(body: Parameters<typeof startAudit>[0]) {
    setBusy(true);
    setProblem(null);
    try {
      const audit = await startAudit(body, request.current.of(body));
      goTo(auditPath(audit.id));
    } catch (thrown) {
      const found = problemOf(thrown);
      if (isAnswer(found)) request.current.answered();
      setProblem(found);
      setBusy(false);
    }
  }
  return { problem, busy, start, forget: () => setProblem(null) };
}
