import { useEffect, useMemo } from "preact/hooks";
import { openOf } from "../api/samples";
import { SampleQueue } from "./sample-queue";
import { useChanges } from "./use-changes";

/** What is still to be reviewed of a sample; drawn again whenever it changes. */
export function useSampleQueue(audit: string, sample: string): SampleQueue {
  const queue = useMemo(
    () => new SampleQueue((limit) => openOf(audit, sample, limit)),
    [audit, sample],
  );
  useChanges(queue);
  useEffect(() => void queue.more(), [queue]);
  return queue;
}
