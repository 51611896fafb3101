// One program and one style sheet, without a name that changes: they are compiled into the binary.
// Vite 7: what Vite 8 asks for (`napi-windows-process-start-time`) is not in a lock file that `npm ci` takes everywhere.
import { defineConfig } from 'vite';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: '../crates/page/bundle',
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      input: 'src/main.tsx',
      output: {
        format: 'iife',
        entryFileNames: 'page.js',
        assetFileNames: 'page[extname]',
      },
    },
  },
});
