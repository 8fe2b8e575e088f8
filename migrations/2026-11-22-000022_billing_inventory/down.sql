DROP FUNCTION billing.tenants_with_lots_due(timestamptz);
DROP TABLE billing.lots, billing.reservations, billing.movements, billing.stock, billing.warehouses;
DROP FUNCTION billing.refuse_change();
