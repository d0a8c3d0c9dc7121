/** Without the fields that are `undefined`: they say nothing, and must not hide what stands behind them. */
export function given<Fields extends object>(fields: Fields): Partial<Fields> {
  const found: Partial<Fields> = { ...fields };
  for (const name of Object.keys(found) as (keyof Fields)[]) if (found[name] === undefined) delete found[name];
  return found;
}
