/** Colours, where somebody looks at a terminal; plain text in files, pipes and with `NO_COLOR`. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];

export function paint(style: Style, text: string): string {
  return coloured ? styleText(style, text) : text;
}
