import { strToU8, zipSync } from "fflate";
import { PNG } from "pngjs";

export const CLASSES = ["checks", "disc", "wide stripes"];
export const PER_CLASS = 67;
export const EXAMPLES = CLASSES.length * PER_CLASS;

/** Groups of the grouped pictures and how many of each class they hold; the last ones have none. */
export const GROUPS: [name: string, perClass: number][] = [
  ["north", 80],
  ["south", 60],
  ["west", 7],
  ["", 3],
];
export const GROUPED = CLASSES.length * GROUPS.reduce((sum, [, number]) => sum + number, 0);

const SIDE = 16;

/** A zip with one folder per class, each with noisy 16×16 pictures of its pattern; another seed, another dataset. */
export function imageFolderZip(seed = 1): Uint8Array {
  const noise = random(seed);
  const files: Record<string, Uint8Array> = {};
  for (const label of CLASSES)
    for (let number = 0; number < PER_CLASS; number += 1)
      files[`${label}/${String(number).padStart(3, "0")}.png`] = picture(label, noise);
  return zipSync(files, { level: 0 });
}

/** A zip with a manifest that gives the pictures groups; every sixth label in the south is wrong. */
export function groupedZip(): Uint8Array {
  const noise = random(2);
  const files: Record<string, Uint8Array> = {};
  const rows = ["path,label,group"];
  for (const [at, label] of CLASSES.entries())
    for (const [group, perClass] of GROUPS)
      for (let number = 0; number < perClass; number += 1) {
        const path = `${at}-${group}-${number}.png`;
        const wrong = group === "south" && number % 6 === 0;
        files[path] = picture(label, noise);
        rows.push(`${path},${wrong ? CLASSES[(at + 1) % CLASSES.length] : label},${group}`);
      }
  files["manifest.csv"] = strToU8(rows.join("\n"));
  return zipSync(files, { level: 0 });
}

/** Classes that are read from the right, in wide letters, and without a place to break. */
export const LONG_NAMES = [
  "قطة صغيرة على السجادة الحمراء",
  "一只坐在窗台上看着外面下雨的小猫的照片",
  "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung",
];

/** A zip with a manifest whose classes, groups and file names try the page's width. */
export function longNamesZip(): Uint8Array {
  const noise = random(3);
  const files: Record<string, Uint8Array> = {};
  const rows = ["path,label,group"];
  for (const [at, label] of LONG_NAMES.entries())
    for (let number = 0; number < 12; number += 1) {
      const path = `${"صورة-图片-picture".repeat(4)}-${at}-${number}.png`;
      files[path] = picture(CLASSES[at] ?? "", noise);
      rows.push(`${path},${label},${number % 2 ? "المجموعة الأولى" : "第二组"}`);
    }
  files["manifest.csv"] = strToU8(rows.join("\n"));
  return zipSync(files, { level: 0 });
}

function picture(label: string, noise: () => number): Uint8Array {
  const png = new PNG({ width: SIDE, height: SIDE });
  const phase = Math.floor(noise() * 4);
  for (let y = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1) {
      const bright = pattern(label, x + phase, y) ? 200 : 60;
      for (let channel = 0; channel < 3; channel += 1)
        png.data[(y * SIDE + x) * 4 + channel] = bright + Math.floor(noise() * 50);
      png.data[(y * SIDE + x) * 4 + 3] = 255;
    }
  return PNG.sync.write(png);
}

function pattern(label: string, x: number, y: number): boolean {
  if (label === "checks") return (Math.floor(x / 2) + Math.floor(y / 2)) % 2 === 0;
  if (label === "disc") return (x - 9) ** 2 + (y - 8) ** 2 < 25;
  return Math.floor(x / 4) % 2 === 0;
}

/** The same numbers between 0 and 1 in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
