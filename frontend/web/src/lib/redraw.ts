/* The one timer of all live charts: at most 4 redraws a second, none while the page is hidden. */

export const redrawEveryMs = 250;

type Redraw = () => void;
interface Entry {
  redraw: Redraw;
  every: number;
}

const entries = new Set<Entry>();
let timer: ReturnType<typeof setInterval> | undefined;
let beat = 0;

function tick(): void {
  if (document.hidden) return;
  beat += 1;
  requestAnimationFrame(() => {
    for (const entry of entries) if (beat % entry.every === 0) entry.redraw();
  });
}

/** Calls `redraw` at each `every`-th beat; the answer ends that. */
export function onRedraw(redraw: Redraw, every = 1): () => void {
  const entry = { redraw, every };
  entries.add(entry);
  timer ??= setInterval(tick, redrawEveryMs);
  return () => {
    entries.delete(entry);
    if (entries.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
