// The consoles of same-origin frames: an Element Call call runs in a frame and logs only there.
//
// A frame has a console as soon as it is in the document: that of its initial about:blank, which its first page keeps.
// Every later page has a new console. So a frame is checked when it appears, when its page is hidden, and when a page
// has loaded.

import type { Start } from './capture-status';
import { once } from './end';

/** Watches a console until the returned undo is called; `source` names the frame. */
export type WatchConsole = (console: object, source: () => string) => (() => void) | undefined;

/** How often to look for a frame's next page, once per task: it appears within the first few tries. */
const TRIES = 50;

export class Frames {
  private readonly watched = new Map<HTMLIFrameElement, FrameWatch>();
  private observer: MutationObserver | undefined;
  private watchAllCount = 0;
  private lateCount = 0;

  constructor(
    private readonly watchConsole: WatchConsole,
    private readonly start: Start,
  ) {}

  /** Watches one frame until it leaves the document or the undo is called. */
  watch(frame: HTMLIFrameElement): () => void {
    const frameWatch = this.addFrame(frame);
    if (!frameWatch) return () => {};
    frameWatch.watchers += 1;
    return once(() => {
      frameWatch.watchers -= 1;
      this.releaseUnwatched();
    });
  }

  /** Watches every frame of the document, now and later. Returns the undo. */
  watchAll(): () => void {
    if (typeof document !== 'object') return () => {};
    this.watchAllCount += 1;
    this.observe();
    this.start('the watch on the frames that are there', () => this.scan());
    return once(() => {
      this.watchAllCount -= 1;
      this.releaseUnwatched();
    });
  }

  /** The sources of lines that are not captured, for the report. */
  blindSpots(): string[] {
    const late = this.lateCount;
    const foreign = [...this.watched.values()].filter((frame) => !frame.isReadable).length;
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
  }

  private addFrame(frame: HTMLIFrameElement): FrameWatch | undefined {
    try {
      if (!this.watched.has(frame)) {
        const handleLate = () => {
          this.lateCount += 1;
        };
        this.watched.set(frame, new FrameWatch(frame, this.watchConsole, handleLate, this.start));
      }
      this.observe();
    } catch {
      // Not a frame, or one that denies access.
    }
    return this.watched.get(frame);
  }

  private observe(): void {
    if (this.observer) return;
    this.start('the watch on frames that appear or go', () => {
      const observer = new MutationObserver(() => {
        try {
          this.scan();
        } catch {
          // The page made this throw; its own code must not be affected.
        }
      });
      observer.observe(document, { childList: true, subtree: true });
      this.observer = observer;
    });
  }

  private scan(): void {
    // `length` of the window is the number of its frames: with none, a change of the document costs no more than this.
    if (this.watched.size === 0 && window.length === 0) return;
    this.releaseUnwatched();
    if (this.watchAllCount === 0) return;
    for (const frame of document.getElementsByTagName('iframe')) if (!this.watched.has(frame)) this.addFrame(frame);
  }

  /** Releases the frames that are gone, or that no caller watches any more. */
  private releaseUnwatched(): void {
    for (const [frame, frameWatch] of this.watched) {
      if (frame.isConnected && (this.watchAllCount > 0 || frameWatch.watchers > 0)) continue;
      frameWatch.release();
      this.watched.delete(frame);
    }
    if (this.watchAllCount > 0 || this.watched.size > 0) return;
    this.observer?.disconnect();
    this.observer = undefined;
  }
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
