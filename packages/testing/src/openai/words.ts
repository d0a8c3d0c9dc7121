/** A text as streams send it: word by word, each with the white space before it. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
