import { describe, expect, it } from 'vitest';
import { parseConfig, resolveApiUrl } from './config';

const page = (origin: string) => ({ origin, hostname: new URL(origin).hostname });

describe('resolveApiUrl', () => {
  it.each([
    ['', 'http://edge:3000', 'http://edge:3000'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:3000', 'http://127.0.0.1:8000'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:3000', 'http://127.0.0.1:8000'],
    // the page's machine is meant, not the reader's
    ['http://127.0.0.1:8000', 'http://edge.plant:3000', 'http://edge.plant:8000'],
    ['http://127.0.0.1:8000', 'http://localhost:3000', 'http://localhost:8000'],
    ['https://api.plant', 'http://edge:3000', 'https://api.plant'],
  ])('%o on %s is %s', (api, origin, resolved) => expect(resolveApiUrl(api, page(origin))).toBe(resolved));
});

it.each([{}, { api_url: 1, version: '1' }, null, 'x'])('refuses %o', (json) =>
  expect(() => parseConfig(json, page('http://a'))).toThrow(),
);
