/** What a deployment was found not to take, so that it is not sent again. Found by refusals, and only then `true`. */

/** Something of ours that an upstream may refuse. */
export type RefusableFeature = 'stream' | 'stream-options' | 'prefill';

export class Quirks {
  /** Answers only whole. */
  refusesStream = false;
  /** Streams only without `stream_options`, and so perhaps without usage. */
  refusesStreamOptions = false;
  /** Does not go on from an assistant message that stands last, whatever the options say. */
  refusesPrefill = false;

  /** All that it refuses, for people. */
  refused(): readonly RefusableFeature[] {
    const refused: RefusableFeature[] = [];
    if (this.refusesStream) refused.push('stream');
    if (this.refusesStreamOptions) refused.push('stream-options');
    if (this.refusesPrefill) refused.push('prefill');
    return refused;
  }
}
