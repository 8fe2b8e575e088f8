DROP FUNCTION billing.invoices_to_remind(timestamptz, bigint);
DROP TABLE billing.credit_notes, billing.invoices, billing.number_series;
DROP FUNCTION billing.keep_issued();
