DROP FUNCTION billing.find_quotation(bytea), billing.tenants_with_quotations_due(timestamptz);
DROP TABLE billing.quotation_links, billing.quotation_answers, billing.quotation_approvals, billing.quotation_versions,
    billing.quotation_lines, billing.quotations, billing.quotation_rules, billing.quotation_folios;
DROP FUNCTION billing.guard_quotation_lines(), billing.guard_quotation();
