/** Notes which of an upstream's models its list names, and tells of those that it does not. */
import { nearestNames } from '../config/nearest-name.js';
import type { Events } from '../events.js';
import { namedIn } from '../provider/model-list.js';
import type { Deployment, Pool, Upstream } from './pool.js';

/** Told once for each, until the list has named it again. */
export function noteListed(upstream: Upstream, models: readonly string[], { pool, events }: Books): void {
  const isListed = namedIn(models);
  for (const deployment of pool.deployments.filter((one) => one.upstream === upstream)) {
    const before = deployment.listed;
    deployment.listed = isListed(deployment.settings.modelId);
    if (deployment.listed || before === false || isExpected(deployment, pool)) continue;
    report(deployment, models, events);
  }
}

interface Books {
  readonly pool: Pool;
  readonly events: Events;
}

/** Of an upstream that discovers its models nobody has said that it serves this one; it is enough if another does. */
function isExpected({ settings, upstream }: Deployment, { byModel }: Pool): boolean {
  if (!upstream.settings.discovers) return false;
  return byModel.get(settings.model)?.some((one) => one.upstream !== upstream && one.listed !== false) === true;
}

function report({ id, settings, upstream }: Deployment, models: readonly string[], events: Events): void {
  const { name, strictModels, discovers } = upstream.settings;
  const { model, modelId } = settings;
  const nearest = nearestNames(modelId, models, 3);
  const skipped = strictModels || discovers;
  const meant = nearest.length === 0 ? '' : ` It lists ${nearest.map((one) => JSON.stringify(one)).join(', ')}.`;
  const effect = skipped ? 'It is not asked for it.' : 'It is asked for it all the same.';
  const message = `${name} does not list the model ${JSON.stringify(modelId)}. ${effect}${meant}`;
  events.emit('model-not-listed', { deployment: id, upstream: name, model, modelId, nearest, skipped, message });
}
