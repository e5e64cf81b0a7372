import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type AccessRole = Schemas["AccessRole"];
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
export type FieldError = Schemas["FieldError"];
export type StartAudit = Schemas["StartAudit"];
export type EstimatedAudit = Schemas["EstimatedAudit"];
export type Dataset = Schemas["Dataset"];
export type Audit = Schemas["Audit"];
export type Comparison = Schemas["Comparison"];
export type DataMap = Schemas["DataMap"];
export type Moved = Schemas["Moved"];
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
export type Pie = Schemas["Pie"];
export type PieOfAudit = Schemas["PieOfAudit"];
export type PieReport = Schemas["PieReport"];
export type PieTable = Schemas["PieTable"];
export type LevelReport = Schemas["LevelReport"];
export type LayerSparsity = Schemas["LayerSparsity"];
export type Exemplars = Schemas["Exemplars"];
export type Recalls = Schemas["Recalls"];
export type RecallRow = Schemas["RecallRow"];
export type Tested = Schemas["Tested"];
export type Top1 = Schemas["Top1"];
export type ModalClasses = Schemas["ModalClasses"];
export type ExemplarOfLevel = Schemas["ExemplarOfLevel"];
export type Member = Schemas["Member"];
export type Run = Schemas["Run"];
export type Standing = Schemas["Standing"];
export type ExampleStanding = Schemas["ExampleStanding"];
export type StandingOfIndex = Schemas["StandingOfIndex"];
export type DecisionOnExample = Schemas["DecisionOnExample"];
export type Decide = Schemas["Decide"];
export type Taken = Schemas["Taken"];
export type Review = Schemas["Review"];
export type TopReview = Schemas["TopReview"];
export type Sample = Schemas["Sample"];
export type StratumOfSample = Schemas["StratumOfSample"];
export type WrongLabels = Schemas["WrongLabels"];
export type OpenExample = Schemas["OpenExample"];
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
  | { kind: "missing"; member: Member; reason: string }
  | { kind: "refused"; worker: string; reason: string }
  | { kind: "recipe"; reason: string; batch_size: number; lr: number }
  | { kind: "interrupted"; reason: string }
);

/** Live progress: only in the stream, without a place in the list. */
export type LiveProgress = Progress & Pick<Audit, "state" | "role" | "runs_done">;
