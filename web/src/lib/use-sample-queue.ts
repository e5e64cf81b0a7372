import { useEffect, useMemo, useState } from "preact/hooks";
import { openOf } from "../api/samples";
import { SampleQueue } from "./sample-queue";

/** What is still to be reviewed of a sample; drawn again whenever it changes. */
export function useSampleQueue(audit: string, sample: string): SampleQueue {
  const queue = useMemo(
    () => new SampleQueue((limit) => openOf(audit, sample, limit)),
    [audit, sample],
  );
  const [, render] = useState(0);
  useEffect(() => {
    const stop = queue.subscribe(() => render((turn) => turn + 1));
    void queue.more();
    return stop;
  }, [queue]);
  return queue;
}
