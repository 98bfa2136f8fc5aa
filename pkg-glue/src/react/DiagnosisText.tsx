export type DiagnosisTextProps = { children: string };

/**
 * A sentence of the diagnosis: text between backticks is shown as code, and the name of a fault stays on one line. Everything
 * else is shown as it is; nothing of it is markup.
 */
export function DiagnosisText({ children }: DiagnosisTextProps) {
  // Each plain text is followed by both groups of the expression, of which only one has matched.
  const parts = children.split(/`([^`\n]+)`|\b(KE-[1-4])\b/);
  return (
    <>
      {parts.map((part, nth) => {
        if (!part || nth % 3 === 0) return part;
        if (nth % 3 === 1) {
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a part has nothing else to be known by.
            <code key={nth} style={{ fontFamily: 'monospace, monospace', fontSize: '0.95em' }}>
              {part}
            </code>
          );
        }
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <span key={nth} style={{ whiteSpace: 'nowrap' }}>
            {part}
          </span>
        );
      })}
    </>
  );
}
