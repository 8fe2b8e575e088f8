DROP FUNCTION leads.imports_to_run(timestamptz);
DROP TABLE leads.import_reasons;
DROP TABLE leads.import_chunks;
DROP TABLE leads.imports;
