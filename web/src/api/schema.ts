/**
 * The HTTP contract, in the shape that openapi-typescript gives it.
 * `npm run types` writes this file from ../openapi.json.
 */
export interface components {
  schemas: {
    Problem: {
      type: string;
      title: string;
      status: number;
      detail: string;
      code: string;
      hint?: string | null;
      errors?: { field: string; detail: string }[] | null;
      request_id?: string | null;
    };
    Split: { name: string; examples: number };
    DatasetFacts: {
      examples: number;
      classes: number;
      height: number;
      width: number;
      channels: number;
      splits: components["schemas"]["Split"][];
    };
    BadExample: { name: string; row?: number | null; reason: string };
    DatasetReport: {
      warnings: string[];
      skipped: components["schemas"]["BadExample"][];
      duplicates: number[][];
      conflicting: number[][];
    };
    DatasetError: {
      code: string;
      detail: string;
      hint?: string | null;
      bad_examples: components["schemas"]["BadExample"][];
    };
    Dataset: {
      id: string;
      name: string;
      state: "validating" | "ready" | "failed";
      content_hash?: string | null;
      upload_bytes: number;
      created_at: string;
      finished_at?: string | null;
      facts?: components["schemas"]["DatasetFacts"] | null;
      class_names?: string[] | null;
      report?: components["schemas"]["DatasetReport"] | null;
      error?: components["schemas"]["DatasetError"] | null;
      progress?: { phase: string; step: number; total: number } | null;
      urls: { self: string; examples: string };
    };
    DatasetPage: { items: components["schemas"]["Dataset"][]; next?: string | null };
    Example: {
      index: number;
      key: string;
      label: string;
      split?: string | null;
      group?: string | null;
      image_url: string;
    };
    ExamplePage: { items: components["schemas"]["Example"][]; next?: string | null };
    State: "queued" | "running" | "succeeded" | "failed" | "cancelled";
    Phase: "loading" | "training" | "snapshotting" | "evaluating" | "scoring";
    Progress: {
      phase: components["schemas"]["Phase"];
      epoch: number;
      epochs: number;
      checkpoint: number;
      checkpoints: number;
      step: number;
      total: number;
      examples_per_second?: number | null;
      eta_seconds?: number | null;
    };
    Recipe: {
      model: string;
      init: unknown;
      height: number;
      width: number;
      epochs: number;
      batch_size: number;
      lr: number;
      weight_decay: number;
      checkpoints: number[];
      gradient_target: string;
      augment: string;
      precision: string;
      map_height: number;
      map_width: number;
      split?: string | null;
    };
    Environment: {
      device: string;
      device_name: string;
      driver?: string | null;
      torch: string;
      unearth: string;
      threads: number;
    };
    AuditResult: {
      training_accuracy: number;
      held_out_accuracy?: number | null;
      warnings: string[];
      environment: components["schemas"]["Environment"];
      fit_secs: number;
      sweep_secs: number;
      wall_secs: number;
    };
    Estimate: { seconds: number; database_bytes: number; blob_bytes: number };
    Audit: {
      id: string;
      dataset_id: string;
      dataset_name: string;
      state: components["schemas"]["State"];
      reason?: string | null;
      signals: string[];
      recipe: components["schemas"]["Recipe"];
      recipe_hash: string;
      seed: number;
      estimate: components["schemas"]["Estimate"];
      queue_position?: number | null;
      progress?: components["schemas"]["Progress"] | null;
      worker?: string | null;
      heartbeat_at?: string | null;
      attempts: number;
      result?: components["schemas"]["AuditResult"] | null;
      created_at: string;
      started_at?: string | null;
      finished_at?: string | null;
      urls: {
        self: string;
        events: string;
        cancel: string;
        retry: string;
        examples: string;
        statistics: string;
        scores: string;
        ranking_csv: string;
        page: string;
      };
    };
    AuditPage: { items: components["schemas"]["Audit"][]; next?: string | null };
    StartAudit: { dataset_id: string; signals?: string[]; seed?: number };
    ScoreSet: {
      signal: string;
      scoring: string;
      state: "queued" | "ready" | "failed";
      error?: string | null;
      info?: components["schemas"]["ScoreInfo"] | null;
      finished_at?: string | null;
    };
    ScoreSets: { items: components["schemas"]["ScoreSet"][] };
    StartScoring: { variant?: "std" | "paper"; windows: (string | number[])[] };
    ScoreInfo: {
      name: string;
      title: string;
      direction: "high-harder" | "low-harder";
      range: string;
      unit: string;
      formula: string;
      logits: string;
      source: string;
      purpose: string;
      scoring: string;
      checkpoints?: number[] | null;
    };
    RankedExample: {
      rank: number;
      index: number;
      key: string;
      label: string;
      split?: string | null;
      group?: string | null;
      value?: number | null;
      value_reason?: string | null;
      value_normalised?: number | null;
      value_normalised_reason?: string | null;
      percentile?: number | null;
      image_url: string;
      url: string;
    };
    RankedPage: {
      signal: components["schemas"]["ScoreInfo"];
      total: number;
      matching: number;
      items: components["schemas"]["RankedExample"][];
      next?: string | null;
    };
    ExampleScore: {
      signal: string;
      scoring: string;
      title: string;
      direction: "high-harder" | "low-harder";
      value?: number | null;
      value_reason?: string | null;
      value_normalised?: number | null;
      value_normalised_reason?: string | null;
      rank?: number | null;
      percentile?: number | null;
      total: number;
    };
    Trajectory: {
      epochs: number[];
      loss: (number | null)[];
      p_given: (number | null)[];
      predicted: (string | null)[];
    };
    Gradient: { checkpoint: number; epoch: number; url: string; max_abs: number };
    AuditedExample: {
      index: number;
      key: string;
      label: string;
      split?: string | null;
      group?: string | null;
      image_url: string;
      predicted?: string | null;
      p_given?: number | null;
      scores: components["schemas"]["ExampleScore"][];
      trajectory: components["schemas"]["Trajectory"];
      gradients: components["schemas"]["Gradient"][];
    };
    SignalInfo: Omit<components["schemas"]["ScoreInfo"], "scoring" | "checkpoints">;
    Signals: { items: components["schemas"]["SignalInfo"][] };
  };
}

