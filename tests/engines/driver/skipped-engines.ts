// Reports at the end which engines were skipped because they are not installed: a list of skipped tests does not show
// it.
import type { Reporter, TestCase } from '@playwright/test/reporter';

export const SKIPPED_PREFIX = 'Left out:';

export default class SkippedEnginesReporter implements Reporter {
  private readonly reasons = new Set<string>();

  onTestEnd({ annotations }: TestCase): void {
    for (const { description = '' } of annotations)
      if (description.startsWith(SKIPPED_PREFIX)) this.reasons.add(description);
  }

  onEnd(): void {
    for (const reason of this.reasons) console.log(reason);
  }

  printsToStdio = () => false;
}
