/** An answer that refuses, or none: `code` is stable, `detail` is a sentence of the bridge. */
export class ApiProblem extends Error {
  readonly code: string;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(code: string, status: number, detail = '') {
    super(detail || code);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = status;
  }
}

/** What a failed act is told by; whatever else was thrown is a fault of ours. */
export function problemOf(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem('internal', 0, String(error));
}
