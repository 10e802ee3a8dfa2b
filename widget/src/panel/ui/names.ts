import type { Site } from '../forms';

/** The part of a Matrix user's id that people call them by: "@anna:example.com" is "anna". */
export function nameOf(user: string): string {
  return /^@([^:]+)/.exec(user)?.[1] ?? user;
}

/** Where a deal is: the pipeline, where there are several, and the stage. The config may have either no more. */
export function placeOf(site: Site, at: { readonly pipeline: string; readonly stage: string }): string {
  const pipeline = site.pipelines.find((p) => p.id === at.pipeline);
  const stage = pipeline?.stages.find((s) => s.id === at.stage)?.name ?? at.stage;
  return site.pipelines.length > 1 || !pipeline ? `${pipeline?.name ?? at.pipeline} · ${stage}` : stage;
}
