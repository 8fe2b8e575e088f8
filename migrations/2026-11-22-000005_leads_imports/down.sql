DROP FUNCTION leads.imports_to_run(timestamptz);
DROP TABLE leads.import_reasons;
DROP TABLE leads.imports;
