/** Nearest wins: numbers of a group from the model, else the upstream, else the whole, else the default. */

/** A group as it stands in one place; what is missing or `undefined` says nothing. */
export type Layer<Name extends string> = { readonly [Key in Name]?: number | undefined } | undefined;

/** `layers` from the farthest to the nearest. */
export function nearest<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
  layers: readonly Layer<NoInfer<Name>>[],
): Record<Name, number> {
  const resolved: Record<Name, number> = { ...defaults };
  for (const layer of layers) {
    for (const name in defaults) {
      const value = layer?.[name];
      if (value !== undefined) resolved[name] = value;
    }
  }
  return resolved;
}
