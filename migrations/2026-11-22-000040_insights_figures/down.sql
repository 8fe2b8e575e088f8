DROP FUNCTION insights.add_figures;
DROP TABLE insights.figures, insights.invoices, insights.quotations, insights.customers, insights.leads;
DROP SCHEMA insights;
