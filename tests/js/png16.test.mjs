import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { readGrey } from "../../static/editor/png16.js";

function chunk(name, body) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(name, 4, "latin1");
  return Buffer.concat([head, body, Buffer.alloc(4)]);
}

function png(width, height, raw, { depth = 16, colour = 0 } = {}) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = colour;
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(Buffer.from(raw));
  const parts = [data.subarray(0, 5), data.subarray(5)].map((part) => chunk("IDAT", part));
  return new Uint8Array(Buffer.concat([signature, chunk("IHDR", header), ...parts, chunk("IEND", Buffer.alloc(0))])).buffer;
}

test("it reads every filter of PNG", async () => {
  // The same two values, 0x0102 and 0x0304, in each row.
  const raw = [
    [0, 1, 2, 3, 4], // as they are
    [1, 1, 2, 2, 2], // less the value to the left
    [2, 0, 0, 0, 0], // less the value above
    [3, 1, 1, 1, 1], // less the mean of both
    [4, 0, 0, 0, 0], // less Paeth's guess
  ];
  const { levels, width, height } = await readGrey(png(2, 5, raw.flat()));
  assert.deepEqual([width, height], [2, 5]);
  assert.deepEqual(Array.from(levels.slice(0, 8)), [258, 772, 258, 772, 258, 772, 258, 772]);
  assert.deepEqual(Array.from(levels.slice(8)), [258, 772]);
});

test("8 bits become the same share of 16", async () => {
  const { levels } = await readGrey(png(3, 1, [0, 0, 128, 255], { depth: 8 }));
  assert.deepEqual(Array.from(levels), [0, 128 * 257, 65535]);
});

test("what is no grey PNG is refused", async () => {
  await assert.rejects(readGrey(new Uint8Array(40).buffer), /not a PNG/);
  await assert.rejects(readGrey(png(1, 1, [0, 1, 2, 3], { depth: 8, colour: 2 })), /not plain grey/);
  await assert.rejects(readGrey(png(9, 9, [0, 1, 2])), /cut off/);
});
