import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDrop, fromList, inWords, keyOf } from "../../static/js/gathering.js";

const file = (name, type = "image/png", size = 10) => ({ name, type, size });
const leaf = (one) => ({ isFile: true, isDirectory: false, name: one.name, file: (done) => done(one) });

/** A folder as browsers give it: its entries come in parts, and an empty part is the end. */
function folder(name, ...entries) {
  const parts = [entries.slice(0, 1), entries.slice(1), []].filter((part, at, all) => part.length || at === all.length - 1);
  return { isFile: false, isDirectory: true, name, createReader: () => ({ readEntries: (done) => done(parts.shift()) }) };
}

const dropped = (...entries) => ({ items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })), files: [] });

test("a folder is walked, and what is no picture stays behind", async () => {
  const inner = folder("left", leaf(file("b.heic", "")), leaf(file(".DS_Store", "")));
  const found = await fromDrop(dropped(folder("shoes", leaf(file("a.png")), leaf(file("notes.txt", "text/plain")), inner, leaf(file("c.zip", "")))));
  assert.deepEqual(found.files.map((each) => each.path), ["shoes/a.png", "shoes/left/b.heic"]);
  assert.deepEqual([found.zips.length, found.left, found.isBatch], [1, 2, true]);
});

test("one file is no batch, two are, a ZIP is", () => {
  assert.equal(fromList([file("a.png")]).isBatch, false);
  assert.equal(fromList([file("a.png"), file("b.png")]).isBatch, true);
  assert.equal(fromList([file("a.zip", "application/zip")]).isBatch, true);
});

test("a file that was chosen by itself is sent whatever it is: the server says what is wrong with it", () => {
  assert.equal(fromList([file("a.pdf", "application/pdf")]).files.length, 1);
});

test("keys are the same for the same file, and fit", () => {
  const long = { file: file("a.png"), path: `${"folder/".repeat(60)}a.png` };
  assert.equal(keyOf({ file: file("a.png"), path: "x/a.png" }), "x/a.png:10");
  assert.equal(keyOf(long), keyOf({ ...long }));
  assert.ok(keyOf(long).length <= 200);
  assert.notEqual(keyOf(long), keyOf({ ...long, path: `other/${long.path}` }));
});

test("what is added twice is there once", () => {
  const found = fromList([file("a.png"), file("b.png")]);
  found.add(fromList([file("a.png"), file("c.png")]));
  assert.equal(inWords(found), "3 photos, 0.0 MB");
});
