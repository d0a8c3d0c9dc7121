/** A prompt to be counted, by a name that says what it is. */
export interface SamplePrompt {
  readonly name: string;
  readonly text: string;
}
