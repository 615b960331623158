import { ORDER_VARIABLE, type Order } from './task.ts'

/** What the test wants. Every process of the app inherits it. */
export const order: Order = JSON.parse(process.env[ORDER_VARIABLE] ?? '{}')
