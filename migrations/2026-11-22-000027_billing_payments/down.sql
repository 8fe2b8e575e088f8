DROP TABLE billing.refunds, billing.allocations, billing.payments;
