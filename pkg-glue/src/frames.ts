// The consoles of same-origin frames: an Element Call call runs in a frame and logs only there.
//
// A frame has a console as soon as it is in the document: that of its initial about:blank, which its first page keeps.
// Every later page has a new console. So a frame is checked when it appears, when its page is hidden, and when a page
// has loaded.

import type { Start } from './capture-status';

/** Watches a console until the returned undo is called; `source` names the frame. */
export type WatchConsole = (console: object, source: () => string) => (() => void) | undefined;

export interface Frames {
  /** Watches one frame until it leaves the document or the undo is called. */
  watch(frame: HTMLIFrameElement): () => void;
  /** Watches every frame of the document, present and future. Returns the undo. */
  watchAll(): () => void;
  /** What cannot be seen in this page, for the report. */
  blindSpots(): string[];
}

/**
 * How often to look for a frame's next page after the previous one was hidden, once per task. It appears within the
 * first few tasks.
 */
const TRIES = 50;

export function createFrames(watchConsole: WatchConsole, start: Start): Frames {
  const watched = new Map<HTMLIFrameElement, FrameWatch>();
  let observer: MutationObserver | undefined;
  let everyFrame = 0;
  let late = 0;

  const handleLate = () => {
    late += 1;
  };

  const forget = (frame: HTMLIFrameElement) => {
    watched.get(frame)?.release();
    watched.delete(frame);
  };

  const take = (frame: HTMLIFrameElement): FrameWatch | undefined => {
    try {
      if (!watched.has(frame)) watched.set(frame, new FrameWatch(frame, watchConsole, handleLate, start));
      observe();
    } catch {
      // Not a frame, or one that denies access.
    }
    return watched.get(frame);
  };

  /** Stops watching frames that left the document, or that nobody wants watched any more. */
  const tidy = () => {
    for (const [frame, { watchers }] of watched) {
      if (!frame.isConnected || (everyFrame === 0 && watchers === 0)) forget(frame);
    }
    if (everyFrame > 0 || watched.size > 0) return;
    observer?.disconnect();
    observer = undefined;
  };

  const look = () => {
    // `window.length` is the number of frames: without any, a change to the document costs only this check.
    if (watched.size === 0 && window.length === 0) return;
    tidy();
    if (everyFrame === 0) return;
    for (const frame of document.getElementsByTagName('iframe')) if (!watched.has(frame)) take(frame);
  };

  const observe = () => {
    if (observer) return;
    start('the watch on frames that appear or go', () => {
      const made = new MutationObserver(() => {
        try {
          look();
        } catch {
          // The page made this throw; its own code must not be affected.
        }
      });
      made.observe(document, { childList: true, subtree: true });
      observer = made;
    });
  };

  return {
    watch(frame) {
      const held = take(frame);
      if (held) held.watchers += 1;
      let undone = false;
      return () => {
        if (undone || !held) return;
        undone = true;
        held.watchers -= 1;
        tidy();
      };
    },
    watchAll() {
      if (typeof document !== 'object') return () => {};
      everyFrame += 1;
      observe();
      start('the watch on the frames that are there', look);
      let undone = false;
      return () => {
        if (undone) return;
        undone = true;
        everyFrame -= 1;
        tidy();
      };
    },
    blindSpots() {
      const foreign = [...watched.values()].filter((frame) => !frame.isReadable).length;
      return [
        'Workers have a console of their own: what they log is not seen, unless the page logs it, too.',
        'What the browser prints by itself, uncaught errors and rejections among it, is not seen.',
        'A logger that bound the methods of the console before this was loaded is not seen.',
        'Frames inside of frames or of shadow trees are not seen.',
        ...(late > 0
          ? [
              `Pages in frames that had run scripts before they were found: ${late}. A logger that had bound the console by then is not seen there.`,
            ]
          : []),
        ...(foreign > 0 ? [`${foreign} of this page's frames are of another origin: what they log is not seen.`] : []),
      ];
    },
  };
}

class FrameWatch {
  /** Whether the frame's latest page is of this origin. */
  isReadable = false;
  /** How many callers asked for this frame in particular. */
  watchers = 0;
  private console: object | undefined;
  private window: Window | undefined;
  private unwatch: (() => void) | undefined;
  private isOpen = true;

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly watchConsole: WatchConsole,
    private readonly onLate: () => void,
    start: Start,
  ) {
    start('the watch on the next page of a frame', () => frame.addEventListener('load', this.attach));
    this.attach();
  }

  release(): void {
    this.isOpen = false;
    this.detach();
    try {
      this.frame.removeEventListener('load', this.attach);
    } catch {
      // `isOpen` is false, so a later `load` event does nothing.
    }
  }

  /** Watches the frame's current console; returns whether it is a new one. Never throws. */
  private readonly attach = (): boolean => {
    try {
      if (!this.isOpen) return false;
      // `null` for a page of another origin; unlike `contentWindow`, reading it logs no error in the console.
      const page = this.frame.contentDocument?.defaultView as (Window & { console?: unknown }) | null | undefined;
      this.isReadable = Boolean(page);
      if (!page) {
        this.detach();
        return false;
      }
      const { console } = page;
      if (typeof console !== 'object' || console === null || console === this.console) return false;
      this.detach();
      // A page whose scripts are not parsed yet cannot have bound the console.
      if (page.document.scripts.length > 0) this.onLate();
      this.console = console;
      this.window = page;
      this.unwatch = this.watchConsole(console, () => sourceOf(page));
      page.addEventListener('pagehide', this.handleHide);
      return true;
    } catch {
      return false;
    }
  };

  private detach(): void {
    const { window, unwatch } = this;
    this.console = this.window = this.unwatch = undefined;
    try {
      unwatch?.();
      window?.removeEventListener('pagehide', this.handleHide);
    } catch {
      // The frame's page is gone.
    }
  }

  /**
   * The frame's page is going. The next one has a new console and may log in its first script, so look for it at once.
   */
  private readonly handleHide = (): void => {
    let tries = 0;
    try {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        tries += 1;
        if (!this.isOpen || this.attach() || tries >= TRIES) port1.close();
        else port2.postMessage(undefined);
      };
      port2.postMessage(undefined);
    } catch {
      // No MessageChannel: the next page is found when it has loaded.
    }
  };
}

/** The path of a frame's page, without query and fragment: they may carry tokens. */
function sourceOf(page: Window): string {
  try {
    const { protocol, pathname } = page.location;
    return `frame:${protocol === 'about:' ? 'about:' : ''}${pathname}`;
  } catch {
    return 'frame:unknown';
  }
}
