DROP FUNCTION billing.find_payment_account(text), billing.provider_work(timestamptz, bigint);
DROP POLICY lookup ON billing.refunds;
REVOKE SELECT (tenant_id, id, next_at) ON billing.refunds FROM cauce_lookup;
DROP TABLE billing.provider_events, billing.checkouts, billing.payment_accounts;
