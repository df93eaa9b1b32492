/** The contract of the type tests. */
export interface Shop {
  'orders.created': { payload: { id: string; total: number } };
  'orders.cancelled': { payload: { id: string; reason: string } };
  'orders.item.added': { payload: { id: string; sku: string } };
  'stock.low': { payload: { sku: string; left: number } };
  'orders.quote': { payload: { sku: string; qty: number }; reply: { price: number } };
}
