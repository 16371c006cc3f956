// Reads a 16-bit grey PNG into levels. A canvas would give 8 bits, and in some browsers noise on top.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** Levels of 0..65535 of a PNG's bytes, 8 or 16 bits of grey: { width, height, levels }. */
export async function readGrey(buffer) {
  const bytes = new Uint8Array(buffer);
  if (!SIGNATURE.every((value, index) => bytes[index] === value)) throw new Error("This is not a PNG.");
  const { header, data } = chunks(bytes);
  const width = header.getUint32(0), height = header.getUint32(4), depth = header.getUint8(8);
  if (header.getUint8(9) !== 0 || header.getUint8(12) !== 0 || (depth !== 8 && depth !== 16)) {
    throw new Error("This PNG is not plain grey.");
  }
  const raw = new Uint8Array(await inflated(data));
  const step = depth / 8;
  const rows = unfiltered(raw, width * step, height, step);
  return { width, height, levels: step === 2 ? joined(rows) : Uint16Array.from(rows, (value) => value * 257) };
}

function chunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = [];
  let header = null;
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (name === "IHDR") header = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length);
    if (name === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  if (!header) throw new Error("This PNG is cut off.");
  return { header, data };
}

function inflated(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function unfiltered(raw, length, height, step) {
  if (raw.length < (length + 1) * height) throw new Error("This PNG is cut off.");
  const rows = new Uint8Array(length * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (length + 1)];
    const from = y * (length + 1) + 1, to = y * length;
    for (let i = 0; i < length; i++) {
      const left = i >= step ? rows[to + i - step] : 0;
      const above = y > 0 ? rows[to + i - length] : 0;
      const corner = i >= step && y > 0 ? rows[to + i - length - step] : 0;
      rows[to + i] = raw[from + i] + guess(filter, left, above, corner);
    }
  }
  return rows;
}

function guess(filter, left, above, corner) {
  switch (filter) {
    case 0: return 0;
    case 1: return left;
    case 2: return above;
    case 3: return (left + above) >> 1;
    case 4: return paeth(left, above, corner);
  }
  throw new Error("This PNG is damaged.");
}

function paeth(left, above, corner) {
  const near = left + above - corner;
  const toLeft = Math.abs(near - left), toAbove = Math.abs(near - above), toCorner = Math.abs(near - corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function joined(rows) {
  const levels = new Uint16Array(rows.length / 2);
  for (let i = 0; i < levels.length; i++) levels[i] = (rows[2 * i] << 8) | rows[2 * i + 1];
  return levels;
}
