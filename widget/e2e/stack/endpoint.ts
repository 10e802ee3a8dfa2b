/** How a model answers one request; bot/gpt/gpttest tells what the fields mean. */
interface Reply {
  readonly pieces?: readonly string[];
  /** Stops after so many pieces, until it is told to go on. */
  readonly held_after?: number;
  /** Nanoseconds for each piece after the first. */
  readonly every?: number;
  readonly calls?: readonly { readonly tool: string; readonly arguments: string }[];
}

/** The OpenAI-compatible server that answers for the site assistant: it says what a test tells it to. */
export class Endpoint {
  readonly #url: string;

  constructor(baseURL: string) {
    this.#url = new URL('/gpttest', baseURL).href;
  }

  /** The next request is answered so, and those behind it. */
  script(...replies: Reply[]): Promise<void> {
    return this.#call('POST', '/script', replies);
  }

  /** What is held goes on. */
  release(): Promise<void> {
    return this.#call('POST', '/release');
  }

  /** Forgets what was scripted. */
  forget(): Promise<void> {
    return this.#call('DELETE', '');
  }

  async #call(method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(this.#url + path, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
}

/** The words of a text, each a piece of the stream with the space before it. */
export function words(text: string): string[] {
  return text.split(/(?= )/);
}
