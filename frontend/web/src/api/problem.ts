import type { components } from './schema';

export type Problem = components['schemas']['Problem'];

/** Any call that did not work: status 0 when no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? (status === 0 ? 'The server does not answer.' : `Answer ${status}`));
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? (status === 0 ? 'network' : 'unknown');
    this.field = problem.field;
    this.requestId = problem.request_id;
  }
}

function asProblem(body: unknown): Partial<Problem> {
  return typeof body === 'object' && body !== null ? body : {};
}

/** The data of an answer, or an ApiError. For queries and mutations, which tell failure by throwing. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Exclude<T, undefined>> {
  let result;
  try {
    result = await call;
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    if (cause instanceof Error && cause.name === 'TimeoutError')
      throw new ApiError(0, { detail: 'The server took too long to answer.', code: 'timeout' });
    throw new ApiError(0, { detail: 'The server cannot be reached.' });
  }
  if (!result.response.ok) throw new ApiError(result.response.status, asProblem(result.error));
  return result.data as Exclude<T, undefined>;
}

/** Whether a failed call may succeed when repeated as it is. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;
}

/** One sentence for people. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
