DROP FUNCTION billing.subscriptions_to_bill(timestamptz, bigint);
DROP TABLE billing.subscription_periods, billing.subscriptions;
