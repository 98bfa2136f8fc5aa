import { Box, Button, color, config, Spinner, Text, toRem } from 'folds';
import { useEffect, useId, useRef } from 'react';

export type GateScreenProps = {
  testId: string;
  title: string;
  /** One paragraph each. */
  why: readonly string[];
  action: string;
  isBusy: boolean;
  onAction: () => void;
  /** The outcome of the action; announced by screen readers. */
  outcome: string;
  anyway: string;
  onAnyway: (() => void) | undefined;
};

/**
 * A screen shown instead of the app: why it waits, one action, and optionally a way to continue at the user's own risk.
 */
export function GateScreen(props: GateScreenProps) {
  const { testId, title, why, action, isBusy, onAction, outcome, anyway, onAnyway } = props;
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);

  // If the focused element went with the app, continue keyboard and screen reader at the heading.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);

  return (
    <Box
      as="main"
      aria-labelledby={id}
      data-testid={testId}
      direction="Column"
      alignItems="Center"
      justifyContent="Center"
      gap="400"
      style={{
        minHeight: '100vh',
        padding: config.space.S400,
        backgroundColor: color.Background.Container,
        color: color.Background.OnContainer,
        textAlign: 'center',
      }}
    >
      <Text as="h1" id={id} ref={heading} tabIndex={-1} size="H3" style={{ outline: 'none' }}>
        {title}
      </Text>
      {why.map((paragraph) => (
        <Text key={paragraph} size="T300" style={{ maxWidth: toRem(420) }}>
          {paragraph}
        </Text>
      ))}
      <Box direction="Column" gap="200" alignItems="Center">
        <Button
          type="button"
          size="400"
          radii="300"
          variant="Primary"
          aria-disabled={isBusy}
          onClick={onAction}
          before={isBusy ? <Spinner size="100" variant="Primary" fill="Solid" /> : undefined}
        >
          <Text as="span" size="B400">
            {action}
          </Text>
        </Button>
        {onAnyway && (
          <Button type="button" size="300" radii="300" variant="Secondary" fill="None" onClick={onAnyway}>
            <Text as="span" size="B300">
              {anyway}
            </Text>
          </Button>
        )}
      </Box>
      <Text as="output" size="T200" style={{ minHeight: toRem(20), maxWidth: toRem(420) }}>
        {outcome}
      </Text>
    </Box>
  );
}
