// Does the strokes of a JSON file as the editor does them, and writes the levels: node replay.mjs in.json out.bin
// in.json: { width, height, levels: file of little-endian 16-bit values, strokes, likeness: [[box, file] or null] }

import { readFileSync, writeFileSync } from "node:fs";
import { Likeness, Mask } from "../../static/editor/mask.js";

const [source, target] = process.argv.slice(2);
const given = JSON.parse(readFileSync(source, "utf8"));
const bytes = readFileSync(given.levels);
const levels = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const mask = new Mask(given.width, given.height, levels);
given.strokes.forEach((stroke, index) => {
  const [box, file] = given.likeness?.[index] ?? [];
  mask.apply(stroke, file ? new Likeness(...box, new Uint8Array(readFileSync(file))) : null);
});
writeFileSync(target, new Uint8Array(mask.levels.buffer));
