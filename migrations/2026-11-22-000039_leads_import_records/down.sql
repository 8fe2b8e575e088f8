ALTER TABLE leads.import_changes RENAME COLUMN record_id TO lead_id;
