// Takes the soft px of a picture apart as the editor does: node separate.mjs folder width height across down
// In the folder: photo (RGB), matte (float32), apart (RGBA, width × 2 · height); out (RGB) is written.

import { readFileSync, writeFileSync } from "node:fs";
import { Foreground } from "../../static/editor/foreground.js";

const [folder, ...sizes] = process.argv.slice(2);
const [width, height, across, down] = sizes.map(Number);
const data = new Uint8ClampedArray(readFileSync(`${folder}/photo`));
const matte = new Float32Array(new Uint8Array(readFileSync(`${folder}/matte`)).buffer);
const foreground = new Foreground(width, height, new Uint8Array(readFileSync(`${folder}/apart`)));
const centres = (count) => Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count);
const columns = foreground.columns(centres(across)), rows = foreground.rows(centres(down));
for (let y = 0, index = 0; y < down; y++) {
  for (let x = 0; x < across; x++, index++) {
    if (matte[index] > 0) foreground.separate(data, 3 * index, columns, x, rows, y, matte[index]);
  }
}
writeFileSync(`${folder}/out`, data);
