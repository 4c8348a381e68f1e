import type { Engine } from '../engine/engine.js';
import type { AnswerOptions } from './answers/large-answers.js';
import type { App } from './app-type.js';
import { answerLinkRoutes } from './approvals/routes.js';
import type { PublicOptions } from './approvals/shown-link.js';
import { getDeliveryRoute } from './deliveries/get.js';
import { listDeliveriesRoute } from './deliveries/list.js';
import { retryDeliveryRoute } from './deliveries/retry.js';
import { backtestRoute } from './graphs/backtest.js';
import { listConditionsRoute } from './graphs/conditions.js';
import { createGraphRoute } from './graphs/create.js';
import { deleteGraphRoute } from './graphs/delete.js';
import { drawDocumentRoute, drawGraphRoute } from './graphs/diagram.js';
import { listExamplesRoute } from './graphs/examples.js';
import { exploreGraphRoute } from './graphs/explore.js';
import { getGraphRoute } from './graphs/get.js';
import { graphSchemaRoute } from './graphs/graph-schema.js';
import { listGraphsRoute } from './graphs/list.js';
import { migrateRunsRoute } from './graphs/migrate.js';
import { listToolsRoute } from './graphs/tools.js';
import { updateGraphRoute } from './graphs/update.js';
import { validateGraphRoute } from './graphs/validate.js';
import { createHookRoute } from './hooks/create.js';
import { deleteHookRoute } from './hooks/delete.js';
import { type DeliveryOptions, deliverRoute } from './hooks/deliver.js';
import { listHookDeliveriesRoute } from './hooks/deliveries.js';
import { getHookRoute } from './hooks/get.js';
import { listHooksRoute } from './hooks/list.js';
import { updateHookRoute } from './hooks/update.js';
import type { PlaceOptions } from './input/places.js';
import { type McpOptions, mcpRoute } from './mcp/route.js';
import { bulkRoute } from './runs/bulk.js';
import { cancelRunRoute } from './runs/cancel.js';
import { exportRunRoute } from './runs/capsule.js';
import { countRunsRoute } from './runs/counts.js';
import { deleteRunRoute } from './runs/delete.js';
import { drawRunRoute } from './runs/diagram.js';
import { diffRunsRoute } from './runs/diff.js';
import { watchRunRoute } from './runs/events.js';
import { forkRunRoute } from './runs/fork.js';
import { importRunRoute } from './runs/import.js';
import { listRunsRoute } from './runs/list.js';
import { pauseRunRoute } from './runs/pause.js';
import { replayRoute } from './runs/replay.js';
import { resumeRunRoute } from './runs/resume.js';
import { retryRunRoute } from './runs/retry.js';
import { sendSignalRoute } from './runs/signal.js';
import { type StartRunOptions, startRunRoute } from './runs/start.js';
import { getRunStateRoute } from './runs/state.js';
import { listStepsRoute } from './runs/steps.js';
import { unpauseRunRoute } from './runs/unpause.js';
import { createScheduleRoute } from './schedules/create.js';
import { deleteScheduleRoute } from './schedules/delete.js';
import { getScheduleRoute } from './schedules/get.js';
import { listSchedulesRoute } from './schedules/list.js';
import { previewScheduleRoute } from './schedules/preview.js';
import { replaceScheduleRoute } from './schedules/replace.js';
import { triggerScheduleRoute } from './schedules/trigger.js';
import { healthRoutes } from './service/health.js';
import { type MetricsOptions, metricsRoute } from './service/metrics.js';

export type RouteOptions = StartRunOptions &
  MetricsOptions &
  AnswerOptions &
  PlaceOptions &
  PublicOptions &
  DeliveryOptions &
  McpOptions;

/** Adds operations to the application. */
type AddRoutes = (app: App, engine: Engine, options: RouteOptions) => void;

/** What supervisors, load balancers and Prometheus ask. */
export const SERVICE_ROUTES: readonly AddRoutes[] = [healthRoutes, metricsRoute];

/** All operations of the API, in the order in which the documentation shows them. */
export const ROUTES: readonly AddRoutes[] = [
  createGraphRoute,
  validateGraphRoute,
  exploreGraphRoute,
  listGraphsRoute,
  listExamplesRoute,
  getGraphRoute,
  updateGraphRoute,
  deleteGraphRoute,
  migrateRunsRoute,
  drawGraphRoute,
  drawDocumentRoute,
  backtestRoute,
  graphSchemaRoute,
  startRunRoute,
  getRunStateRoute,
  listRunsRoute,
  countRunsRoute,
  listStepsRoute,
  watchRunRoute,
  drawRunRoute,
  cancelRunRoute,
  pauseRunRoute,
  unpauseRunRoute,
  resumeRunRoute,
  answerLinkRoutes,
  sendSignalRoute,
  retryRunRoute,
  forkRunRoute,
  diffRunsRoute,
  exportRunRoute,
  importRunRoute,
  replayRoute,
  deleteRunRoute,
  bulkRoute,
  createScheduleRoute,
  listSchedulesRoute,
  previewScheduleRoute,
  getScheduleRoute,
  replaceScheduleRoute,
  triggerScheduleRoute,
  deleteScheduleRoute,
  listDeliveriesRoute,
  getDeliveryRoute,
  retryDeliveryRoute,
  createHookRoute,
  listHooksRoute,
  getHookRoute,
  updateHookRoute,
  deliverRoute,
  listHookDeliveriesRoute,
  deleteHookRoute,
  listToolsRoute,
  listConditionsRoute,
  mcpRoute,
  ...SERVICE_ROUTES,
];
