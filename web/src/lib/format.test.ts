import { describe, expect, it } from "vitest";
import {
  ago,
  bytes,
  count,
  counted,
  duration,
  finely,
  ordinal,
  part,
  percent,
  percentile,
  points,
  score,
} from "./format";

/** No-break spaces read as spaces. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("score", () => {
  it.each([
    [0, "0"],
    [3, "3"],
    [7.1523, "7.15"],
    [-0.4881, "−0.488"],
    [0.0097512, "0.00975"],
    [0.000175, "1.75e−4"],
    [12_345.6, "12,346"],
    [3_210_000, "3.21e6"],
  ])("shows %d as %s", (value, shown) => expect(score(value)).toBe(shown));
});

describe("percent", () => {
  it.each([
    [1, "100 %"],
    [0, "0 %"],
    [0.9823, "98.2 %"],
    [0.99999, "99.9 %"],
    [0.00001, "0.1 %"],
  ])("shows %d as %s", (share, shown) => expect(plain(percent(share))).toBe(shown));
});

describe("a share to the second decimal", () => {
  it.each([
    [1, "100 %"],
    [0, "0 %"],
    [0.91234, "91.23 %"],
    [0.9999999, "99.99 %"],
  ])("shows %d as %s", (share, shown) => expect(plain(finely(share))).toBe(shown));
});

describe("points", () => {
  it.each([
    [0, "0.00 pp"],
    [0.0123, "+1.23 pp"],
    [-0.2, "−20.00 pp"],
    [-0.00001, "−0.00 pp"],
  ])("shows %d as %s", (difference, shown) => expect(plain(points(difference))).toBe(shown));
});

describe("part", () => {
  it.each([
    [0.05, "5 %"],
    [0.0025, "0.25 %"],
    [50 / 450, "11.11 %"],
    [1, "100 %"],
  ])("shows %d as %s", (share, shown) => expect(plain(part(share))).toBe(shown));
});

describe("duration", () => {
  it.each([
    [0.2, "under 1 s"],
    [59.7, "1 min"],
    [75, "1 min 15 s"],
    [754, "13 min"],
    [3_599, "1 h"],
    [4_832, "1 h 21 min"],
    [200_000, "2 d 7 h"],
  ])("shows %d s as %s", (seconds, shown) => expect(plain(duration(seconds))).toBe(shown));
});

describe("sizes and counts", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [7_340_032, "7.3 MB"],
    [123_456_789, "123 MB"],
    [999_999, "1.0 MB"],
  ])("shows %d bytes as %s", (size, shown) => expect(plain(bytes(size))).toBe(shown));

  it("groups thousands and counts one as one", () => {
    expect(count(60_000)).toBe("60,000");
    expect(counted(1, "class", "classes")).toBe("1 class");
    expect(counted(0, "example")).toBe("0 examples");
  });

  it("writes ordinals", () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal).join(" ")).toBe(
      "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 111th",
    );
  });

  it("gives a decimal only to the ends of the percentiles", () => {
    expect([0.4, 38.2, 99.4, 99.98, 100].map(percentile)).toEqual([
      "0.4",
      "38",
      "99.4",
      "99.9",
      "100",
    ]);
  });
});

describe("ago", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  it.each([
    ["2026-11-24T11:59:55Z", "just now"],
    ["2026-11-24T11:59:20Z", "40 s ago"],
    ["2026-11-24T11:48:10Z", "12 min ago"],
    ["2026-11-24T09:10:00Z", "3 h ago"],
    ["2026-11-20T09:10:00Z", "2026-11-20"],
  ])("tells %s as %s", (time, shown) => expect(plain(ago(time, now))).toBe(shown));
});
