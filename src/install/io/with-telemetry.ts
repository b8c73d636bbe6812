import type { Operator } from '../../web/operator.ts';
import type { Metrics } from './metrics.ts';
import type { Telemetry } from './telemetry-service.ts';

/** The operator whose VMs are shown with what they take of their hosts. */
export function withTelemetry(operator: Operator, telemetry: Telemetry, metrics: Metrics): Operator {
  return {
    ...operator,
    listVms: async () => (await operator.listVms()).map((vm) => ({ ...vm, load: telemetry.load(vm.name) })),
    onChange(listener) {
      const stops = [operator.onChange(listener), telemetry.onChange(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    samples: telemetry.samples,
    metrics: async () => metrics.render(await operator.listVms()),
  };
}
