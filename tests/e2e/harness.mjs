// What the journeys stand on: the browser, a list of tests that share one stack, the JUnit report, axe.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// the browser's packages are the dashboard's development dependencies
const require = createRequire(new URL('../../frontend/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const { default: AxeBuilder } = require('@axe-core/playwright');

const { values: options } = parseArgs({
  options: {
    home: { type: 'string' },
    junit: { type: 'string' },
    shots: { type: 'string' },
    only: { type: 'string' },
  },
});

export const stack = JSON.parse(readFileSync(join(options.home, 'run.json'), 'utf8'));
export const firstPassword = readFileSync(join(options.home, 'secrets/admin-password'), 'utf8').trim();
/** For what comes over the wire from the stack; far above what it takes, as sanitized builds share busy machines. */
export const patienceMs = 60_000;

export const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
mkdirSync(options.shots, { recursive: true });

const journeys = [];

export function journey(name, run) {
  journeys.push({ name, run });
}

// What the browser itself reports for an answer that the journeys or the page's feature questions bring about.
const expected = [/status of 40[14]/, /net::ERR_/, /WebSocket connection to .* failed/];

/** A page in a context of its own, which fails the journey when the page breaks. */
export async function openPage({ width = 1440, height = 900, theme, state } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...(state ? { storageState: state } : {}) });
  if (theme) {
    await context.addInitScript((mode) => {
      localStorage.setItem('aastreli.theme', JSON.stringify(mode));
    }, theme);
  }
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  page.problems = [];
  page.underWay = new Set();
  page.on('request', (request) => page.underWay.add(request));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => page.underWay.delete(request));
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.some((each) => each.test(message.text())))
      page.problems.push(message.text());
  });
  return page;
}

/** Everything that the page asked for has come, and the charts have drawn it. */
export async function settle(page) {
  let quietSince = Date.now();
  await until('a settled page', () => {
    if (page.underWay.size > 0) quietSince = Date.now();
    return Date.now() - quietSince > 800;
  });
}

export async function shoot(page, name) {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(options.shots, `${name}.png`) });
}

/** No finding of axe, nothing wider than the screen, nothing broken. */
export async function checkPage(page, name) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  assert.deepEqual(found, [], `axe on ${name}`);
  const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(surplus <= 0, `${name} is ${surplus} px wider than the screen`);
  assert.deepEqual(page.problems, [], `the console on ${name}`);
}

export async function signIn(page, password) {
  await page.goto(stack.dashboard);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits until `probe` gives something true; says what it waited for when it does not come. */
export async function until(what, probe, patience = patienceMs) {
  const end = Date.now() + patience;
  for (;;) {
    const result = await probe();
    if (result) return result;
    assert.ok(Date.now() < end, `${what} did not happen within ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export async function postJson(url, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `POST ${url} answered ${answer.status}: ${await answer.clone().text()}`);
  return answer.json();
}

const escape = (text) =>
  String(text).replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]);

/** Plays the journeys in order, writes the report, ends the browser. */
export async function play() {
  const cases = [];
  for (const { name, run } of journeys) {
    if (options.only && !new RegExp(options.only).test(name)) continue;
    const started = Date.now();
    let failure = null;
    try {
      await run();
    } catch (error) {
      failure = error;
      for (const context of browser.contexts())
        for (const page of context.pages()) await shoot(page, `failed-${name.replaceAll(/\W+/g, '-')}`).catch(() => {});
    }
    for (const context of browser.contexts()) await context.close();
    const seconds = (Date.now() - started) / 1000;
    console.log(`${failure ? 'FAILED' : 'ok    '}  ${name} (${seconds.toFixed(1)} s)`);
    if (failure) console.log(failure.message);
    cases.push(
      `<testcase classname="e2e" name="${escape(name)}" time="${seconds}">` +
        (failure ? `<failure>${escape(failure.stack)}</failure>` : '') +
        '</testcase>',
    );
    if (failure) process.exitCode = 1;
  }
  await browser.close();
  writeFileSync(options.junit, `<testsuite name="e2e" tests="${cases.length}">\n${cases.join('\n')}\n</testsuite>\n`);
}