type Schemas = components["schemas"];
type Answer<T> = {
  headers: { [name: string]: unknown };
  content: { "application/json": T };
};
type Refusal = {
  headers: { [name: string]: unknown };
  content: { "application/problem+json": Schemas["Problem"] };
};
type Responses<T> = { 200: Answer<T>; default: Refusal };
type Body<T> = { content: { "application/json": T } };

export interface paths {
  "/v1/session": {
    post: {
      requestBody: Body<{ token: string }>;
      responses: { 204: { headers: { [name: string]: unknown }; content?: never }; default: Refusal };
    };
  };
  "/v1/datasets": {
    get: {
      parameters: { query?: { after?: string; limit?: number } };
      responses: Responses<Schemas["DatasetPage"]>;
    };
  };
  "/v1/datasets/{id}": {
    get: { parameters: { path: { id: string } }; responses: Responses<Schemas["Dataset"]> };
  };
  "/v1/datasets/{id}/examples": {
    get: {
      parameters: {
        path: { id: string };
        query?: { after?: string; limit?: number; label?: string; split?: string };
      };
      responses: Responses<Schemas["ExamplePage"]>;
    };
  };
  "/v1/signals": { get: { responses: Responses<Schemas["Signals"]> } };
  "/v1/audits": {
    get: {
      parameters: { query?: { after?: string; limit?: number; dataset_id?: string } };
      responses: Responses<Schemas["AuditPage"]>;
    };
    post: {
      requestBody: Body<Schemas["StartAudit"]>;
      responses: { 202: Answer<Schemas["Audit"]>; default: Refusal };
    };
  };
  "/v1/audits/{id}": {
    get: { parameters: { path: { id: string } }; responses: Responses<Schemas["Audit"]> };
  };
  "/v1/audits/{id}/cancel": {
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Answer<Schemas["Audit"]>; default: Refusal };
    };
  };
  "/v1/audits/{id}/retry": {
    post: {
      parameters: { path: { id: string } };
      responses: { 202: Answer<Schemas["Audit"]>; default: Refusal };
    };
  };
  "/v1/audits/{id}/scores": {
    get: { parameters: { path: { id: string } }; responses: Responses<Schemas["ScoreSets"]> };
    post: {
      parameters: { path: { id: string } };
      requestBody: Body<Schemas["StartScoring"]>;
      responses: { 202: Answer<Schemas["ScoreSets"]>; default: Refusal };
    };
  };
  "/v1/audits/{id}/examples": {
    get: {
      parameters: {
        path: { id: string };
        query?: {
          signal?: string;
          window?: string;
          variant?: string;
          order?: string;
          label?: string;
          split?: string;
          group?: string;
          min?: number;
          max?: number;
          after?: string;
          limit?: number;
        };
      };
      responses: Responses<Schemas["RankedPage"]>;
    };
  };
  "/v1/audits/{id}/examples/{index}": {
    get: {
      parameters: { path: { id: string; index: number } };
      responses: Responses<Schemas["AuditedExample"]>;
    };
  };
}
