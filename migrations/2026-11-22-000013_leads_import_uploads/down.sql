DROP FUNCTION leads.tenants_with_uploads_before(timestamptz);
DROP TABLE leads.import_upload_pieces;
DROP TABLE leads.import_uploads;
