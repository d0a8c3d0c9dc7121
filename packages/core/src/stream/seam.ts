/** Where a cut answer ends, in parts that a model can be shown and parts that it cannot. */
import { trailingHalf } from './surrogates.js';

/** The three parts one behind the other are the text. */
export interface Seam {
  /** What a model can go on from: no white space at its end, which models refuse or answer with nonsense. */
  readonly shown: string;
  readonly space: string;
  /** The first half of a character that was cut in two; nearly always empty. */
  readonly half: string;
}

export function seamOf(text: string): Seam {
  const half = trailingHalf(text);
  const whole = text.slice(0, text.length - half.length);
  const shown = whole.trimEnd();
  return { shown, space: whole.slice(shown.length), half };
}
