/** The contract of the type tests. */
export interface Shop {
  'orders.created': { payload: { id: string; total: number } };
  'stock.low': { payload: { sku: string; left: number } };
  'orders.quote': { payload: { sku: string; qty: number }; reply: { price: number } };
  'orders.ping': { payload: null; reply: unknown };
}
