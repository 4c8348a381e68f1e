import type { ExampleGraph } from '../../core/graph/example.js';

const DESCRIPTION = `A flight and a hotel are booked, and a card is charged: about eight seconds.

What to look at: "charge" fails at both of its attempts, so "on_error" leads to the steps that undo what was done before. The
run itself completes. Start it with { "card_works": true }, and nothing has to be undone.`;

/** A saga: what fails for good undoes what was done before it. */
export const trip: ExampleGraph = {
  definition: {
    graph_id: 'demo-trip',
    name: 'Demo: book a trip, or undo it',
    description: DESCRIPTION,
    entry_point: 'book_flight',
    input_schema: {
      type: 'object',
      properties: { card_works: { type: 'boolean', default: false } },
      additionalProperties: false,
    },
    nodes: [
      { name: 'book_flight', tool_name: 'demo_work', params: { seconds: 1, says: 'Booking the flight' } },
      { name: 'book_hotel', tool_name: 'demo_work', params: { seconds: 1, says: 'Booking the hotel' } },
      {
        name: 'charge',
        tool_name: 'demo_work',
        params: {
          seconds: 1,
          fail_attempts: '${ input_data.card_works ? 0 : 2 }',
          says: 'Charging the card, attempt ${ run.attempt }',
        },
        retry: { max_attempts: 2, interval_seconds: 1, backoff_rate: 2, jitter: 'none' },
        on_error: 'cancel_hotel',
      },
      { name: 'booked', tool_name: 'set_data', params: { values: { result: 'Booked.' } } },
      { name: 'cancel_hotel', tool_name: 'demo_work', params: { seconds: 1, says: 'Cancelling the hotel' } },
      { name: 'cancel_flight', tool_name: 'demo_work', params: { seconds: 1, says: 'Cancelling the flight' } },
      {
        name: 'not_booked',
        tool_name: 'set_data',
        params: { values: { result: 'Not booked: ${ data.error.message }' } },
      },
    ],
    edges: [
      { from_node: 'book_flight', to_node: 'book_hotel' },
      { from_node: 'book_hotel', to_node: 'charge' },
      { from_node: 'charge', to_node: 'booked' },
      { from_node: 'cancel_hotel', to_node: 'cancel_flight' },
      { from_node: 'cancel_flight', to_node: 'not_booked' },
    ],
  },
  start: { inputData: { card_works: false }, metadata: { demo: 'trip' } },
  answer: null,
};
