// Reports at the end which engines were skipped because they are not installed: a list of skipped tests does not show
// it.
import type { Reporter, TestCase } from '@playwright/test/reporter';

export const LEFT_OUT = 'Left out:';

export default class LeftOut implements Reporter {
  private readonly reasons = new Set<string>();

  onTestEnd({ annotations }: TestCase): void {
    for (const { description = '' } of annotations) if (description.startsWith(LEFT_OUT)) this.reasons.add(description);
  }

  onEnd(): void {
    for (const reason of this.reasons) console.log(reason);
  }

  printsToStdio = () => false;
}
