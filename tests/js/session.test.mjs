import assert from "node:assert/strict";
import { test } from "node:test";
import { Likeness, Mask, Patch } from "../../static/editor/mask.js";
import { Pyramid } from "../../static/editor/pyramid.js";
import { Session } from "../../static/editor/session.js";
import { WORK, buffersOf } from "../../static/editor/worker-tasks.js";
import { WorkerClient } from "../../static/editor/worker-client.js";

const LARGE = { width: 1030, height: 1011 }, SMALL = { width: 300, height: 270 };
const dot = (more) => ({ tool: "restore", size: 40, hardness: 0.5, strength: 1, points: [[150, 130, 1], [170, 130, 1]], ...more });

/** Works as a browser's worker does: what it is given is cloned or handed over, and so is what it answers. */
class FakeWorker extends EventTarget {
  asked = 0;

  async postMessage(data, transfer) {
    this.asked += 1;
    const { id, work, given } = structuredClone(data, { transfer });
    await new Promise((resolve) => setImmediate(resolve));
    try {
      const parts = [];
      const made = await WORK[work](given, (part) => parts.push(part));
      for (const part of parts) this.#say({ id, part });
      this.#say({ id, made: structuredClone(made, { transfer: buffersOf(made) }) });
    } catch (error) {
      this.#say({ id, failed: error.message });
    }
  }

  #say(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
}

function levelsOf({ width, height }) {
  const mask = new Mask(width, height);
  mask.apply(dot({ size: 180, hardness: 0.2 }));
  mask.apply(dot({ tool: "erase", size: 30 }));
  return mask.levels;
}

async function opened(size, { api = {}, worker = new FakeWorker(), strokes = [] } = {}) {
  const session = new Session(api, new WorkerClient(size, () => worker));
  const said = [];
  for (const name of ["drawn", "done", "busy"]) session.addEventListener(name, ({ detail }) => said.push([name, detail]));
  await session.begin({ ...size, levels: levelsOf(size) }, 0, strokes);
  said.length = 0;
  return { session, said, worker };
}

const expected = (size, strokes) => {
  const mask = new Mask(size.width, size.height, levelsOf(size));
  for (const stroke of strokes) mask.apply(stroke);
  return mask;
};

for (const stroke of [{ tool: "invert" }, { tool: "fill_holes" }, { tool: "grow", px: 3 }, { tool: "grow", px: -3 }, { tool: "smooth", px: 2 }]) {
  test(`a worker's ${stroke.tool} ${stroke.px ?? ""} is the page's own, and undo takes it back`, async () => {
    const { session, said, worker } = await opened(LARGE);
    const before = session.mask.levels.slice();
    await session.run(stroke);
    const mask = expected(LARGE, [stroke]);
    assert.deepEqual(session.mask.levels, mask.levels);
    assert.deepEqual(session.pyramid.floors, new Pyramid(mask).floors);
    assert.equal(worker.asked, 2); // one to begin
    assert.deepEqual(said.filter(([name]) => name === "busy").at(-1), ["busy", null]);
    session.undo();
    assert.deepEqual(session.mask.levels, before);
    assert.deepEqual(session.pyramid.floors, new Pyramid(session.mask).floors);
    session.redo();
    assert.deepEqual(session.mask.levels, mask.levels);
  });
}

test("work that takes a while says how far it is", async () => {
  const { session, said } = await opened(LARGE);
  await session.run({ tool: "smooth", px: 2 });
  const parts = said.filter(([name]) => name === "busy").map(([, part]) => part);
  assert.equal(parts[0], 0);
  assert.ok(parts.length > 4 && parts.slice(0, -1).every((part, index) => index === 0 || part >= parts[index - 1]));
});

test("a small picture asks no worker", async () => {
  const { session, worker } = await opened(SMALL);
  await session.run({ tool: "grow", px: 2 });
  assert.deepEqual(session.mask.levels, expected(SMALL, [{ tool: "grow", px: 2 }]).levels);
  assert.equal(worker.asked, 0);
});

test("without workers it is done all the same", async () => {
  const { session } = await opened(LARGE, { worker: null });
  await session.run({ tool: "invert" });
  assert.deepEqual(session.mask.levels, expected(LARGE, [{ tool: "invert" }]).levels);
});

test("a draft is done again by the worker, and can be taken back", async () => {
  const strokes = [{ tool: "invert" }, dot({ tool: "erase", size: 60 })];
  const { session } = await opened(LARGE, { strokes });
  assert.deepEqual(session.mask.levels, expected(LARGE, strokes).levels);
  assert.ok(session.history.entries.every(({ patch }) => patch instanceof Patch && patch.bytes > 0));
  session.undo();
  session.undo();
  assert.deepEqual(session.mask.levels, levelsOf(LARGE));
});

test("an answer to a smart stroke waits for the brush that is down: the order is the one that is kept", async () => {
  let answer;
  const api = { smart: () => new Promise((resolve) => (answer = resolve)) };
  const { session } = await opened(SMALL, { api });
  const smart = dot({ smart: true, tool: "erase", size: 50 });
  const asked = session.run(smart);
  const brush = dot({ strength: 0.6 });
  const drawn = session.draw(brush);
  drawn.extend(brush.points[0]);
  answer(new Likeness(0, 0, SMALL.width, SMALL.height, new Uint8Array(SMALL.width * SMALL.height).fill(200)));
  await new Promise((resolve) => setImmediate(resolve));
  drawn.extend(brush.points[1]);
  session.commit(brush, drawn.end());
  await asked;
  assert.deepEqual(session.history.strokes, [brush, smart]);
  const mask = new Mask(SMALL.width, SMALL.height, levelsOf(SMALL));
  mask.apply(brush);
  mask.apply(smart, session.likeness.get(smart));
  assert.deepEqual(session.mask.levels, mask.levels);
});

test("a brush that is dropped lets others go on", async () => {
  const { session } = await opened(SMALL);
  const drawn = session.draw(dot());
  drawn.extend([150, 130, 1]);
  const run = session.run({ tool: "invert" });
  session.drop(drawn.end());
  await run;
  assert.deepEqual(session.mask.levels, expected(SMALL, [{ tool: "invert" }]).levels);
  assert.equal(session.history.strokes.length, 1);
});

test("a worker that breaks fails what it did, keeps the mask, and is replaced by the page", async () => {
  const { session, worker } = await opened(LARGE);
  const before = session.mask.levels.slice();
  worker.postMessage = () => worker.dispatchEvent(new Event("error"));
  await assert.rejects(session.run({ tool: "invert" }), /ended the work/);
  assert.deepEqual(session.mask.levels, before);
  assert.equal(session.history.canUndo, false);
  await session.run({ tool: "invert" });
  assert.deepEqual(session.mask.levels, expected(LARGE, [{ tool: "invert" }]).levels);
});

test("far undo is drawn anew", async () => {
  const { session } = await opened(LARGE);
  await session.run({ tool: "invert" });
  await session.run(dot());
  session.history.entries[0].patch = null;
  session.undo();
  await session.rebuild({ ...LARGE, levels: levelsOf(LARGE) });
  assert.deepEqual(session.mask.levels, expected(LARGE, [{ tool: "invert" }]).levels);
});
