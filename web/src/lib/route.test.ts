import { expect, it } from "vitest";
import { auditPath, datasetPath, examplePath, newAuditPath, parseRoute, samplePath } from "./route";

it.each([
  ["/", { name: "home" }],
  [auditPath("a1"), { name: "audit", id: "a1" }],
  [`${auditPath("a1")}/`, { name: "audit", id: "a1" }],
  [examplePath("a1", 12), { name: "example", id: "a1", index: 12 }],
  [samplePath("a1", "s1"), { name: "sample", id: "a1", sample: "s1" }],
  [datasetPath("d1"), { name: "dataset", id: "d1" }],
  ["/audits", { name: "unknown" }],
  ["/audits/a1/examples/x", { name: "unknown" }],
  ["/audits/a1/examples/1/more", { name: "unknown" }],
  ["/elsewhere/1", { name: "unknown" }],
])("reads %s", (path, route) => expect(parseRoute(path)).toEqual(route));

it("an audit is put together at one place, with what is known of it in the query", () => {
  expect(parseRoute(newAuditPath())).toEqual({ name: "new" });
  expect(newAuditPath({ dataset: "d" })).toBe("/new?dataset=d");
  expect(newAuditPath({ like: "a" })).toBe("/new?like=a");
  expect(parseRoute("/new/more")).toEqual({ name: "unknown" });
});
