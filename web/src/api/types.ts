import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type SignalName = Schemas["Signal"];
export type Variant = Schemas["Variant"];
export type RankingQuery = NonNullable<
  paths["/v1/audits/{id}/examples"]["get"]["parameters"]["query"]
>;
export type SubsetName = NonNullable<RankingQuery["subset"]>;
export type Population = NonNullable<RankingQuery["population"]>;
export type Grouping = Schemas["Grouping"];

/** A problem document; problems that the page makes itself belong to no request. */
export type Problem = Omit<Schemas["Problem"], "request_id"> & { request_id?: string };
export type Dataset = Schemas["Dataset"];
export type Audit = Schemas["Audit"];
export type Progress = Schemas["Progress"];
export type ScoreSet = Schemas["ScoreSet"];
export type ScoreInfo = Schemas["ScoreInfo"];
export type SignalInfo = Schemas["SignalInfo"];
export type RankedExample = Schemas["RankedExample"];
export type AuditedExample = Schemas["AuditedExample"];
export type ExampleScore = Schemas["ExampleScore"];
export type Trajectory = Schemas["Trajectory"];
export type Gradient = Schemas["Gradient"];
export type SubsetOfAudit = Schemas["SubsetOfAudit"];
export type ArchaeologyReport = Schemas["ArchaeologyReport"];
export type CategoryReport = Schemas["CategoryReport"];
export type CategoryOfExample = Schemas["CategoryOfExample"];
export type OverSeeds = Schemas["OverSeeds"];
export type Statistics = Schemas["Statistics"];
export type BudgetEstimate = Schemas["BudgetEstimate"];
export type Stability = Schemas["Stability"];
export type Spread = Schemas["Spread"];
export type Groups = Schemas["Groups"];
export type Group = Schemas["Group"];
export type FlaggedInGroup = Schemas["FlaggedInGroup"];
export type Rate = Schemas["Rate"];
type Role = Schemas["Role"];

/** One entry of an audit's event list, as the event stream sends it too. */
export type AuditEvent = { seq: number; at: string } & (
  | { kind: "state"; state: Audit["state"]; reason?: string | null }
  | {
      kind: "started";
      role: Role;
      worker: string;
      device: string;
      attempt: number;
      from_epoch: number;
    }
  | {
      kind: "epoch";
      role: Role;
      epoch: number;
      epochs: number;
      loss: number;
      accuracy: number;
      examples_per_second: number;
    }
  | { kind: "checkpoint"; role: Role; checkpoint: number; checkpoints: number; epoch: number }
  | { kind: "interrupted"; reason: string }
);

/** Live progress: only in the stream, without a place in the list. */
export type LiveProgress = Progress & Pick<Audit, "state" | "role" | "runs_done">;
