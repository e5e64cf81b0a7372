import { describe, expect, it } from "vitest";
import { categoryTitle, interval, votes } from "./archaeology";

/** No-break spaces read as spaces. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("an archaeology in words", () => {
  it("reads the suites' names as words and leaves a user's own alone", () => {
    expect(categoryTitle("random_inputs_outputs")).toBe("random inputs outputs");
    expect(categoryTitle("Rare_Camera 2")).toBe("Rare_Camera 2");
  });

  it("tells the votes from the most to the fewest", () => {
    const probabilities = { typical: 0.25, atypical: 0, random_outputs: 0.75 };
    const vote = { category: "random_outputs", tied: false, probabilities };
    expect(plain(votes(vote))).toBe("random outputs 75.0 %, typical 25.0 %");
  });

  it("gives a share with its interval, where there is one", () => {
    expect(plain(interval(0.9, [0.8, 0.95]))).toBe("90.0 % (80–95 %)");
    expect(plain(interval(0.9, []))).toBe("90.0 %");
  });
});
