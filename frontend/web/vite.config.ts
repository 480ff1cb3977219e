/// <reference types="vitest/config" />
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Writes .gz and .br siblings, which the file daemon serves as they are: it never compresses at run time. */
function compressedSiblings(): Plugin {
  let outDir = '';
  return {
    name: 'compressed-siblings',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg|json|webmanifest)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const plain = await readFile(path);
        if (plain.length < 512) continue;
        await writeFile(`${path}.gz`, await promisify(gzip)(plain, { level: 9 }));
        await writeFile(
          `${path}.br`,
          await promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        );
      }
    },
  };
}

/** In development /config.json says that the API has the page's origin: the server below hands its calls on. */
function devConfig(): Plugin {
  return {
    name: 'dev-config',
    configureServer(server) {
      server.middlewares.use('/config.json', (_request, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ api_url: '', version: 'dev' }));
      });
    },
  };
}

const budgetBytes = 250_000;

/** Fails the build when what a browser must load before the dashboard stands grows over its budget. */
function initialBudget(): Plugin {
  return {
    name: 'initial-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const needed = new Set<string>();
      const need = (name: string) => {
        const chunk = bundle[name];
        if (needed.has(name) || chunk?.type !== 'chunk') return;
        needed.add(name);
        chunk.imports.forEach(need);
      };
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && (chunk.isEntry || chunk.name === 'DashboardPage')) need(chunk.fileName);
      }
      let bytes = 0;
      for (const name of needed) {
        const chunk = bundle[name];
        if (chunk?.type === 'chunk') bytes += gzipSync(chunk.code, { level: 9 }).length;
      }
      const text = `initial scripts: ${Math.round(bytes / 1000)} kB gzip in ${needed.size} files`;
      if (bytes > budgetBytes) this.error(`${text}, over the budget of ${budgetBytes / 1000} kB`);
      this.info(text);
    },
  };
}

export default defineConfig({
  plugins: [react(), devConfig(), initialBudget(), compressedSiblings()],
  build: { target: 'es2023', sourcemap: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    host: '127.0.0.1',
    // pages and sources from here, all else from a running stack, as if behind one proxy
    proxy: {
      '^/(auth|dashboard|sensors|predictions|alarms|faults|models|feedback|serving|health|realtime)(/|$|\\?)': {
        target: process.env.AAS_BACKEND_URL ?? 'http://127.0.0.1:8000',
        ws: true,
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['tests/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    isolate: false, // one jsdom for all files: making one costs more than most files' tests
    // ends what hangs; a busy machine takes its time
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
