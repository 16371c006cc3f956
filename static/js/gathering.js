// What was dropped, pasted or chosen: single photos, ZIPs, and the files of folders with their paths. No document.

const JUNK = /^(\.|thumbs\.db$|desktop\.ini$)/i;
const PICTURE = /\.(jpe?g|jfif|png|webp|avif|heic|heif|tiff?|bmp|gif|mpo)$/i;
const LONGEST = 200; // characters of a key, as the server takes them

/** { file, path } for each file, `zips`, how many were `left` out of folders, and whether there was a `folder`. */
export class Gathered {
  constructor(files = [], zips = [], left = 0, folder = false) {
    Object.assign(this, { files, zips, left, folder });
  }

  get size() {
    return this.files.length + this.zips.length;
  }

  get bytes() {
    return [...this.files.map((each) => each.file), ...this.zips].reduce((sum, file) => sum + file.size, 0);
  }

  /** Whether it is more than one photo. */
  get isBatch() {
    return this.folder || this.zips.length > 0 || this.files.length > 1;
  }

  add(other) {
    const known = new Set(this.files.map(keyOf));
    this.files.push(...other.files.filter((each) => !known.has(keyOf(each))));
    this.zips.push(...other.zips.filter((zip) => !this.zips.some((each) => each.name === zip.name && each.size === zip.size)));
    this.left += other.left;
    this.folder ||= other.folder;
  }
}

const isZip = (file) => /\.zip$/i.test(file.name) || /zip/.test(file.type);
const isPicture = (file) => file.type.startsWith("image/") || PICTURE.test(file.name);

/** Files of an input or a clipboard. Of a folder (they have a path) what is no picture stays behind. */
export function fromList(list) {
  const gathered = new Gathered();
  for (const file of list) place(gathered, file, file.webkitRelativePath || file.name, Boolean(file.webkitRelativePath));
  return gathered;
}

/** What is dropped. To be called while the event lasts; folders are read after it. */
export async function fromDrop(transfer) {
  const items = [...(transfer?.items ?? [])].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return fromList(transfer?.files ?? []);
  const gathered = new Gathered();
  for (const entry of entries) if (entry) await walk(entry, gathered, "", false);
  return gathered;
}

async function walk(entry, gathered, folder, inFolder) {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return place(gathered, file, path, inFolder);
  }
  gathered.folder = true;
  const reader = entry.createReader();
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!part.length) return;
    for (const each of part) await walk(each, gathered, `${path}/`, true);
  }
}

function place(gathered, file, path, inFolder) {
  if (inFolder) gathered.folder = true;
  if (inFolder && (JUNK.test(file.name) || !(isPicture(file) || isZip(file)))) gathered.left += 1;
  else if (isZip(file)) gathered.zips.push(file);
  else gathered.files.push({ file, path });
}

/** The same file of the same folder has the same key, so that what was sent is not sent twice. */
export function keyOf({ file, path }) {
  const key = `${path}:${file.size}`;
  return key.length <= LONGEST ? key : `${hash(path)}:${key.slice(-LONGEST + 20)}`;
}

function hash(text) {
  let sum = 0x811c9dc5; // FNV-1a, 32 bits
  for (const char of text) sum = Math.imul(sum ^ char.codePointAt(0), 0x01000193) >>> 0;
  return sum.toString(16);
}

/** 3 photos, 1 ZIP, 12.4 MB */
export function inWords(gathered) {
  const count = (number, word) => (number ? [`${number} ${word}${number === 1 ? "" : "s"}`] : []);
  const parts = [...count(gathered.files.length, "photo"), ...count(gathered.zips.length, "ZIP")];
  const left = gathered.left ? `; ${gathered.left} other file${gathered.left === 1 ? "" : "s"} left out` : "";
  return `${parts.join(", ")}, ${(gathered.bytes / 1e6).toFixed(1)} MB${left}`;
}
