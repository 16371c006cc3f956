// The controller: opening the mask, keeping what is done, and telling of it. Joins session, autosave and the window's frame.

const TRY_AGAIN = 5000; // ms
const SAVE_AT = { points: 12_000, strokes: 800, work: 1.5e9 }; // half of what the server takes at once

export class Controller {
  /** `parts`: { api, session, autosave, stage, toolbox, frame }; `links`: { preview, login, result } */
  constructor(parts, links) {
    Object.assign(this, parts);
    this.links = links;
    this.coloursUrl = undefined; // of the edges' colours that are shown, or on their way
    this.isOpening = false; // the words about it are there already
    this.session.addEventListener("drawn", ({ detail: box }) => this.stage.changed(box, this.session.mask, this.session.pyramid));
    this.session.addEventListener("done", ({ detail: byHand }) => this.#done(byHand));
    this.session.addEventListener("busy", ({ detail }) => this.#busy(detail));
    this.session.addEventListener("rebuild", ({ detail }) => this.#rebuild(detail?.nothing).catch((error) => this.toolbox.failed(error)));
    this.autosave.addEventListener("status", ({ detail }) => this.#tell(detail));
    this.autosave.addEventListener("state", ({ detail }) => this.#took(detail));
    this.autosave.addEventListener("waiting", ({ detail }) => this.#wait(detail));
    document.addEventListener("visibilitychange", () => document.hidden && this.autosave.flush());
    addEventListener("pagehide", () => this.autosave.flush());
  }

  /** Opens the mask, or says why not and what can be done. */
  async start() {
    this.#loadProxy();
    try {
      await this.#open();
      this.stage.renew({ photo: await this.api.photo() });
    } catch (error) {
      this.frame.loading(null);
      this.frame.status({ kind: "failed", words: error.message });
      if (error.isLocked) return this.#tellLocked();
      this.frame.notice(error.message, ["Try again", () => location.reload()], ["Back to the result", this.links.result]);
    }
  }

  async save() {
    if (this.toolbox.tools.smart.pending.size) this.frame.status({ kind: "keeping", words: "The smart brush is looking, then it is saved …" });
    await this.toolbox.settled();
    await this.autosave.save();
  }

  // --- Opening ---

  async #open() {
    this.toolbox.isOpen = false;
    this.isOpening = true;
    this.frame.loading("Preparing the mask …");
    const { base, strokes, aside } = await this.autosave.open();
    this.#loadForeground(base);
    const levels = await this.api.levels(this.autosave.urlOf(base));
    await this.session.begin(levels, base, strokes);
    this.isOpening = false;
    this.toolbox.isOpen = true;
    this.frame.loading(null);
    this.frame.revisions(this.autosave.state, (revision) => this.#choose(revision));
    this.frame.status(strokes.length ? { kind: "draft", words: "Your draft is here again. Save makes it the result." } : { kind: "saved", words: "Everything is saved." });
    if (strokes.length) this.autosave.changed();
    if (aside?.length) this.#offer(aside);
    this.stage.moved();
  }

  /** Strokes of this browser that do not follow from what the server knows. */
  #offer(strokes) {
    const count = strokes.length === 1 ? "1 stroke" : `${strokes.length} strokes`;
    this.frame.notice(
      `This browser holds ${count} that never reached the server, and the mask was changed elsewhere meanwhile.`,
      ["Add them", () => this.#addAll(strokes)],
      ["Forget them", () => this.autosave.settleAside()],
    );
  }

  async #addAll(strokes) {
    for (const stroke of strokes) await this.session.run(stroke);
    this.autosave.settleAside();
  }

  /** Another revision; when it cannot be shown, nothing is drawn on what is shown instead. */
  #choose(revision) {
    this.#goTo(revision).catch((error) => {
      this.frame.loading(null);
      this.frame.notice(error.message, ["Try again", () => location.reload()]);
    });
  }

  async #goTo(revision) {
    this.frame.closeHistory();
    await this.toolbox.settled();
    if (this.session.history.unsaved.strokes.length) await this.autosave.save();
    if (this.autosave.held) return;
    await this.autosave.choose(revision);
    if (this.autosave.state.head !== revision) return; // it was refused, and said so
    await this.#open();
    this.autosave.follow();
  }

  async #loadProxy() {
    const answer = await fetch(this.links.preview).catch(() => null);
    if (!answer?.ok || this.stage.scene.photo) return;
    this.stage.renew({ proxy: await createImageBitmap(await answer.blob()) });
  }

