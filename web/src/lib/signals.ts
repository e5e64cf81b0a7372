import { api, unwrap } from "../api/client";
import type { ScoreInfo, SignalInfo, SignalName } from "../api/types";
import { useResource } from "./resource";

/** What the signals are looked at for that are the page's entrances. */
const ENTRANCES: Partial<Record<SignalName, string>> = {
  label_issue: "Probable wrong labels",
  vog: "Hardest examples",
};

/** What the reader comes for, where the signal has such a name. */
export function entrance(signal: string): string | null {
  return ENTRANCES[signal as SignalName] ?? null;
}

/** What a ranking is called: what one comes for, else the signal's title. */
export function rankingName(signal: string, signals: ReadonlyMap<string, SignalInfo>): string {
  return entrance(signal) ?? signals.get(signal)?.title ?? signal.replaceAll("_", " ");
}

/** The direction in words. */
export function direction(info: Pick<SignalInfo, "direction">): string {
  return info.direction === "low-harder" ? "low is harder" : "high is harder";
}

/** One line with everything that a number needs, for hovering over it. */
export function meaning(info: SignalInfo | ScoreInfo): string {
  return `${info.title} in ${info.unit}, ${info.range}, ${direction(info)}: ${info.formula}`;
}

/** All signals with their meaning, by name. */
export function useSignals(): Map<string, SignalInfo> {
  const signals = useResource("signals", () => unwrap(api.GET("/v1/signals")));
  return new Map(signals.data?.items.map((info) => [info.name, info]));
}
