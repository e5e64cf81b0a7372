import { describe, expect, it } from "vitest";
import { boundsInWords, writeBounds } from "./bounds";

describe("bounds", () => {
  it("are written as the API reads them", () => {
    const bounds = [
      { signal: "confidence" as const, low: 0.2, high: 1 / 3 },
      { signal: "vog" as const, low: -1e-7, high: 12345.678 },
    ];
    expect(writeBounds(bounds)).toBe("confidence:0.2..0.3333,vog:-1e-7..12350");
  });

  it("are told in words, open ends too", () => {
    expect(boundsInWords("final_loss:0.5..,vog:..2,confidence:0.2..0.3")).toBe(
      "final loss from 0.5, vog up to 2, confidence 0.2 to 0.3",
    );
  });
});
