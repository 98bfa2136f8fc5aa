import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['unit/**/*.test.ts'],
    // Some tests start processes or a compiler, and the machine may be busy.
    testTimeout: 30_000,
    // The default leaves one core idle.
    maxWorkers: '100%',
    typecheck: { enabled: true, include: ['unit/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
  },
});
