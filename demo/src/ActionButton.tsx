import { Button, Text } from 'folds';

type ActionButtonProps = { words: string; label?: string; onClick: () => void };
/** @param label accessible name, if `words` alone do not say what the button does */
export function ActionButton({ words, label, onClick }: ActionButtonProps) {
  return (
    <Button
      type="button"
      size="300"
      variant="Secondary"
      fill="Soft"
      outlined
      radii="300"
      style={{ flexShrink: 0 }}
      aria-label={label}
      onClick={onClick}
    >
      <Text as="span" size="B300">
        {words}
      </Text>
    </Button>
  );
}
