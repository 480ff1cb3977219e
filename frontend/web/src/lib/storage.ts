import * as z from 'zod/mini';

/** A setting in local storage. What someone else wrote there, or an older version, gives the default. */
export function readSetting<T>(key: string, schema: z.ZodMiniType<T>, fallback: T): T {
  try {
    const text = localStorage.getItem(`aastreli.${key}`);
    const result = text === null ? null : z.safeParse(schema, JSON.parse(text));
    return result?.success ? result.data : fallback;
  } catch {
    return fallback;
  }
}

export function writeSetting(key: string, value: unknown): void {
  try {
    localStorage.setItem(`aastreli.${key}`, JSON.stringify(value));
  } catch {
    // private mode, or full: the setting lasts as long as the page
  }
}