  /** The colours of a revision's edges; what was there before is near enough until they come. */
  async #loadForeground(revision) {
    const url = this.autosave.coloursOf(revision);
    if (url === this.coloursUrl) return;
    this.coloursUrl = url;
    try {
      const foreground = url && (await this.api.foreground(url));
      if (url === this.coloursUrl) this.stage.renew({ foreground });
    } catch (error) {
      if (url !== this.coloursUrl) return;
      this.coloursUrl = undefined;
      if (error.isPassing) setTimeout(() => this.#loadForeground(revision), TRY_AGAIN);
      else this.toolbox.failed(error);
    }
  }

  // --- What session and autosave say ---

  #took(state) {
    this.frame.revisions(state, (revision) => this.#choose(revision));
    if (!state.pending && !state.error) this.#loadForeground(state.head);
  }

  #done(byHand) {
    this.frame.enable("undo", this.session.history.canUndo);
    this.frame.enable("redo", this.session.history.canRedo);
    if (!byHand) return;
    this.autosave.changed();
    if (isMuch(this.session.history.unsaved.strokes, this.stage.size)) this.autosave.save();
  }

  /** Work on the whole of a large mask: the picture can be looked at and moved meanwhile, not drawn on. */
  #busy(part) {
    if (this.isOpening) return part && this.frame.progress(part);
    this.toolbox.isOpen = part === null;
    this.stage.recursor();
    this.frame.loading(part === null ? null : "Working on the whole mask …", part);
  }

  /** Undo beyond what memory keeps: drawn anew from the revision that was opened. Nothing else is done meanwhile. */
  async #rebuild(nothing) {
    const { history } = this.session;
    if (nothing) history.done = 0;
    this.toolbox.isOpen = false;
    this.isOpening = true;
    this.frame.loading("Going further back …");
    try {
      await this.session.rebuild(await this.api.levels(this.autosave.urlOf(history.marks[0].revision)));
    } finally {
      this.isOpening = false;
      this.toolbox.isOpen = true;
      this.frame.loading(null);
    }
    this.#done(true);
  }

  #wait({ workers_alive }) {
    if (this.toolbox.isOpen) return;
    this.frame.loading(workers_alive ? "Preparing the mask …" : "Waiting for a worker: none is running at the moment.");
  }

  #tell(status) {
    const { frame, autosave } = this;
    frame.status(status);
    if (status.kind === "conflict") {
      frame.notice(
        `${status.words} Yours is kept in this window.`,
        ["Load what is there and add mine", () => location.reload()],
        ["Save mine as the newest", () => autosave.putOnTop()],
        ["Drop mine", () => (autosave.settleAside(), location.reload())],
      );
    } else if (status.kind === "locked") this.#tellLocked();
    else if (status.kind === "failed") frame.notice(status.words, ["Try again", () => this.#again()], ["Close", () => {}]);
  }

  #tellLocked() {
    this.frame.notice(
      "You are signed out here, or the photo is gone. Your strokes are kept in this browser, and are here again when you come back.",
      ["Sign in", this.links.login],
      ["Try again", () => this.autosave.state ? this.autosave.retry() : location.reload()],
    );
  }

  async #again() {
    if (!this.autosave.state.error) return this.autosave.retry();
    await this.api.again();
    await this.autosave.follow();
  }
}

function isMuch(strokes, { width, height }) {
  let points = 0, work = 0;
  for (const stroke of strokes) {
    const count = stroke.points?.length ?? 0;
    points += count;
    work += stroke.size ? count * (stroke.size + 3) ** 2 : 8 * width * height;
  }
  return points > SAVE_AT.points || strokes.length > SAVE_AT.strokes || work > SAVE_AT.work;
}
