import { Box, color, config, toRem } from 'folds';
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';

const ANCHOR = '--lotus-crypto-recovery';

const TOP: CSSProperties = {
  position: 'fixed',
  // CSS anchor positioning: at the placeholder, so below anything the host shows above it. At the top if the
  // placeholder is scrolled away, and in browsers without anchor positioning.
  top: `max(0px, anchor(${ANCHOR} top, 0px))`,
  right: 0,
  bottom: 'auto',
  left: 0,
  zIndex: config.zIndex.Max,
  // The rest resets the browser's default styles of a popover.
  width: '100%',
  maxWidth: 'none',
  height: 'auto',
  // Keeps part of the app visible.
  maxHeight: '90%',
  margin: 0,
  padding: 0,
  border: 'none',
  overflow: 'hidden',
};

const INLINE: CSSProperties = {
  minWidth: 0,
  maxWidth: toRem(640),
  overflow: 'hidden',
  borderRadius: config.radii.R400,
};

const COLUMN: CSSProperties = { width: '100%', maxWidth: toRem(640), margin: '0 auto' };

export type TopBarProps = {
  /** At the top of the window and above everything else, or where it is rendered. */
  placement: 'top' | 'inline';
  /** Whether the bar reports a fault or its end. */
  variant: 'Critical' | 'Success';
  /** The id of the bar's heading. */
  labelledBy: string;
  bar: ReactNode;
  /** The part below the bar when it is open. Scrolls if there is too little room. */
  children: ReactNode;
};

/** The bar pushes the app down instead of covering it; the open part covers the app. */
export function TopBar({ placement, variant, labelledBy, bar, children }: TopBarProps) {
  const { Container, ContainerLine, OnContainer } = color[variant];
  const box = useRef<HTMLElement>(null);
  const barBox = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  const isTop = placement === 'top';

  useEffect(() => {
    const { current } = box;
    if (!isTop || !current) return undefined;
    // In the browser's top layer the bar is above open modals, but keeps its place in the document: inside the host's
    // theme, and early in the tab order. In browsers without popovers, the highest z-index has to do.
    try {
      current.popover = 'manual';
      current.showPopover();
    } catch {
      current.removeAttribute('popover');
    }
    return () => current.removeAttribute('popover');
  }, [isTop]);

  useEffect(() => {
    const { current } = barBox;
    if (!isTop || !current || typeof ResizeObserver !== 'function') return undefined;
    const observer = new ResizeObserver(() => setHeight(current.offsetHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, [isTop]);

  return (
    <>
      {isTop && <div style={{ flexShrink: 0, height, ...{ anchorName: ANCHOR } }} />}
      <Box
        as="section"
        ref={box}
        aria-labelledby={labelledBy}
        data-testid="crypto-recovery"
        direction="Column"
        style={{
          ...(isTop ? TOP : INLINE),
          ...(isTop
            ? // A shadow instead of a border: it takes no space, and the app is pushed down by the bar's height.
              { boxShadow: `0 1px 0 ${ContainerLine}, ${config.shadow.E300}` }
            : { border: `${config.borderWidth.B300} solid ${ContainerLine}` }),
          backgroundColor: color.Surface.Container,
          color: color.Surface.OnContainer,
        }}
      >
        <div
          ref={barBox}
          style={{
            flexShrink: 0,
            padding: `${config.space.S200} ${config.space.S400}`,
            backgroundColor: Container,
            color: OnContainer,
          }}
        >
          <Box alignItems="Center" justifyContent="SpaceBetween" gap="200" wrap="Wrap" style={COLUMN}>
            {bar}
          </Box>
        </div>
        <div style={{ minHeight: 0, overflow: 'auto', padding: `0 ${config.space.S400}` }}>
          <div style={COLUMN}>{children}</div>
        </div>
      </Box>
    </>
  );
}
