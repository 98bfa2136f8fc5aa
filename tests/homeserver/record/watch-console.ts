/**
 * Runs in each page and frame before everything else, so it must be self-contained. Records every warning and error.
 */
export function watchConsole() {
  const DEPTH = 5;

  function plain(value: unknown, depth = 0): unknown {
    if (value === undefined) return { $t: 'undefined' };
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
    if (typeof value !== 'object' || depth > DEPTH) return String(value);
    if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
    const props = Object.fromEntries(Object.entries(value).map(([name, prop]) => [name, plain(prop, depth + 1)]));
    const ctor = value.constructor?.name;
    if (!(value instanceof Error)) return { $t: 'object', ctor, props };
    const { name, message, stack } = value;
    const cause = value.cause === undefined ? {} : { cause: plain(value.cause, depth + 1) };
    return { $t: 'Error', ctor, name, message, stack, props: { ...props, ...cause }, toString: String(value) };
  }

  function words(value: unknown): string {
    if (typeof value === 'string') return value;
    if (!(value instanceof Error)) return JSON.stringify(plain(value));
    const lines = [`${value.name}: ${value.message}`];
    const stacks = [value.stack];
    let cause = value.cause ?? ('originalError' in value ? value.originalError : undefined);
    while (cause instanceof Error && lines.length < DEPTH) {
      lines.push(`caused by ${cause.name}: ${cause.message}`);
      stacks.push(cause.stack);
      cause = cause.cause;
    }
    return [...lines, ...stacks].join('\n');
  }

  for (const level of ['warn', 'error'] as const) {
    const original = console[level];
    console[level] = function (this: unknown, ...args: unknown[]) {
      try {
        const line = { at: Date.now(), level, args: args.map((arg) => plain(arg)), text: args.map(words).join(' ') };
        (window as unknown as { recordLine(line: string): void }).recordLine(JSON.stringify(line));
      } catch {
        // The value cannot be serialised: the line is lost, and the page goes on.
      }
      return original.apply(this, args);
    };
  }
}
