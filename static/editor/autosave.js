// Keeps what is done: at once in this browser, soon after as a draft on the server, and as a revision on save. Says
// "status" with words for people whenever that changes. Two windows never overwrite each other unseen.

const DRAFT_AFTER = 1200; // ms of rest
const TRY_AGAIN = 5000;
const LOOK_AGAIN = 700;

export class Autosave extends EventTarget {
  constructor(api, session, job, storage = globalThis.localStorage) {
    super();
    this.api = api;
    this.session = session;
    this.storage = storage;
    this.key = `mask-${job}`;
    this.aside = `mask-${job}-aside`;
    this.state = null;
    this.timer = 0;
    this.working = Promise.resolve();
    this.held = false; // a conflict waits for an answer
  }

  /** What the server knows, and the strokes to begin with: those of this browser when they are newer. */
  async open() {
    this.state = await this.#settled((state) => !revisionOf(state, startOf(state)).url);
    const draft = this.state.draft ?? { base_revision: this.state.head, strokes: [] };
    const begin = { base: draft.base_revision, strokes: draft.strokes };
    const local = this.#local(this.key);
    if (!local?.unsent) return { ...begin, aside: this.#local(this.aside) };
    const isNext = local.version === this.state.draft_version && local.head === this.state.head;
    if (isNext) return { base: local.base, strokes: local.strokes, aside: this.#local(this.aside) };
    const aside = [...(this.#local(this.aside) ?? []), ...local.strokes];
    this.#store(this.aside, aside); // until somebody says what is to become of them
    this.#store(this.key, null);
    return { ...begin, aside };
  }

  /** What lay aside was added, or is not wanted. */
  settleAside() {
    this.#store(this.aside, null);
  }

  urlOf(revision) {
    return revisionOf(this.state, revision).url;
  }

  /** Where the colours of a revision's edges are; null where the result has the photo's own. */
  coloursOf(revision) {
    return revisionOf(this.state, revision).colours;
  }

  /** Something was done: keep it here now and on the server in a moment. */
  changed() {
    if (this.held) return this.#setAside();
    this.#keepHere(true);
    this.#status("keeping", "Keeping …");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#queue(() => this.#keepDraft()), DRAFT_AFTER);
  }

  /** The page may go away: what waits for a rest is sent now. */
  flush() {
    if (!this.timer || this.held) return;
    clearTimeout(this.timer);
    this.#queue(() => this.#keepDraft());
  }

  /** Makes a revision of what is in force; nothing happens when it is one already. */
  save() {
    clearTimeout(this.timer);
    return this.#queue(() => this.#save());
  }

  choose(revision) {
    clearTimeout(this.timer);
    return this.#queue(async () => {
      this.#took(await this.api.choose(revision, this.state.head));
    });
  }

  /** After a conflict: what is done here goes on top of what is there. */
  async putOnTop() {
    const { head, draft_version } = await this.api.state();
    Object.assign(this.state, { head, draft_version });
    this.held = false;
    await this.save();
    if (!this.held && this.session.history.isSaved) this.settleAside();
  }

  /** After a failure: what is in force is sent once more. */
  retry() {
    return this.#queue(() => this.#keepDraft());
  }

  /** The pictures of the result, until a worker has made them. */
  async follow() {
    const state = await this.#settled((state) => state.pending);
    this.#took(state);
    if (state.error) this.#status("failed", `The mask is saved, the result could not be made: ${state.error.detail}`);
    else if (this.session.history.isSaved) this.#status("saved", `Saved as revision ${state.head}. The result shows it.`);
  }

  async #save() {
    const { base, strokes } = this.session.history.unsaved;
    const at = this.session.history.done;
    if (!strokes.length && base === this.state.head) return this.#status("saved", "Everything is saved.");
    this.#status("keeping", "Saving …");
    if (strokes.length) {
      const state = await this.api.save(base, strokes, this.state.head);
      this.session.history.mark(state.revision, at);
      this.#took(state);
    } else this.#took(await this.api.choose(base, this.state.head));
    this.#keepHere(false);
    this.#status("making", `Saved as revision ${this.state.head}. The result is being made …`);
    this.follow().catch((error) => this.#failed(error));
  }

  async #keepDraft() {
    this.timer = 0;
    const { base, strokes } = this.session.history.unsaved;
    const { draft_version } = await this.api.keepDraft(base, strokes, this.state.draft_version);
    this.state.draft_version = draft_version;
    this.#keepHere(false);
    const words = strokes.length ? "Kept as a draft. Save makes it the result." : "Everything is saved.";
    this.#status(strokes.length ? "draft" : "saved", words);
  }

  /** One request after the other; a failure says so, and is tried again when that can help. */
  #queue(work) {
    this.working = this.working.then(work).catch((error) => this.#failed(error));
    return this.working;
  }

  #failed(error) {
    if (error.code === "version_conflict") {
      this.held = true;
      this.#setAside();
      this.#status("conflict", "This mask was edited in another window. Nothing was overwritten.");
    } else if (error.isPassing) {
      const why = error.code === "offline" ? "Not connected" : "The server is busy";
      this.#status("offline", `${why}. Your strokes are kept in this browser.`);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.#queue(() => this.#keepDraft()), TRY_AGAIN);
    } else if (error.isLocked) {
      this.#status("locked", "You are signed out here, or the photo is gone. Your strokes are kept in this browser.");
    } else this.#status("failed", error.message);
  }

  #took(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  async #settled(waits) {
    for (;;) {
      const state = await this.api.state();
      if (!waits(state) || state.error) return state;
      this.dispatchEvent(new CustomEvent("waiting", { detail: state }));
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }

  /** Another window of this browser writes where this one does: what it must not overwrite lies beside it. */
  #setAside() {
    this.#store(this.aside, this.session.history.unsaved.strokes);
  }

  #keepHere(unsent) {
    const { base, strokes } = this.session.history.unsaved;
    const kept = { unsent, base, strokes, head: this.state.head, version: this.state.draft_version };
    this.#store(this.key, kept);
  }

  #store(key, value) {
    try {
      if (value === null) this.storage.removeItem(key);
      else this.storage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or switched off: the server keeps the draft all the same.
    }
  }

  #local(key) {
    try {
      return JSON.parse(this.storage.getItem(key));
    } catch {
      return null;
    }
  }

  #status(kind, words) {
    this.dispatchEvent(new CustomEvent("status", { detail: { kind, words } }));
  }
}

function startOf(state) {
  return state.draft?.base_revision ?? state.head;
}

function revisionOf(state, number) {
  return state.revisions.find((revision) => revision.number === number) ?? {};
}
