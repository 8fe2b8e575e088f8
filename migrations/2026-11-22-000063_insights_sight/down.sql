DROP POLICY visible ON insights.figures;
DROP POLICY visible ON insights.invoices;
DROP POLICY visible ON insights.quotations;
DROP POLICY visible ON insights.customers;
DROP POLICY visible ON insights.leads;
