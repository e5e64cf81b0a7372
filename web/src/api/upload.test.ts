import { expect, it } from "vitest";
import { NO_UPLOAD_OPTIONS, uploadPath } from "./upload";

it("says of an upload only what was chosen", () => {
  expect(uploadPath("my images.zip", NO_UPLOAD_OPTIONS)).toBe("/v1/datasets?name=my+images.zip");
  const options = { skipsBad: true, imageSize: "32", manifest: "a/b.csv", labelColumn: " class " };
  expect(uploadPath("a.zip", options)).toBe(
    "/v1/datasets?name=a.zip&on_bad_example=skip&image_size=32&manifest=a%2Fb.csv&label_column=class",
  );
});
